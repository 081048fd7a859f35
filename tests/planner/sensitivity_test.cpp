// SPDX-License-Identifier: Apache-2.0
// Flips by hand, and on random scenarios against all placements on both sides of each flip and on the way to it.
#include "planner/sensitivity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

const Flip* find(const Sensitivity& result, const std::string& name) {
  const auto found =
      std::find_if(result.flips.begin(), result.flips.end(), [&](const Flip& f) { return f.name == name; });
  return found == result.flips.end() ? nullptr : &*found;
}

bool is_all_on(const deployment::Plan& plan, int device) {
  return std::all_of(plan.placement.begin(), plan.placement.end(),
                     [device](const auto& place) { return place.device.device == device; });
}

TEST(Sensitivity, OfTheBigNetworkInTheCloud) {
  // 15 + 16.42 + 15 = 46.42 ms of 40 ms: 6.42 ms have to go, wherever.
  const auto scenario = scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/big-little/big-in-cloud.yaml");
  ASSERT_TRUE(scenario);
  const auto result = sensitivity(**scenario);
  ASSERT_TRUE(result) << to_text(result.error());
  for (const char* link : {"links.up.latency", "links.down.latency"}) {
    const Flip* flip = find(*result, link);
    ASSERT_NE(flip, nullptr);
    EXPECT_NEAR(flip->at, 0.00858, 2e-12) << "15 - 6.42 ms, and a tick more";
    EXPECT_GT(flip->at, 0.00858);
    EXPECT_TRUE(flip->is_exact);
    EXPECT_TRUE(flip->keeps_promise);
  }
  const Flip* cost = find(*result, "devices.cloud.cost");
  ASSERT_NE(cost, nullptr);
  EXPECT_NEAR(cost->at, 10 / 16.42, 2e-9);
  const Flip* budget = find(*result, "requirement.latency.at_most");
  ASSERT_NE(budget, nullptr);
  EXPECT_NEAR(budget->at, 0.04642, 2e-12);
  EXPECT_EQ(result->flips.front().name, "requirement.latency.at_most") << "16 % more is the nearest";
}

TEST(Sensitivity, OfALinkThatGetsTooSlow) {
  const auto scenario = scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/big-little/big-in-cloud.yaml",
                                                 {"requirement.latency.at_most=1 s"});
  ASSERT_TRUE(scenario);
  const auto pi = estimate_latency(*deployment::lower(**scenario, deployment::undivided(**scenario, {{0, 0}, 0})));
  ASSERT_TRUE(pi);
  const auto result = sensitivity(**scenario);
  ASSERT_TRUE(result);
  ASSERT_TRUE(is_all_on(result->plan.plan, 1) || !is_all_on(result->plan.plan, 0));
  const Flip* flip = find(*result, "links.up.latency");
  ASSERT_NE(flip, nullptr);
  EXPECT_TRUE(is_all_on(flip->beyond, 0));
  EXPECT_NEAR(flip->at, pi->mean - 0.01642 - 0.015, 2e-12) << "where the Pi is as fast";
  EXPECT_TRUE(flip->is_exact);
  // 3,136 B up: at the bandwidth where that takes as long as the Pi saves.
  const Flip* narrow = find(*result, "links.up.bandwidth");
  ASSERT_NE(narrow, nullptr);
  EXPECT_NEAR(narrow->at, 3136 / (pi->mean - 0.04642), 1e-4 * narrow->at);
}

struct Best {
  bool is_kept = false;
  double value = std::numeric_limits<double>::infinity();
};

Best best_of(const scenarios::Scenario& scenario) {
  const auto all = testing::brute_force(scenario, 5000);
  if (all->best_mean_s) return {true, *all->best_mean_s};
  return {false, all->least_statistic_s.value_or(std::numeric_limits<double>::infinity())};
}

Best value_of(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  const auto latency = estimate_latency(*deployment::lower(scenario, plan));
  const auto& required = scenario.requirement.latency;
  if (!required || Span::from(Seconds(latency->at(required->statistic))) <= Span::from(required->at_most))
    return {true, latency->mean};
  return {false, latency->at(required->statistic)};
}

bool is_the_one(const scenarios::Scenario& scenario, const deployment::Plan& plan, bool was_kept) {
  const Best best = best_of(scenario), own = value_of(scenario, plan);
  return own.is_kept == was_kept && best.is_kept == was_kept && own.value <= best.value * (1 + 1e-12);
}

void compare(const testing::CaseOptions& options, bool is_chain) {
  int flips = 0, exact = 0, lost = 0;
  for (std::uint64_t seed = 1; seed <= 220; ++seed) {
    auto scenario = testing::random_case(seed, options).scenario;
    if (scenario.places().size() < 2 || scenario.links.empty() || !testing::brute_force(scenario, 130)) continue;
    RandomStream random(seed, entity_id("sensitivity"), 0);
    if (is_chain)
      for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
    if (random.uniform() < 0.4) {
      const auto any = deployment::lower(scenario, deployment::undivided(scenario, scenario.places().back()));
      scenario.requirement.latency = scenarios::LatencyRequirement{
          Statistic::max, Seconds(estimate_latency(*any)->max * (0.8 + 0.4 * random.uniform()))};
    }
    const auto result = sensitivity(scenario);
    ASSERT_TRUE(result) << to_text(result.error());
    const bool was_kept = result->plan.status != deployment::PlanStatus::infeasible;
    for (const Flip& flip : result->flips) {
      ++flips;
      exact += flip.is_exact ? 1 : 0;
      lost += flip.keeps_promise != was_kept ? 1 : 0;
      const std::int64_t start = ticks_of(flip.knob, flip.now), at = ticks_of(flip.knob, flip.at);
      const auto scene = [&](std::int64_t ticks) { return turned(scenario, flip.knob, ticks); };
      const bool is_up = at != start ? at > start : !is_the_one(scene(at + 1), result->plan.plan, was_kept);
      ASSERT_TRUE(is_the_one(scene(at), result->plan.plan, was_kept)) << "seed " << seed << " " << flip.name;
      const std::int64_t next = at + (is_up ? 1 : -1);
      ASSERT_FALSE(is_the_one(scene(next), result->plan.plan, was_kept)) << "seed " << seed << " " << flip.name;
      ASSERT_TRUE(is_the_one(scene(next), flip.beyond, flip.keeps_promise)) << "seed " << seed << " " << flip.name;
      if (!flip.is_exact) continue;
      for (const double share : {0.2, 0.5, 0.8}) {
        const auto between = start + static_cast<std::int64_t>(share * static_cast<double>(at - start));
        ASSERT_TRUE(is_the_one(scene(between), result->plan.plan, was_kept)) << "seed " << seed << " " << flip.name;
      }
    }
  }
  EXPECT_GT(flips, 100);
  EXPECT_GT(lost, 10);
  if (is_chain) {
    EXPECT_GT(exact, 50);
  }
}

TEST(Sensitivity, FlipsWhereBruteForceDoesOnChains) {
  compare({.is_chain = true, .with_fair_links = true, .most_devices = 3, .most_layers = 6}, true);
}

TEST(Sensitivity, FlipsWhereBruteForceDoesOnGraphs) {
  compare({.with_tcp = true, .most_devices = 3, .most_layers = 6}, false);
}

TEST(Sensitivity, RefusesOtherObjectives) {
  auto scenario = **scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/big-little/big-in-cloud.yaml");
  scenario.objective = scenarios::Objective{scenarios::Objective::Kind::latency, Statistic::p99};
  EXPECT_EQ(sensitivity(scenario).error().front().code, "bad-objective");
}

}  // namespace
}  // namespace tiercut::planner
