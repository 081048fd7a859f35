// SPDX-License-Identifier: Apache-2.0
#include "planner/joint_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "planner/joint_goal.hpp"
#include "planner/joint_thresholds.hpp"
#include "planner/judgement.hpp"
#include "planner/thresholds/binomial.hpp"
#include "planner/thresholds/certificate.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;
using profiles::TracePart;
using scenarios::Scenario;

/// More steps of a path would hardly be told apart by a test.
constexpr std::uint64_t most_steps = 64;
constexpr std::uint64_t most_nodes = 1'000'000;  // of one threshold search

struct Chosen {
  JointAnswer answer;
  bool is_proven = true;
  std::uint64_t allowance = 0;
  std::optional<deployment::CertifiedFigures> certified;
};

Scenario on_part(const Scenario& scenario, TracePart part) {
  Scenario changed = scenario;
  changed.exit_trace->part = part;
  return changed;
}

class JointPlanner {
 public:
  JointPlanner(const Scenario& scenario, JointGoal goal, const std::function<bool()>& should_stop)
      : scenario_(scenario), goal_(std::move(goal)), should_stop_(should_stop) {}

  Result<PlanningResult> run() {
    if (auto prepared = prepare(goal_.latest()); !prepared) return tl::unexpected(prepared.error());
    if (pool_.plans.empty()) return nothing_in_time();
    if (goal_.is_certified()) return by_path();
    const auto found = goal_.is_most_accurate ? thresholds_->least_loss(budget(), goal_.statistic, goal_.limits)
                                              : thresholds_->cheapest(budget(), goal_.statistic, goal_.limits);
    if (!found.best) return conflict();
    const auto allowance = goal_.is_most_accurate ? found.best->loss : budget();
    Chosen chosen{*found.best, found.is_proven, allowance, {}};
    certify_afterwards(chosen);
    return result_of(chosen);
  }

 private:
  Result<void> prepare(std::optional<Span> limit) {
    auto pool = pool_placements(scenario_, limit, {.should_stop = should_stop_});
    if (!pool) return tl::unexpected(pool.error());
    thresholds_.reset();
    pool_ = std::move(*pool);
    auto thresholds =
        JointThresholds::make(scenario_, pool_, goal_.loss, {.nodes = most_nodes, .should_stop = should_stop_});
    if (!thresholds) return tl::unexpected(thresholds.error());
    thresholds_.emplace(std::move(*thresholds));
    return {};
  }

  std::uint64_t budget() const { return goal_.budget(*scenario_.exit_trace->trace, thresholds_->most_loss()); }

  // ---- the certificate: a path of optima, tested in its order

  Result<PlanningResult> by_path() {
    const std::uint64_t most = budget();
    const std::uint64_t step = std::max<std::uint64_t>(1, most / most_steps);
    std::vector<Chosen> path;
    for (std::uint64_t allowed = most;;) {
      const auto found = goal_.is_most_accurate ? thresholds_->least_loss(allowed, goal_.statistic, goal_.limits)
                                                : thresholds_->cheapest(allowed, goal_.statistic, goal_.limits);
      if (!found.best) break;
      path.push_back({*found.best, found.is_proven, allowed, {}});
      if (found.best->loss == 0 || goal_.is_most_accurate) break;
      allowed = std::min(found.best->loss - 1, allowed - std::min(allowed, step));
    }
    if (path.empty()) return conflict();
    std::reverse(path.begin(), path.end());
    std::int64_t tests = 0;
    const Chosen* last = nullptr;
    for (const Chosen& chosen : path) {
      ++tests;
      if (!passes(chosen.answer)) break;
      last = &chosen;
    }
    if (last == nullptr) return uncertified(path.front());
    Chosen chosen = *last;
    chosen.certified =
        deployment::CertifiedFigures{goal_.confidence(), goal_.quality->limit, goal_.late_share(), tests};
    return result_of(chosen);
  }

  bool passes(const JointAnswer& answer) const {
    const auto count = thresholds_->held_out(answer, goal_.latest());
    if (!count) return false;
    const double delta = 1 - goal_.confidence();
    if (binomial_tail(count->samples, count->loss, goal_.quality->limit) > delta) return false;
    if (const auto share = goal_.late_share()) return binomial_tail(count->samples, count->late, *share) <= delta;
    return keeps_on_test(*count);
  }

  /// Of a mean or a maximum no share is promised; the test part has to keep it as it is.
  bool keeps_on_test(const HeldOutCount& count) const {
    const auto& latency = scenario_.requirement.latency;
    if (!latency) return true;
    if (latency->statistic == Statistic::mean) return count.mean_s <= latency->at_most.value();
    return count.late == 0;
  }

  /// Thresholds that were chosen without the test part may be tested on it once, whatever was wanted of them.
  void certify_afterwards(Chosen& chosen) const {
    if (!goal_.has_unit_loss()) return;
    const auto count = thresholds_->held_out(chosen.answer, goal_.latest());
    if (!count) return;
    constexpr double delta = 0.05;
    deployment::CertifiedFigures certified{1 - delta, upper_confidence(count->samples, count->loss, delta), {}, 1};
    chosen.certified = certified;
  }

  // ---- results

  Result<PlanningResult> result_of(const Chosen& chosen) {
    deployment::Plan plan = pool_.plans[chosen.answer.plan].plan;
    plan.thresholds = chosen.answer.thresholds;
    for (std::size_t k = 0; k < plan.uses_exit.size(); ++k)
      if (plan.uses_exit[k] && scenario_.exits[k]->is_open && !plan.thresholds[k]) plan.uses_exit[k] = false;
    auto result = judged(scenario_, plan);
    if (!result) return result;
    auto measured = figures(plan, TracePart::calibration, chosen.answer);
    if (!measured) return tl::unexpected(measured.error());
    deployment::ThresholdClaims claims;
    claims.objective = goal_.objective_text();
    claims.loss = to_text(goal_.measure());
    claims.model_class = goal_.loss.model_class;
    claims.allowance = static_cast<std::int64_t>(chosen.allowance);
    claims.measured = *measured;
    claims.certified = chosen.certified;
    if (thresholds_->held_out(chosen.answer, {})) {
      auto held_out = figures(plan, TracePart::test, chosen.answer);
      if (!held_out) return tl::unexpected(held_out.error());
      claims.held_out = *held_out;
    }
    // Whether the promise is kept is asked where thresholds were chosen, and by the certificate.
    result->conflict.clear();
    for (const auto& use : pools_over(scenario_, plan)) result->conflict.push_back(name_of_pool(scenario_, use));
    if (!meets_latency(scenario_, measured->latency_s)) result->conflict.push_back(name_of_requirement(scenario_));
    result->objective_s = measured->latency_s.at(goal_.statistic);
    set_bound(*result, chosen.answer.lower_bound_s);
    result->claims = std::move(claims);
    const bool is_optimal = chosen.is_proven && result->gap <= 1e-9;
    result->status = !result->conflict.empty() ? PlanStatus::infeasible
                     : is_optimal              ? PlanStatus::optimal
                                               : PlanStatus::feasible;
    result->method = fmt::format("thresholds over {} placements", pool_.plans.size());
    result->examined = pool_.examined;
    note_held_out(*result);
    return result;
  }

  void note_held_out(PlanningResult& result) const {
    const auto& held_out = result.claims->held_out;
    if (!result.conflict.empty() || !held_out || meets_latency(scenario_, held_out->latency_s)) return;
    result.notes.push_back({Severity::warning, "held-out", Location{scenario_.file, 0, 0, "requirement.latency"},
                            "on the samples not used to choose, " + name_of_requirement(scenario_) + " does not hold",
                            "ask for accuracy with a confidence"});
  }

  Result<deployment::PartFigures> figures(const deployment::Plan& plan, TracePart part, const JointAnswer& answer) {
    const auto graph = deployment::lower(on_part(scenario_, part), plan);
    if (!graph) return tl::unexpected(graph.error());
    const auto estimated = estimate(*graph);
    if (!estimated) return tl::unexpected(estimated.error());
    const auto& order = pool_.plans[answer.plan].levels.order;
    const auto problem = problem_of(scenario_, order, goal_.loss, part);
    if (!problem) return tl::unexpected(problem.error());
    deployment::PartFigures figures;
    figures.samples = static_cast<std::int64_t>(problem->samples());
    figures.lost = static_cast<std::int64_t>(replay(*problem, order, answer.thresholds).loss);
    figures.accuracy = estimated->accuracy.value_or(0);
    figures.latency_s = estimated->latency_s;
    if (part == TracePart::calibration && figures.lost != static_cast<std::int64_t>(answer.loss))
      throw std::logic_error("the threshold search and the replay of its thresholds disagree");
    return figures;
  }

  // ---- no plan

  /// Each requirement by itself, so that only what really stands against each other is named.
  Result<PlanningResult> conflict() {
    if (goal_.latest())
      if (auto prepared = prepare({}); !prepared) return tl::unexpected(prepared.error());
    const auto& latency = scenario_.requirement.latency;
    const auto good = thresholds_->least_loss(budget(), goal_.statistic, {});
    const auto quick = thresholds_->least_loss(thresholds_->most_loss(), goal_.statistic, goal_.limits);
    std::vector<std::string> names;
    if (latency && (good.best || !quick.best)) names.push_back(name_of_requirement(scenario_));
    if (goal_.quality && (quick.best || !good.best)) names.push_back(to_text(*goal_.quality));
    std::vector<WayOut> ways;
    std::optional<JointAnswer> nearest;
    if (quick.best && goal_.quality) {
      nearest = quick.best;
      ways.push_back(loss_way(quick.best->loss));
    }
    if (latency && good.best) {
      const auto soonest = thresholds_->cheapest(budget(), latency->statistic, {});
      nearest = soonest.best;
      ways.push_back({"budget", "", latency->at_most.value(), soonest.best->value_s,
                      fmt::format("a promise of {} ({}) can be kept{}", milliseconds(soonest.best->value_s, true),
                                  to_text(latency->statistic), goal_.quality ? " with these answers" : "")});
    }
    if (!nearest) nearest = thresholds_->least_loss(thresholds_->most_loss(), goal_.statistic, {}).best;
    if (!nearest) throw std::logic_error("not even all losses allowed leave any thresholds");
    auto result = result_of({*nearest, false, nearest->loss, {}});
    return refused(std::move(result), std::move(names), std::move(ways));
  }

  WayOut loss_way(std::uint64_t loss) const {
    const auto samples = static_cast<double>(thresholds_->samples());
    const auto& quality = *goal_.quality;
    if (!goal_.has_unit_loss())
      return {"f1", "", quality.limit, 0, "a lower F1 has to do; `tiercut exits` shows what the exits reach"};
    const double share = static_cast<double>(loss) / samples;
    const bool is_error = goal_.measure() == scenarios::QualityRequirement::Measure::error;
    const double now = is_error ? 1 - quality.limit : quality.limit, needed = is_error ? 1 - share : share;
    return {is_error ? "accuracy" : std::string(to_text(goal_.measure())), "", now, needed,
            fmt::format("{} of {} {:.6g} % ({} of {} samples lost) can be kept", is_error ? "an accuracy" : "a share",
                        is_error ? "at least" : "at most", 100 * needed, loss, thresholds_->samples())};
  }

  Result<PlanningResult> uncertified(const Chosen& strictest) {
    const auto count = thresholds_->held_out(strictest.answer, goal_.latest());
    const std::uint64_t samples = count ? count->samples : 0;
    const double delta = 1 - goal_.confidence();
    std::vector<WayOut> ways;
    if (samples > 0 && binomial_tail(samples, count->loss, goal_.quality->limit) > delta) {
      const double share = upper_confidence(samples, count->loss, delta);
      ways.push_back(
          {"confidence", "", goal_.quality->limit, share,
           fmt::format("a loss of at most {:.4g} % can be certified by these {} samples", 100 * share, samples)});
    }
    if (const auto needed = fewest_samples(goal_.hardest_share(), delta); goal_.hardest_share() > 0 && needed > samples)
      ways.push_back({"samples", "", static_cast<double>(samples), static_cast<double>(needed),
                      fmt::format("{} samples to test on, none of them lost, would certify it", needed)});
    ways.push_back({"confidence", "", goal_.confidence(), 0, "confidence: none asks for no certificate"});
    auto result = result_of(strictest);
    return refused(std::move(result),
                   {fmt::format("{} with confidence {:.6g} %, tested on {} samples", to_text(*goal_.quality),
                                100 * goal_.confidence(), samples)},
                   std::move(ways));
  }

  static Result<PlanningResult> refused(Result<PlanningResult> result, std::vector<std::string> conflict,
                                        std::vector<WayOut> ways) {
    if (!result) return result;
    result->status = PlanStatus::infeasible;
    result->conflict = std::move(conflict);
    result->ways_out = std::move(ways);
    return result;
  }

  /// No answer of any placement is in time, or none fits the memory.
  Result<PlanningResult> nothing_in_time() {
    if (goal_.latest())
      if (auto prepared = prepare({}); !prepared) return tl::unexpected(prepared.error());
    if (!pool_.plans.empty()) return conflict();
    if (!pool_.is_complete())
      return fail("search-limit", "no plan was found within the search's limits", "pin layers to places",
                  Location{scenario_.file, 0, 0, "pins"});
    return fail("over-memory", "no placement fits the memory of the devices and connects inputs and answer",
                "allow more memory, add links, or loosen pins", Location{scenario_.file, 0, 0, "devices"});
  }

  const Scenario& scenario_;
  JointGoal goal_;
  const std::function<bool()>& should_stop_;
  PlacementPool pool_;
  std::optional<JointThresholds> thresholds_;
};

}  // namespace

Result<PlanningResult> make_joint_plan(const Scenario& scenario, const std::function<bool()>& should_stop) {
  auto goal = JointGoal::of(scenario);
  if (!goal) return tl::unexpected(goal.error());
  return JointPlanner(scenario, std::move(*goal), should_stop).run();
}

}  // namespace tiercut::planner
