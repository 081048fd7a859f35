// SPDX-License-Identifier: Apache-2.0
#include "planner/regret.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "planner/chain_steps.hpp"
#include "planner/joint_plan.hpp"
#include "planner/judgement.hpp"
#include "planner/solve.hpp"
#include "planner/value_search.hpp"

namespace tiercut::planner {
namespace {

using deployment::Plan;
using deployment::PlanStatus;
using scenarios::Scenario;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t most_boxes = 256;

/// A point of the box, by range, in ticks: the more, the slower.
using Point = std::vector<std::int64_t>;

struct Ticks {
  std::int64_t low, high;
};
Ticks ticks_of(const KnobRange& range) {
  const std::int64_t a = ticks_of(range.knob, range.low), b = ticks_of(range.knob, range.high);
  return {std::min(a, b), std::max(a, b)};
}

class RegretSearch {
 public:
  RegretSearch(const Scenario& scenario, const std::vector<KnobRange>& ranges, const PlanningOptions& options)
      : scenario_(scenario), options_(options) {
    result_.ranges = ranges;
    for (const KnobRange& range : ranges) ticks_.push_back(ticks_of(range));
  }

  Result<Regret> run() {
    auto usual = make_plan(scenario_, options_);
    if (!usual) return tl::unexpected(usual.error());
    result_.usual = std::move(*usual);
    if (auto found = plan_corners(); !found) return tl::unexpected(found.error());
    const bool is_possible =
        std::all_of(result_.corners.begin(), result_.corners.end(), [](const auto& c) { return c.best.has_value(); });
    if (!is_possible) return std::move(result_);
    result_.usual_regret_s = worst_of(result_.usual.plan, infinity).regret;
    if (auto chosen = choose(); !chosen) return tl::unexpected(chosen.error());
    if (result_.plan) bound_inside();
    return std::move(result_);
  }

 private:
  struct Worst {
    double regret = -infinity;
    std::size_t corner = 0;
    double latency = 0;
  };

  Scenario at(const Point& point) const {
    Scenario changed = scenario_;
    for (std::size_t r = 0; r < point.size(); ++r) changed = turned(changed, result_.ranges[r].knob, point[r]);
    return changed;
  }

  std::optional<double> mean_of(const Scenario& scenario, const Plan& plan) const {
    const auto graph = deployment::lower(scenario, plan);
    if (!graph) return std::nullopt;
    const auto latency = estimate_latency(*graph);
    if (!latency || !std::isfinite(latency->max) || !meets_latency(scenario, *latency)) return std::nullopt;
    return latency->mean;
  }

  Result<std::optional<Found>> best_of(const Scenario& scenario) const {
    auto solved = solve(scenario, goal_of(scenario, true), {.should_stop = options_.should_stop});
    if (!solved) return tl::unexpected(solved.error());
    auto& best = solved->outcome.best;
    if (best && solved->outcome.is_complete) best->bound_s = best->value_s;
    return std::move(best);
  }

  Result<void> plan_corners() {
    for (std::size_t c = 0; c < std::size_t{1} << ticks_.size(); ++c) {
      Corner corner;
      Point point;
      for (std::size_t r = 0; r < ticks_.size(); ++r) {
        const bool is_high = (c >> r & 1U) != 0;
        corner.values.push_back(is_high ? result_.ranges[r].high : result_.ranges[r].low);
        const bool is_slow = is_high != (result_.ranges[r].knob.kind == Knob::Kind::link_bandwidth);
        point.push_back(is_slow ? ticks_[r].high : ticks_[r].low);
      }
      if (std::equal(point.begin(), point.end(), ticks_.begin(), [](auto p, const auto& t) { return p == t.high; }))
        slowest_ = c;
      scenarios_.push_back(at(point));
      auto best = best_of(scenarios_.back());
      if (!best) return tl::unexpected(best.error());
      if (*best) {
        corner.best = std::move((*best)->plan);
        corner.best_s = (*best)->value_s;
        result_.unproven_s = std::max(result_.unproven_s, corner.best_s - (*best)->bound_s);
      }
      result_.corners.push_back(std::move(corner));
    }
    return {};
  }

  /// Infinite when it cannot be deployed or misses the requirement somewhere. Ends early beyond `enough`.
  Worst worst_of(const Plan& plan, double enough) {
    Worst worst;
    for (std::size_t i = 0; i < result_.corners.size(); ++i) {
      const std::size_t c = (killer_ + i) % result_.corners.size();
      const auto mean = mean_of(scenarios_[c], plan);
      if (!mean) return {infinity, c, infinity};
      const double regret = *mean - result_.corners[c].best_s;
      if (regret > worst.regret) worst = {regret, c, *mean};
      if (regret > enough) {
        killer_ = c;
        return worst;
      }
    }
    return worst;
  }

  Result<void> choose() {
    const auto candidates = candidates_of(scenarios_[slowest_]);
    if (!candidates) return tl::unexpected(candidates.error());
    std::vector<Found> start;
    const auto add = [&](const Plan& plan) {
      const double regret = worst_of(plan, infinity).regret;
      if (std::isfinite(regret) && pools_over(scenario_, plan).empty())
        start.push_back({plan, std::max(0.0, regret), 0});
    };
    add(result_.usual.plan);
    for (const Corner& corner : result_.corners) add(*corner.best);
    const double least = result_.corners[slowest_].best_s;
    double known = infinity;
    for (const Found& found : start) known = std::min(known, found.value_s);
    if (known <= 1e-12 * least) {
      const auto first = std::find_if(start.begin(), start.end(), [&](const auto& f) { return f.value_s == known; });
      return conclude(first->plan, 0);
    }
    const PlanValue value{[&](const Plan& plan, const deployment::StageGraph&) {
                            const double regret = worst_of(plan, known).regret;
                            known = std::min(known, regret);
                            return std::isfinite(regret) ? std::optional(std::max(0.0, regret)) : std::nullopt;
                          },
                          [least](double mean) { return std::max(0.0, mean - least); }};
    auto outcome = search_by_value(scenarios_[slowest_], *candidates, value, std::move(start),
                                   {.should_stop = options_.should_stop});
    result_.examined = outcome.examined;
    if (!outcome.best) return {};
    return conclude(outcome.best->plan, outcome.best->bound_s);
  }

  Result<void> conclude(const Plan& plan, double bound) {
    auto chosen = judged(scenario_, plan);
    if (!chosen) return tl::unexpected(chosen.error());
    const Worst worst = worst_of(plan, infinity);
    set_bound(*chosen, result_.usual.lower_bound_s);
    chosen->method = "least regret";
    chosen->baselines = result_.usual.baselines;
    chosen->examined = result_.examined;
    result_.plan = std::move(*chosen);
    result_.regret_s = std::max(0.0, worst.regret);
    result_.worst = worst.corner;
    result_.worst_latency_s = worst.latency;
    result_.lower_bound_s = std::min(bound, result_.regret_s);
    for (std::size_t c = 0; c < scenarios_.size(); ++c)
      result_.corners[c].plan_s = mean_of(scenarios_[c], plan).value_or(infinity);
    return {};
  }

  // ---- inside the box

  void bound_inside() {
    result_.do_corners_suffice = are_corners_enough();
    const bool are_routes_fixed = std::all_of(scenarios_.begin(), scenarios_.end(), [this](const Scenario& corner) {
      return have_same_routes(scenarios_.front(), corner);
    });
    result_.do_corners_suffice = result_.do_corners_suffice && result_.unproven_s == 0;
    result_.inside_s = result_.do_corners_suffice ? result_.regret_s : are_routes_fixed ? bound_by_halving() : infinity;
    const auto candidates = candidates_of(scenario_);
    result_.is_inside_proven = are_routes_fixed && candidates && chain_steps(scenario_, *candidates);
  }

  bool are_corners_enough() const {
    for (std::size_t c = 0; c < scenarios_.size(); ++c) {
      if (!is_linear_between(scenarios_[0], scenarios_[c])) return false;
      if (!scenario_.requirement.latency) continue;
      Scenario free = scenarios_[c];
      free.requirement.latency.reset();
      const auto best = best_of(free);
      if (!best || !*best || (*best)->value_s < result_.corners[c].best_s * (1 - 1e-12)) return false;
    }
    return true;
  }

  struct Box {
    Point low, high;
    double bound = 0;
    bool operator<(const Box& other) const { return bound < other.bound; }
  };

  double bound_of(const Point& low, const Point& high) const {
    const auto latency = mean_of(at(high), result_.plan->plan);
    const auto least = best_of(at(low));
    if (!latency || !least || !*least) return infinity;
    return *latency - (*least)->bound_s;
  }

  double bound_by_halving() const {
    Box whole;
    for (const Ticks& ticks : ticks_) {
      whole.low.push_back(ticks.low);
      whole.high.push_back(ticks.high);
    }
    whole.bound = bound_of(whole.low, whole.high);
    std::priority_queue<Box> boxes;
    boxes.push(whole);
    for (std::size_t seen = 1; seen + 2 <= most_boxes && !is_stopped(); seen += 2) {
      const Box top = boxes.top();
      if (top.bound <= result_.regret_s * 1.01) break;
      const std::size_t r = widest(top);
      if (top.high[r] - top.low[r] < 2) break;
      boxes.pop();
      const std::int64_t middle = top.low[r] + (top.high[r] - top.low[r]) / 2;
      for (const bool is_upper : {false, true}) {
        Box half = top;
        (is_upper ? half.low : half.high)[r] = middle;
        half.bound = std::min(top.bound, bound_of(half.low, half.high));
        boxes.push(half);
      }
    }
    return std::max(result_.regret_s, boxes.top().bound);
  }

  /// By its share of the whole range.
  std::size_t widest(const Box& box) const {
    std::size_t widest = 0;
    double most = -1;
    for (std::size_t r = 0; r < ticks_.size(); ++r) {
      const double share = static_cast<double>(box.high[r] - box.low[r]) /
                           static_cast<double>(std::max<std::int64_t>(1, ticks_[r].high - ticks_[r].low));
      if (share > most) {
        most = share;
        widest = r;
      }
    }
    return widest;
  }

  bool is_stopped() const { return options_.should_stop && options_.should_stop(); }

  const Scenario& scenario_;
  const PlanningOptions& options_;
  std::vector<Ticks> ticks_;
  std::vector<Scenario> scenarios_;  // by corner
  std::size_t slowest_ = 0, killer_ = 0;
  Regret result_;
};

Diagnostic slip(std::string message, std::string hint) {
  return {Severity::error, "bad-range", {}, std::move(message), std::move(hint)};
}

}  // namespace

Result<KnobRange> range_from(const Scenario& scenario, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t dots = equals == std::string::npos ? equals : text.find("..", equals);
  if (dots == std::string::npos)
    return fail("bad-usage", "'" + text + "' is no range", "write it as links.up.latency=10ms..20ms");
  const auto knob = find_knob(scenario, text.substr(0, equals));
  if (!knob) return tl::unexpected(knob.error());
  if (knob->kind == Knob::Kind::budget)
    return fail("bad-range", "the budget is what is wanted, not an uncertain value", "vary it with --set");
  const Dimension dimension = dimension_of(*knob);
  double ends[2];
  const std::string words[2] = {text.substr(equals + 1, dots - equals - 1), text.substr(dots + 2)};
  for (int i = 0; i < 2; ++i) {
    const bool is_unlimited = dimension == Dimension::bandwidth && words[i] == "unlimited";
    const auto value = is_unlimited ? Result<double>(infinity) : parse_quantity(words[i], dimension);
    if (!value) return tl::unexpected(value.error());
    ends[i] = *value;
  }
  const KnobRange range{*knob, ends[0], ends[1]};
  if (!(range.low < range.high))
    return tl::unexpected(
        Diagnostics{slip("'" + text + "' is no range from less to more", "the lower value comes first")});
  const bool is_rate = dimension == Dimension::bandwidth;
  const Ticks ticks = ticks_of(range);
  if (range.low < 0 || (is_rate && range.low <= 0) || ticks.high > most_ticks(*knob) || ticks.low == ticks.high)
    return tl::unexpected(Diagnostics{slip("'" + text + "' goes beyond what " + name_of(scenario, *knob) + " may be",
                                           "latencies up to an hour, at least 1 kB/s, factors up to 10,000")});
  return range;
}

Result<Regret> least_regret(const Scenario& scenario, const std::vector<KnobRange>& ranges,
                            const PlanningOptions& options) {
  if (scenario.has_open_thresholds() || has_special_goal(scenario))
    return fail("bad-objective", "regret is told of plans for mean latency with given thresholds",
                "state the thresholds, and leave objective and accuracy out", Location{scenario.file, 0, 0, {}});
  if (ranges.empty() || ranges.size() > most_ranges)
    return fail("bad-usage", "regret is over 1 to " + std::to_string(most_ranges) + " ranges",
                "there are 2^n corners to plan for");
  for (std::size_t i = 0; i < ranges.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (ranges[i].knob == ranges[j].knob)
        return fail("bad-usage", "two ranges are given for " + name_of(scenario, ranges[i].knob), "give one");
  return RegretSearch(scenario, ranges, options).run();
}

}  // namespace tiercut::planner
