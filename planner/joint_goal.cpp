// SPDX-License-Identifier: Apache-2.0
#include "planner/joint_goal.hpp"

#include <algorithm>

#include "planner/thresholds/certificate.hpp"

namespace tiercut::planner {

using Measure = scenarios::QualityRequirement::Measure;

LossChoice loss_choice(const scenarios::QualityRequirement& quality) {
  LossChoice loss;
  switch (quality.measure) {
    case Measure::error:
      loss.kind = LossKind::error;
      break;
    case Measure::gap:
      loss.kind = LossKind::gap;
      break;
    case Measure::disagreement:
      loss.kind = LossKind::disagreement;
      break;
    case Measure::class_error:
      loss.kind = LossKind::class_error;
      break;
    case Measure::f1:
      loss.kind = LossKind::f1;
      loss.f1 = quality.limit;
      break;
  }
  loss.model_class = quality.model_class;
  return loss;
}

Result<JointGoal> JointGoal::of(const scenarios::Scenario& scenario) {
  JointGoal goal;
  goal.quality = scenario.requirement.quality;
  goal.latency = scenario.requirement.latency;
  const auto& objective = scenario.objective;
  const bool wants_latency = objective && objective->kind == scenarios::Objective::Kind::latency;
  if (!goal.quality && (wants_latency || (!objective && !goal.latency)))
    return fail("no-goal", "thresholds are to be chosen, but nothing says how good the answers must be",
                "add requirement: {accuracy: {at_least: 97 %}}, or objective: accuracy",
                Location{scenario.file, 0, 0, "requirement"});
  if (goal.quality) goal.loss = loss_choice(*goal.quality);
  goal.is_most_accurate = objective ? !wants_latency : !goal.quality;
  if (wants_latency) goal.statistic = objective->statistic;
  const auto& parts = scenario.exit_trace->trace->parts;
  goal.test_samples = static_cast<std::size_t>(std::count(parts.begin(), parts.end(), profiles::TracePart::test));
  if (goal.latency) {
    LatencyLimit limit{goal.latency->statistic, Span::from(goal.latency->at_most)};
    if (goal.is_certified())
      if (const auto share = goal.late_share())
        limit.late_share = cautious_share(*share, goal.test_samples, 1 - goal.confidence());
    goal.limits.push_back(limit);
  }
  return goal;
}

std::optional<Span> JointGoal::latest() const {
  return latency ? std::optional(Span::from(latency->at_most)) : std::nullopt;
}

std::optional<double> JointGoal::late_share() const {
  if (!latency) return std::nullopt;
  switch (latency->statistic) {
    case Statistic::p50:
      return 0.5;
    case Statistic::p90:
      return 0.1;
    case Statistic::p95:
      return 0.05;
    case Statistic::p99:
      return 0.01;
    case Statistic::mean:
    case Statistic::max:
      break;
  }
  return std::nullopt;
}

double JointGoal::hardest_share() const { return std::min(quality->limit, late_share().value_or(1)); }

std::uint64_t JointGoal::budget(const profiles::ExitTrace& trace, std::uint64_t most) const {
  if (!quality) return most;
  if (!has_unit_loss()) return f1_budget(trace, loss, profiles::TracePart::calibration);
  const auto samples = std::count(trace.parts.begin(), trace.parts.end(), profiles::TracePart::calibration);
  return budget_of_share(static_cast<std::size_t>(samples), quality->limit);
}

Measure JointGoal::measure() const { return quality ? quality->measure : Measure::error; }

std::string JointGoal::objective_text() const {
  return is_most_accurate ? "accuracy" : std::string(to_text(statistic)) + " latency";
}

}  // namespace tiercut::planner
