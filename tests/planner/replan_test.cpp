// SPDX-License-Identifier: Apache-2.0
// Planning anew from a plan in force, against all placements with shipping added up here once more, and by hand.
#include "planner/replan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>

#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/move_relaxation.hpp"
#include "tests/planner/placements.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;

/// Layer by layer: what every link has to carry, and every pair of devices.
double shipping_time(const scenarios::Scenario& scenario, const deployment::PlanInForce& from,
                     const deployment::Plan& to) {
  std::map<int, double> by_link;
  std::map<std::pair<int, int>, double> by_pair;
  for (std::size_t i = 0; i < to.placement.size(); ++i) {
    const double weights = scenario.model->layers[i].weight_bytes.value();
    const int origin = from.lost[i].empty() ? from.plan.placement[i].device.device : scenario.workload.answer_at.device;
    const int target = to.placement[i].device.device;
    if (weights == 0 || origin == target) continue;
    by_pair[{origin, target}] += weights;
    const auto route = scenario.route({origin, 0}, {target, 0});
    for (const auto& hop : *route) by_link[hop.link] += weights;
  }
  double longest = 0;
  const auto link = [&](int index) -> const auto& { return scenario.links[static_cast<std::size_t>(index)]; };
  for (const auto& [index, bytes] : by_link)
    longest = std::max(
        longest, link(index).latency.value() + link(index).overhead.value() + bytes / link(index).bandwidth.value());
  for (const auto& [ends, bytes] : by_pair) {
    double latency = 0, slowest = 0;
    const auto route = scenario.route({ends.first, 0}, {ends.second, 0});
    for (const auto& hop : *route) {
      latency += link(hop.link).latency.value();
      slowest = std::max(slowest, link(hop.link).overhead.value() + bytes / link(hop.link).bandwidth.value());
    }
    longest = std::max(longest, latency + slowest);
  }
  return longest;
}

std::optional<double> mean_of(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  if (!testing::is_deployable(scenario, plan)) return std::nullopt;
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return std::nullopt;
  const auto latency = estimate_latency(*graph);
  if (!latency || !std::isfinite(latency->max)) return std::nullopt;
  const auto& required = scenario.requirement.latency;
  if (required && Span::from(Seconds(latency->at(required->statistic))) > Span::from(required->at_most))
    return std::nullopt;
  return latency->mean;
}

TEST(Replan, WeighsAsAllPlacementsDo) {
  int compared = 0, stays = 0, moves_to_best = 0, in_between = 0, lost = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    auto made = testing::random_case(seed, {.with_joins = seed % 2 == 0, .most_devices = 3, .most_layers = 6});
    auto& scenario = made.scenario;
    if (scenario.places().size() < 2) continue;
    RandomStream random(seed, entity_id("replan"), 0);
    auto in_force = deployment::in_force(made.plan);
    in_force.plan.uses_exit.assign(in_force.plan.uses_exit.size(), true);
    if (random.uniform() < 0.3)
      for (std::size_t i = 0; i < in_force.lost.size(); ++i)
        if (in_force.plan.placement[i] == scenario.places().front()) in_force.lost[i] = "gone";
    if (random.uniform() < 0.3) {
      const auto graph = deployment::lower(scenario, deployment::undivided(scenario, scenario.places().back()));
      const double latency = estimate_latency(*graph)->max;
      scenario.requirement.latency = scenarios::LatencyRequirement{Statistic::max, Seconds(latency)};
    }
    const auto horizon = static_cast<std::int64_t>(1 + random.uniform() * 30);
    double least = std::numeric_limits<double>::infinity();
    const bool is_small = testing::for_all_placements(scenario, 700, [&](const deployment::Plan& plan) {
      if (const auto mean = mean_of(scenario, plan))
        least = std::min(least, static_cast<double>(horizon) * *mean + shipping_time(scenario, in_force, plan));
    });
    if (!is_small || !std::isfinite(least)) continue;
    const auto result = replan(scenario, in_force, {horizon, scenario.workload.answer_at});
    ASSERT_TRUE(result) << to_text(result.error());
    const double value = static_cast<double>(horizon) * result->recommended.estimate.latency_s.mean +
                         shipping_time(scenario, in_force, result->recommended.plan);
    ASSERT_NEAR(value, least, 1e-9 * least) << "seed " << seed;
    ASSERT_NEAR(result->move.least_time->value(), shipping_time(scenario, in_force, result->recommended.plan), 1e-12);
    if (result->weighed) {
      ASSERT_NEAR(result->weighed->value_s, least, 1e-9 * least);
      ASSERT_NEAR(result->weighed->lower_bound_s, least, 1e-9 * least) << "not proven, seed " << seed;
    }
    ++compared;
    lost += in_force.is_whole() ? 0 : 1;
    const bool is_best = result->recommended.plan.placement == result->best.plan.placement;
    ++(result->stays ? stays : is_best ? moves_to_best : in_between);
  }
  EXPECT_GT(compared, 150);
  EXPECT_GT(stays, 20);
  EXPECT_GT(moves_to_best, 20);
  EXPECT_GT(in_between, 5);
  EXPECT_GT(lost, 20);
}

TEST(MoveRelaxation, IsABoundAndWithOneLinkThePlan) {
  int compared = 0, tight = 0, one_link = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    auto made = testing::random_case(
        seed, {.is_chain = true, .with_fair_links = true, .with_tcp = true, .most_devices = 3, .most_layers = 6});
    auto& scenario = made.scenario;
    for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
    if (scenario.places().size() < 2) continue;
    auto in_force = deployment::in_force(made.plan);
    in_force.plan.uses_exit.assign(in_force.plan.uses_exit.size(), true);
    const auto store = scenario.workload.answer_at;
    const double horizon = static_cast<double>(1 + seed % 20);
    std::map<int, int> crossed;
    double least = std::numeric_limits<double>::infinity();
    const bool is_small = testing::for_all_placements(scenario, 500, [&](const deployment::Plan& plan) {
      for (const auto& load : move_weights(scenario, in_force, plan, store).links) ++crossed[load.hop.link];
      if (const auto mean = mean_of(scenario, plan))
        least = std::min(least, horizon * *mean + shipping_time(scenario, in_force, plan));
    });
    if (!is_small || !std::isfinite(least)) continue;
    const auto candidates = candidates_of(scenario);
    ASSERT_TRUE(candidates);
    const auto relaxed = relax_move(scenario, *candidates, in_force, store, horizon);
    if (!relaxed) continue;
    ++compared;
    ASSERT_LE(relaxed->bound_s, least * (1 + 1e-9)) << "seed " << seed;
    const bool is_tight = relaxed->bound_s >= least * (1 - 1e-9);
    tight += is_tight ? 1 : 0;
    if (crossed.size() > 1) continue;
    ++one_link;
    ASSERT_TRUE(is_tight) << "seed " << seed << ": " << relaxed->bound_s << " of " << least;
  }
  EXPECT_GT(compared, 80);
  EXPECT_GT(one_link, 20);
  EXPECT_GT(tight, one_link);
}

scenarios::ScenarioPointer cloud_over(const std::string& bandwidth) {
  const auto scenario = scenarios::read_scenario(
      TIERCUT_SOURCE_DIR "/scenarios/big-little/big-in-cloud.yaml",
      {"links.up.bandwidth=" + bandwidth, "links.down.bandwidth=" + bandwidth, "requirement.latency.at_most=1 s"});
  if (!scenario) ADD_FAILURE() << to_text(scenario.error());
  return *scenario;
}

deployment::Plan all_on(const scenarios::Scenario& scenario, const std::string& device) {
  return deployment::undivided(scenario, {{scenario.find_device(device), 0}, 0});
}

TEST(Replan, ShipsTheBigNetworkToTheCloud) {
  // 11,972,510 weights of 4 B are 47,890,040 B: 3.8312032 s at 100 Mbit/s, and 15 ms on the way.
  const auto scenario = cloud_over("100 Mbit/s");
  const auto in_force = deployment::in_force(all_on(*scenario, "pi"));
  const auto result = replan(*scenario, in_force, {{}, scenario->workload.answer_at});
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_FALSE(result->stays);
  EXPECT_EQ(result->recommended.plan.placement, all_on(*scenario, "cloud").placement);
  EXPECT_DOUBLE_EQ(result->move.size.value(), 47890040);
  ASSERT_EQ(result->move.links.size(), 1u);
  EXPECT_EQ(scenario->links[static_cast<std::size_t>(result->move.links[0].hop.link)].name, "up");
  EXPECT_NEAR(result->move.least_time->value(), 3.8462032, 1e-12);
  // 16.42 ms in the cloud, 3136 B up, 40 B down, 15 ms each way.
  EXPECT_NEAR(result->recommended.objective_s, 0.01642 + 3176 / 12.5e6 + 0.030, 1e-12);
  const double gain = *result->gain_s(result->recommended);
  EXPECT_NEAR(gain, result->kept->objective_s - result->recommended.objective_s, 1e-15);
  const double samples = *result->break_even(result->recommended, result->move);
  EXPECT_EQ(samples, std::ceil(3.8462032 / gain));
  for (const double wanted : {samples - 1, samples}) {
    const auto weighed = replan(*scenario, in_force, {static_cast<std::int64_t>(wanted), scenario->workload.answer_at});
    ASSERT_TRUE(weighed);
    EXPECT_EQ(weighed->stays, wanted < samples) << wanted;
  }
}

TEST(Replan, KeepsAPlanThatNoOtherBeats) {
  const auto scenario = cloud_over("100 Mbit/s");
  const auto result =
      replan(*scenario, deployment::in_force(all_on(*scenario, "cloud")), {{}, scenario->workload.answer_at});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->stays);
  EXPECT_EQ(result->recommended.status, PlanStatus::optimal);
  EXPECT_TRUE(result->move.layers.empty());
  EXPECT_EQ(*result->gain_s(result->recommended), 0);
}

TEST(Replan, OfAPlanFileThatNamesADeviceThatIsNoMore) {
  const auto scenario = cloud_over("100 Mbit/s");
  deployment::PlanDocument document;
  document.plan = all_on(*scenario, "cloud");
  document.scenario_file = "before.yaml";
  document.scenario_hash = "sha256:before";
  document.made_by = document.method = "a test";
  std::string text = deployment::to_yaml(document, *scenario);
  for (std::size_t at = 0; (at = text.find(": cloud\n", at)) != std::string::npos;) text.replace(at, 7, ": edge:gpu");
  const std::string file = ::testing::TempDir() + "replan-test.yaml";
  std::ofstream(file) << text;
  const auto in_force = deployment::read_plan_in_force(file, *scenario);
  ASSERT_TRUE(in_force) << to_text(in_force.error());
  EXPECT_EQ(in_force->lost_places(), std::vector<std::string>{"edge:gpu"});
  const auto result = replan(*scenario, *in_force, {10, scenario->workload.answer_at});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->why_not, std::vector<std::string>{"edge:gpu is no more"});
  EXPECT_FALSE(result->kept);
  // The Pi, which wants the answer, has all weights: 10 samples there take 1.9 s, shipping alone 3.8 s.
  EXPECT_EQ(result->recommended.plan.placement, all_on(*scenario, "pi").placement);
  EXPECT_EQ(result->move.size.value(), 0);
  std::ofstream(file) << "schema: tiercut/plan/1\n";
  EXPECT_FALSE(deployment::read_plan_in_force(file, *scenario));
}

TEST(Replan, SaysWhyThePlanInForceCannotStay) {
  auto scenario = *cloud_over("100 Mbit/s");
  scenario.requirement.latency->at_most = Seconds(0.05);
  const auto result = replan(scenario, deployment::in_force(all_on(scenario, "pi")), {1, scenario.workload.answer_at});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->why_not, std::vector<std::string>{"latency max <= 50 ms"});
  EXPECT_EQ(result->recommended.plan.placement, all_on(scenario, "cloud").placement) << "whatever shipping takes";
}

TEST(Replan, RefusesToWeighAccuracy) {
  auto scenario = *cloud_over("100 Mbit/s");
  scenario.objective = scenarios::Objective{scenarios::Objective::Kind::accuracy, Statistic::mean};
  const auto result = replan(scenario, deployment::in_force(all_on(scenario, "pi")), {1, scenario.workload.answer_at});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "bad-objective");
}

}  // namespace
}  // namespace tiercut::planner
