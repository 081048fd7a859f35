// SPDX-License-Identifier: Apache-2.0
// Held against the dynamic program over chains and against brute force, while links change.
#include "planner/chain_replanner.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "planner/planner.hpp"
#include "planner/solve.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

scenarios::Scenario chain_of(std::uint64_t seed, int most_layers) {
  auto scenario = testing::random_case(
                      seed, {.is_chain = true, .with_fair_links = true, .most_devices = 4, .most_layers = most_layers})
                      .scenario;
  for (auto& exit : scenario.exits) exit.reset();
  scenario.exit_trace.reset();
  scenario.joins.clear();
  return scenario;
}

void change_links(scenarios::Scenario& scenario, RandomStream& random) {
  for (auto& link : scenario.links) {
    link.latency = Seconds(0.001 * std::floor(20 * random.uniform()));
    link.bandwidth = BytesPerSecond(1e3 * std::pow(10, 3 * random.uniform()));
  }
  scenario.prepare();
}

TEST(ChainReplanner, AgreesWithTheDynamicProgramAsLinksChange) {
  int plans = 0, chains = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    auto scenario = chain_of(seed, 25);
    if (scenario.places().size() < 2) continue;
    auto replanner = ChainReplanner::prepare(scenario);
    if (!replanner) continue;
    ++chains;
    RandomStream random(seed, entity_id("links"), 0);
    for (int change = 0; change < 6; ++change) {
      if (change > 0) change_links(scenario, random);
      const auto solved = solve(scenario, goal_of(scenario, true));
      ASSERT_TRUE(solved);
      const auto found = replanner->replan(scenario);
      ASSERT_EQ(found.has_value(), solved->outcome.best.has_value()) << "seed " << seed;
      if (!found) continue;
      ++plans;
      ASSERT_NEAR(found->value_s, solved->outcome.best->value_s, 1e-12) << "seed " << seed;
      const auto judged = evaluate_plan(scenario, found->plan, {.with_ways_out = false, .with_baselines = false});
      ASSERT_TRUE(judged);
      ASSERT_NEAR(judged->objective_s, found->value_s, 1e-12) << "seed " << seed;
    }
  }
  EXPECT_GT(chains, 150);
  EXPECT_GT(plans, 900);
}

TEST(ChainReplanner, AgreesWithBruteForce) {
  int cases = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    auto scenario = chain_of(seed, 6);
    if (scenario.places().size() < 2) continue;
    auto replanner = ChainReplanner::prepare(scenario);
    const auto all = testing::brute_force(scenario, 1500);
    if (!replanner || !all || !all->best_mean_s) continue;
    ++cases;
    const auto found = replanner->replan(scenario);
    ASSERT_TRUE(found) << "seed " << seed;
    ASSERT_NEAR(found->value_s, *all->best_mean_s, 1e-9 * *all->best_mean_s) << "seed " << seed;
    if (found->value_s == 0) continue;
    scenario.requirement.latency = scenarios::LatencyRequirement{Statistic::max, Seconds(found->value_s * 0.999)};
    ASSERT_FALSE(replanner->replan(scenario)) << "seed " << seed;
  }
  EXPECT_GT(cases, 500);
}

TEST(ChainReplanner, RefusesWhatItCannotPlan) {
  auto scenario = chain_of(7, 10);
  for (auto& device : scenario.devices) device.usable_memory = Bytes(1);
  EXPECT_FALSE(ChainReplanner::prepare(scenario));
  auto graph = testing::random_case(11, {.most_devices = 3, .most_layers = 20}).scenario;
  ASSERT_FALSE(graph.model->is_chain_with_exits());
  EXPECT_FALSE(ChainReplanner::prepare(graph));
}

}  // namespace
}  // namespace tiercut::planner
