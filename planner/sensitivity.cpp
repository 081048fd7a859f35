// SPDX-License-Identifier: Apache-2.0
#include "planner/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "planner/joint_plan.hpp"
#include "planner/judgement.hpp"
#include "planner/solve.hpp"

namespace tiercut::planner {
namespace {

using deployment::Plan;
using deployment::PlanStatus;
using scenarios::Scenario;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// What of two plans makes one the better: keeping the promise, then the value.
struct Rank {
  bool is_kept = false;
  double value = infinity;
  double mean = infinity;
  bool is_better_than(const Rank& other) const {
    return is_kept != other.is_kept ? is_kept : value < other.value * (1 - 1e-12);
  }
};

Rank rank_of(const Scenario& scenario, const Plan& plan) {
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return {};
  const auto latency = estimate_latency(*graph);
  if (!latency || !std::isfinite(latency->max)) return {};
  const bool is_kept = meets_latency(scenario, *latency);
  return {is_kept, is_kept ? latency->mean : latency->at(scenario.requirement.latency->statistic), latency->mean};
}

class FlipSearch {
 public:
  FlipSearch(const Scenario& scenario, const PlanningOptions& options, const PlanningResult& recommended)
      : scenario_(scenario),
        options_(options),
        plan_(recommended.plan),
        is_kept_(recommended.status != PlanStatus::infeasible) {}

  Result<std::optional<Flip>> find(const Knob& knob, bool is_towards_more) {
    is_proven_ = true;
    const std::int64_t start = ticks_of(knob, value_now(scenario_, knob));
    const std::int64_t end = is_towards_more ? most_ticks(knob) : 0;
    if (start == end || (is_towards_more && start > end)) return std::optional<Flip>();
    const bool is_linear = is_linear_between(scenario_, turned(scenario_, knob, end));
    const bool is_one_interval = knob.kind == Knob::Kind::budget || (is_linear && is_requirement_idle());
    const auto probes = is_one_interval ? std::vector{end} : probes_between(knob, start, end);
    std::int64_t good = start;
    std::optional<Plan> other;
    std::int64_t bad = start;
    for (const std::int64_t probe : probes) {
      auto better = better_plan(knob, probe);
      if (!better) return tl::unexpected(better.error());
      if (*better) {
        other = std::move(*better);
        bad = probe;
        break;
      }
      good = probe;
    }
    if (!other) return std::optional<Flip>();
    return crossing(knob, good, bad, std::move(*other), is_linear);
  }

  bool is_stopped() const { return options_.should_stop && options_.should_stop(); }

 private:
  static std::vector<std::int64_t> probes_between(const Knob& knob, std::int64_t start, std::int64_t end) {
    constexpr std::int64_t stride = 8;
    const std::int64_t smallest = std::max<std::int64_t>(1, most_ticks(knob) / 100'000'000'000);
    std::vector<std::int64_t> probes;
    std::int64_t at = start;
    if (end > start)
      for (at = std::max(smallest, start); at < end / stride;) probes.push_back(at *= stride);
    else
      for (int i = 0; i < 4 && at / stride >= smallest; ++i) probes.push_back(at /= stride);
    probes.push_back(end);
    return probes;
  }

  Result<Plan> best_at(const Scenario& changed) const {
    auto solved = solve(changed, goal_of(changed, true), {.should_stop = options_.should_stop});
    if (!solved) return tl::unexpected(solved.error());
    if (!solved->outcome.best) solved = solve_nearest(changed, true);
    if (!solved) return tl::unexpected(solved.error());
    if (!solved->outcome.best) return fail("no-plan", "no plan fits the memory of the devices");
    is_proven_ = is_proven_ && solved->outcome.is_complete;
    return std::move(solved->outcome.best->plan);
  }

  bool holds(const Rank& mine, const Rank& other) const {
    return mine.is_kept == is_kept_ && !other.is_better_than(mine);
  }

  /// The plan to recommend at a value; nothing when it is the one that is recommended now.
  Result<std::optional<Plan>> better_plan(const Knob& knob, std::int64_t ticks) const {
    const Scenario changed = turned(scenario_, knob, ticks);
    auto best = best_at(changed);
    if (!best) return tl::unexpected(best.error());
    if (holds(rank_of(changed, plan_), rank_of(changed, *best))) return std::optional<Plan>();
    return std::optional(std::move(*best));
  }

  /// Nothing but straight lines is compared, whatever the knob.
  bool is_requirement_idle() const {
    const bool uses_exits = std::find(plan_.uses_exit.begin(), plan_.uses_exit.end(), true) != plan_.uses_exit.end();
    return !scenario_.requirement.latency || (!is_kept_ && !uses_exits);
  }

  bool is_nearest(const Knob& knob, std::int64_t at, bool is_linear) const {
    if (knob.kind == Knob::Kind::budget) return true;
    if (!is_linear) return false;
    return is_requirement_idle() ||
           (is_kept_ && is_best_of_all(scenario_) && is_best_of_all(turned(scenario_, knob, at)));
  }

  bool is_best_of_all(Scenario scenario) const {
    scenario.requirement.latency.reset();
    const auto best = best_at(scenario);
    return best && !rank_of(scenario, *best).is_better_than(rank_of(scenario, plan_));
  }

  /// The plan holds at `good`, and `other` is why it does not at `bad`.
  Result<std::optional<Flip>> crossing(const Knob& knob, std::int64_t good, std::int64_t bad, Plan other,
                                       bool is_linear) const {
    for (;;) {
      std::int64_t low = good, high = bad;
      while (std::abs(high - low) > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        const Scenario changed = turned(scenario_, knob, middle);
        (holds(rank_of(changed, plan_), rank_of(changed, other)) ? low : high) = middle;
      }
      auto better = low == good ? Result<std::optional<Plan>>(std::optional<Plan>()) : better_plan(knob, low);
      if (!better) return tl::unexpected(better.error());
      if (*better && !is_stopped()) {
        bad = low;
        other = std::move(**better);
        continue;
      }
      auto beyond = best_at(turned(scenario_, knob, high));
      if (!beyond) return tl::unexpected(beyond.error());
      return flip(knob, low, high, std::move(*beyond), is_linear);
    }
  }

  std::optional<Flip> flip(const Knob& knob, std::int64_t at, std::int64_t further, Plan beyond, bool is_linear) const {
    Flip made;
    made.knob = knob;
    made.name = name_of(scenario_, knob);
    made.now = value_now(scenario_, knob);
    // Not moved at all: the value as it is written, which may lie between two ticks.
    made.at = at == ticks_of(knob, made.now) ? made.now : value_at(knob, at);
    made.is_exact = !is_stopped() && is_nearest(knob, at, is_linear) && is_proven_;
    const double ratio = std::abs(std::log(made.at / made.now));
    made.distance = std::isnan(ratio) ? infinity : ratio;
    const Rank rank = rank_of(turned(scenario_, knob, further), beyond);
    made.keeps_promise = rank.is_kept;
    made.beyond_s = rank.mean;
    made.beyond = std::move(beyond);
    return made;
  }

  const Scenario& scenario_;
  const PlanningOptions& options_;
  const Plan& plan_;
  bool is_kept_;
  mutable bool is_proven_ = true;  // all plans that were compared with so far are the best ones
};

}  // namespace

Result<Sensitivity> sensitivity(const Scenario& scenario, const PlanningOptions& options) {
  if (scenario.has_open_thresholds() || has_special_goal(scenario))
    return fail("bad-objective", "sensitivity is told of plans for mean latency with given thresholds",
                "state the thresholds, and leave objective and accuracy out", Location{scenario.file, 0, 0, {}});
  auto plan = make_plan(scenario, options);
  if (!plan) return tl::unexpected(plan.error());
  if (!pools_over(scenario, plan->plan).empty())
    return fail("no-plan", "no plan fits the memory of the devices", "`tiercut plan` says what stands against it",
                Location{scenario.file, 0, 0, "devices"});
  Sensitivity result;
  result.plan = std::move(*plan);
  FlipSearch search(scenario, options, result.plan);
  for (const Knob& knob : knobs_of(scenario)) {
    for (const bool is_towards_more : {false, true}) {
      if (search.is_stopped()) {
        result.is_complete = false;
        break;
      }
      auto flip = search.find(knob, is_towards_more);
      if (!flip) return tl::unexpected(flip.error());
      const bool is_upwards = is_towards_more != (knob.kind == Knob::Kind::link_bandwidth);
      if (*flip)
        result.flips.push_back(std::move(**flip));
      else
        result.unmoved.push_back(name_of(scenario, knob) + (is_upwards ? " upwards" : " downwards"));
    }
  }
  std::stable_sort(result.flips.begin(), result.flips.end(),
                   [](const Flip& a, const Flip& b) { return a.distance < b.distance; });
  return result;
}

}  // namespace tiercut::planner
