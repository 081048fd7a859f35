// SPDX-License-Identifier: Apache-2.0
// The relaxation and the heuristics on their own (branch and bound gets no nodes) against brute force over all
// placements, on random graphs with one answer.
#include "planner/anytime_search.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "planner/block_relaxation.hpp"
#include "planner/planner.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/network_case.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

/// Without exits and partial joins; memory limits on half of the cases, from far too little to enough.
scenarios::Scenario case_of(std::uint64_t seed, bool is_chain = false) {
  auto scenario = testing::random_case(seed, {.is_chain = is_chain,
                                              .with_fair_links = true,
                                              .with_tcp = true,
                                              .with_joins = false,
                                              .most_devices = 3,
                                              .most_layers = 9})
                      .scenario;
  for (auto& exit : scenario.exits) exit.reset();
  scenario.exit_trace.reset();
  RandomStream random(seed, entity_id("restrict"), 0);
  double weights = 0;
  for (const auto& layer : scenario.model->layers) weights += layer.weight_bytes.value();
  if (random.uniform() < 0.5)
    for (auto& device : scenario.devices) device.usable_memory = Bytes((0.1 + random.uniform()) * (weights + 60));
  return scenario;
}

struct Tally {
  int cases = 0, proven = 0, best = 0, without_plan = 0;
  double worst_gap = 0;
};

std::string mismatch(const scenarios::Scenario& scenario, Tally& tally) {
  const auto candidates = candidates_of(scenario);
  if (!candidates || candidates->places.size() < 2 || !BlockRelaxation::applies(scenario, *candidates)) return {};
  const auto all = testing::brute_force(scenario, 3000);
  if (!all) return {};
  ++tally.cases;
  const Goal goal = goal_of(scenario, true);
  const Solved solved = search_anytime(scenario, *candidates, goal, {.nodes = 0, .leaves = 1'000'000});
  const auto& found = solved.outcome.best;
  if (!all->best_mean_s) {
    ++tally.without_plan;
    return found ? "a plan though none exists" : "";
  }
  if (!found) return solved.outcome.is_complete ? "said that there is no plan" : "";
  const double least = *all->best_mean_s;
  if (found->value_s < least * (1 - 1e-9)) return "better than the best";
  if (found->bound_s > least * (1 + 1e-9)) return "a bound above the best plan";
  if (solved.outcome.is_complete && found->value_s > least * (1 + 1e-9)) return "called optimal and is not";
  tally.proven += solved.outcome.is_complete ? 1 : 0;
  tally.best += found->value_s <= least * (1 + 1e-9) ? 1 : 0;
  return {};
}

Tally compare(std::uint64_t cases, bool is_chain) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    const auto wrong = mismatch(case_of(seed, is_chain), tally);
    EXPECT_EQ(wrong, "") << "seed " << seed;
    if (!wrong.empty()) break;
  }
  return tally;
}

TEST(AnytimeSearch, BoundsHoldOnSmallGraphs) {
  const Tally tally = compare(1500, false);
  EXPECT_GT(tally.cases, 400);
  EXPECT_GT(tally.without_plan, 10);
  EXPECT_GT(tally.proven, 100);
  EXPECT_GT(tally.best, 400);
}

TEST(AnytimeSearch, BoundsHoldOnChains) {
  const Tally tally = compare(600, true);
  EXPECT_GT(tally.cases, 200);
  EXPECT_GT(tally.proven, 60);
}

RC_GTEST_PROP(AnytimeSearch, BoundsHoldOnAnyGraph, (bool is_chain)) {
  Tally tally;
  const auto seed = *rc::gen::inRange<std::uint64_t>(1'000'000, 1'000'000'000);
  const auto wrong = mismatch(case_of(seed, is_chain), tally);
  RC_LOG() << "seed " << seed << ": " << wrong;
  RC_ASSERT(wrong.empty());
}

TEST(AnytimeSearch, StopsWhenToldWithAPlanAndABound) {
  const auto scenario = testing::network_case("resnet-50");
  const auto result =
      make_plan(scenario, {.with_ways_out = false, .with_baselines = false, .should_stop = [] { return true; }});
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_TRUE(result->is_stopped);
  EXPECT_EQ(result->status, deployment::PlanStatus::feasible);
  EXPECT_GT(result->lower_bound_s, 0);
  EXPECT_LE(result->lower_bound_s, result->objective_s);
}

}  // namespace
}  // namespace tiercut::planner
