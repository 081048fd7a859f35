// SPDX-License-Identifier: Apache-2.0
// Placement and thresholds together, against brute force over both.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "deployment/plan_checker.hpp"
#include "planner/planner.hpp"
#include "tests/planner/joint_oracle.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;

constexpr std::size_t most_deployments = 3000;

struct Tally {
  int planned = 0, infeasible = 0, with_gap = 0, eager = 0, given = 0, by_percentile = 0, by_accuracy = 0;
};

deployment::PlanDocument document_of(const scenarios::Scenario& scenario, const PlanningResult& result) {
  deployment::PlanDocument document;
  document.plan = result.plan;
  document.scenario_hash = scenario.hash;
  document.status = result.status;
  document.objective_s = result.objective_s;
  document.lower_bound_s = result.lower_bound_s;
  document.gap = result.gap;
  document.latency_s = result.estimate.latency_s;
  document.thresholds = result.claims;
  return document;
}

/// A latency requirement near what placements of this scenario reach.
void limit_latency(scenarios::Scenario& scenario, RandomStream& random) {
  if (random.uniform() < 0.4 && scenario.requirement.quality) return;
  auto easy = scenario;
  easy.requirement = {};
  easy.objective = scenarios::Objective{scenarios::Objective::Kind::accuracy, {}};
  const auto some = make_plan(easy, {.with_ways_out = false, .with_baselines = false});
  if (!some) return;
  const auto statistic = all_statistics[static_cast<std::size_t>(random.uniform() * 6)];
  const double at_most = some->claims->measured.latency_s.at(statistic) * (0.5 + 0.7 * random.uniform());
  scenario.requirement.latency = scenarios::LatencyRequirement{statistic, Seconds(at_most)};
}

/// Empty when the planner found what brute force found, else what is wrong.
std::string mismatch(std::uint64_t seed, const testing::CaseOptions& options, bool is_after, Tally& tally) {
  auto scenario = testing::random_case(seed, options).scenario;
  if (scenario.places().size() < 2 || scenario.exits.empty()) return {};
  RandomStream random(seed, entity_id("joint"), 0);
  if (is_after)
    for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
  if (random.uniform() < 0.3) {
    double weights = 0;
    for (const auto& layer : scenario.model->layers) weights += layer.weight_bytes.value();
    for (auto& device : scenario.devices) device.usable_memory = Bytes((0.3 + random.uniform()) * (weights + 60));
  }
  testing::ask_for_thresholds(scenario, random);
  if (!scenario.has_open_thresholds() || testing::joint_deployments(scenario) > most_deployments) return {};
  limit_latency(scenario, random);
  if (!scenario.requirement.quality && !scenario.requirement.latency) return {};
  const auto oracle = testing::joint_oracle(scenario, most_deployments);
  if (!oracle) return {};
  ++tally.planned;
  for (const auto& exit : scenario.exits) tally.given += exit->is_open ? 0 : 1;
  for (const auto escalation : scenario.policy.escalation) tally.eager += escalation == scenarios::Escalation::eager;

  const auto result = make_plan(scenario, {.with_ways_out = false, .with_baselines = false});
  if (!result) {
    if (!oracle->best_s && result.error().front().code == "over-memory") return {};
    return to_text(result.error());
  }
  if (!oracle->best_s) {
    ++tally.infeasible;
    if (result->status != PlanStatus::infeasible) return "a plan though none exists";
    return result->conflict.empty() ? "no conflict named" : "";
  }
  if (result->status == PlanStatus::infeasible) return "no plan though one exists";
  const auto claims = deployment::check_plan(scenario, document_of(scenario, *result));
  if (!claims.holds()) return "the checker objects: " + to_text(claims.findings);
  if (result->claims->objective == "accuracy") {
    ++tally.by_accuracy;
    if (result->status == PlanStatus::optimal && result->claims->measured.lost != *oracle->least_loss)
      return fmt::format("{} lost, brute force {}", result->claims->measured.lost, *oracle->least_loss);
  } else if (scenario.objective && scenario.objective->statistic != Statistic::mean) {
    ++tally.by_percentile;
  }
  if (result->status == PlanStatus::feasible) {
    ++tally.with_gap;
    const bool holds = result->lower_bound_s <= *oracle->best_s * (1 + 1e-9);
    return holds ? "" : fmt::format("bound {} s, brute force {} s", result->lower_bound_s, *oracle->best_s);
  }
  if (std::abs(result->objective_s - *oracle->best_s) <= 1e-9 * *oracle->best_s) return {};
  return fmt::format("{} s, brute force {} s", result->objective_s, *oracle->best_s);
}

Tally compare(const testing::CaseOptions& options, bool is_after, std::uint64_t cases) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    const auto wrong = mismatch(seed, options, is_after, tally);
    EXPECT_EQ(wrong, "") << "seed " << seed;
    if (!wrong.empty()) break;
  }
  return tally;
}

TEST(JointPlan, IsTheBestOfAllOnChainsThatEscalateAfter) {
  const auto tally = compare({.is_chain = true, .with_tcp = true, .most_devices = 3, .most_layers = 6}, true, 4600);
  EXPECT_GE(tally.planned, 550);
  EXPECT_EQ(tally.with_gap, 0);
  EXPECT_GT(tally.infeasible, 50);
  EXPECT_GT(tally.given, 15);
  EXPECT_GT(tally.by_percentile, 50);
  EXPECT_GT(tally.by_accuracy, 50);
}

TEST(JointPlan, IsTheBestOfAllWithEagerExitsAndJoins) {
  const auto tally = compare({.with_tcp = true, .most_devices = 3, .most_layers = 6}, false, 4600);
  EXPECT_GE(tally.planned, 350);
  EXPECT_GT(tally.eager, 150);
  EXPECT_LT(tally.with_gap, tally.planned / 5);
}

}  // namespace
}  // namespace tiercut::planner
