// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/knob.hpp"
#include "planner/planner.hpp"

namespace tiercut::planner {

/// Where a value may lie; low < high, in the base unit.
struct KnobRange {
  Knob knob;
  double low = 0, high = 0;
};

/// `links.up.latency=10ms..20ms`, `devices.cloud.cost=0.9..1.2`. Fails with unknown-knob, bad-range (no two values of
/// the knob's dimension, not ascending, beyond its grid, the budget, which is no uncertain value), bad-usage.
Result<KnobRange> range_from(const scenarios::Scenario& scenario, const std::string& text);

/// At most so many ranges: there are 2^n corners, each planned for.
inline constexpr std::size_t most_ranges = 10;

/// A corner of the box: each knob at one end of its range, with the best plan there.
struct Corner {
  std::vector<double> values;            ///< by range
  std::optional<deployment::Plan> best;  ///< nothing: no plan keeps the requirement there
  double best_s = 0;
  double plan_s = 0;  ///< mean latency of the plan of least regret there
};

struct Regret {
  std::vector<KnobRange> ranges;
  std::vector<Corner> corners;         ///< bit r of the index: range r at its high end
  std::optional<PlanningResult> plan;  ///< in the scenario as it stands; nothing: none keeps the requirement everywhere
  double regret_s = 0;                 ///< its mean latency less the least one, at the worst corner
  std::size_t worst = 0;               ///< that corner
  double worst_latency_s = 0;          ///< of the plan there
  double unproven_s = 0;            ///< by so much the best plans of corners, and so all regrets, may be off; 0: proven
  double lower_bound_s = 0;         ///< no plan has less regret at its worst corner; equal to regret_s when proven
  double inside_s = 0;              ///< no point of the box has more regret than this; infinite: unknown
  bool do_corners_suffice = false;  ///< then inside_s is regret_s
  bool is_inside_proven = false;    ///< else inside_s holds as long as no latency falls when a cost grows
  PlanningResult usual;             ///< the best plan of the scenario as it stands
  double usual_regret_s = 0;        ///< at its worst corner; infinite when it misses the requirement at one
  std::size_t examined = 0;
};

/// The plan whose regret (its mean latency less that of the best plan for the same values) is least at the worst corner
/// of the box, among those that keep the requirement at all of them (hence, where no latency falls when a cost grows,
/// everywhere in it). By branch and bound at the corner where everything is slowest: a plan is cut when its latency
/// there exceeds the least one by more regret than a known plan has; started from the best plans of all corners.
///
/// Why corners suffice, and when. Let L_p(x) be the mean latency of plan p at the point x of the box, x in latencies,
/// seconds a byte and factors. The regret of p at x is L_p(x) - min_q L_q(x) = max_q (L_p(x) - L_q(x)). Where every L
/// is a straight line along every knob (is_linear_between; they are then affine in x, as no knob multiplies another),
/// so is every difference, whose maximum over a box is at a corner; and the maximum over q of the maxima over x is the
/// maximum over x. With a requirement q ranges over the plans that keep it at x only; if at each corner the best plan
/// is the best of all plans, the bound over all plans is met at corners and nothing changes. In general corners do NOT
/// suffice: with joins or eager exits L is a maximum or minimum of sums, and against L_q = max(5, x) the plan L_p = 5 +
/// x/2 has no regret at 0 and 10 and 2.5 at 5. Then `inside_s` bounds it: on a box from a to b the regret of p is at
/// most L_p(b) - min_q L_q(a), as latency never falls, and the box is halved where that bound is largest until halving
/// changes it by less than 1 % or 256 boxes have been looked at. That a cost that grows makes no sample faster is what
/// the bound rests on. Steps that follow each other in time (chain_steps) cannot break it; branches that contend for a
/// unit and exits that cancel work can (Graham's anomalies), so there it is not proven. Routes that change within the
/// box break it often, as a higher latency may send messages over a wider link; then there is no bound.
///
/// Fails as make_plan does; bad-objective as sensitivity; bad-usage: no range, two for one value, more than
/// most_ranges.
Result<Regret> least_regret(const scenarios::Scenario& scenario, const std::vector<KnobRange>& ranges,
                            const PlanningOptions& options = {});

}  // namespace tiercut::planner
