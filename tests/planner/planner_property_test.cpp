// SPDX-License-Identifier: Apache-2.0
// The planner against brute force over all placements, on random chains and graphs.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/planner.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;

struct Tally {
  int planned = 0, infeasible = 0, by_program = 0, by_search = 0, over_memory = 0;
};

/// Memory limits and a requirement drawn from the latencies that placements of this scenario have.
void restrict(scenarios::Scenario& scenario, RandomStream& random, bool is_after) {
  if (is_after)
    for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
  double weights = 0;
  for (const auto& layer : scenario.model->layers) weights += layer.weight_bytes.value();
  if (random.uniform() < 0.4)
    for (auto& device : scenario.devices) device.usable_memory = Bytes((0.1 + random.uniform()) * (weights + 60));
  if (random.uniform() < 0.2) return;
  const auto places = scenario.places();
  const auto graph = deployment::lower(scenario, deployment::undivided(scenario, places.back()));
  const auto latency = estimate_latency(*graph);
  const auto statistic = all_statistics[static_cast<std::size_t>(random.uniform() * 6)];
  const double at_most = latency->at(statistic) * (0.6 + 0.5 * random.uniform());
  scenario.requirement.latency = scenarios::LatencyRequirement{statistic, Seconds(at_most)};
}

/// Empty when the planner found what brute force found, else what is wrong.
std::string mismatch(std::uint64_t seed, const testing::CaseOptions& options, bool is_after, Tally& tally) {
  auto scenario = testing::random_case(seed, options).scenario;
  if (scenario.places().size() < 2) return {};
  RandomStream random(seed, entity_id("restrict"), 0);
  restrict(scenario, random, is_after);
  const auto all = testing::brute_force(scenario, 5000);
  if (!all) return {};
  ++tally.planned;

  const auto result = make_plan(scenario, {.with_ways_out = false, .with_baselines = false});
  if (!result) return to_text(result.error());
  ++(result->method == "chain dynamic program" ? tally.by_program : tally.by_search);
  const auto differs = [](double a, double b) { return std::abs(a - b) > 1e-9 * b; };
  if (all->best_mean_s) {
    if (result->status != PlanStatus::optimal) return "not optimal though a plan exists";
    if (differs(result->objective_s, *all->best_mean_s))
      return fmt::format("{} s, brute force {} s by {}", result->objective_s, *all->best_mean_s, result->method);
    return result->gap > 1e-9 ? "optimal with a gap" : "";
  }
  ++tally.infeasible;
  if (result->status != PlanStatus::infeasible) return "a plan though none exists";
  if (result->conflict.empty()) return "no conflict named";
  if (!all->least_statistic_s) {
    ++tally.over_memory;
    return {};
  }
  const double value = result->estimate.latency_s.at(scenario.requirement.latency->statistic);
  if (differs(value, *all->least_statistic_s))
    return fmt::format("nearest {} s, brute force {} s by {}", value, *all->least_statistic_s, result->method);
  return {};
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

TEST(PlannerProperty, IsOptimalOnChainsThatEscalateAfter) {
  const auto tally =
      compare({.is_chain = true, .with_fair_links = true, .most_devices = 3, .most_layers = 7}, true, 900);
  EXPECT_GT(tally.by_program, 200);
  EXPECT_GT(tally.infeasible, 30);
  EXPECT_GT(tally.over_memory, 3);
}

TEST(PlannerProperty, IsOptimalOnChainsWithWindows) {
  const auto tally = compare({.is_chain = true, .with_tcp = true, .most_devices = 3, .most_layers = 7}, true, 800);
  EXPECT_GT(tally.by_program, 150);
}

TEST(PlannerProperty, IsOptimalOnChainsWithEagerExits) {
  const auto tally = compare(
      {.is_chain = true, .with_fair_links = true, .with_tcp = true, .most_devices = 3, .most_layers = 7}, false, 800);
  EXPECT_GT(tally.by_search, 60);
  EXPECT_GT(tally.infeasible, 30);
}

TEST(PlannerProperty, IsOptimalOnSmallGraphsWithJoins) {
  const auto tally =
      compare({.with_fair_links = true, .with_tcp = true, .most_devices = 3, .most_layers = 6}, false, 800);
  EXPECT_GT(tally.by_search, 150);
  EXPECT_GT(tally.infeasible, 30);
}

RC_GTEST_PROP(PlannerProperty, IsOptimalOnAnyChain, (bool is_after)) {
  Tally tally;
  const auto seed = *rc::gen::inRange<std::uint64_t>(1'000'000, 1'000'000'000);
  const testing::CaseOptions options{
      .is_chain = true, .with_fair_links = true, .with_tcp = true, .most_devices = 3, .most_layers = 7};
  const auto wrong = mismatch(seed, options, is_after, tally);
  RC_LOG() << "seed " << seed << ": " << wrong;
  RC_ASSERT(wrong.empty());
}

/// RC_PARAMS="max_success=10000" makes it as many cases as one has time for.
RC_GTEST_PROP(PlannerProperty, IsOptimalOnAnyGraph, (bool is_after)) {
  Tally tally;
  const auto seed = *rc::gen::inRange<std::uint64_t>(1'000'000, 1'000'000'000);
  const testing::CaseOptions options{.with_fair_links = true, .with_tcp = true, .most_devices = 3, .most_layers = 6};
  const auto wrong = mismatch(seed, options, is_after, tally);
  RC_LOG() << "seed " << seed << ": " << wrong;
  RC_ASSERT(wrong.empty());
}

}  // namespace
}  // namespace tiercut::planner
