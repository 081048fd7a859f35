// SPDX-License-Identifier: Apache-2.0
// Plans for single failures, against all placements in a scenario that was built without what failed.
#include "planner/fallbacks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "tests/planner/placements.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;

/// By leaving the places out of the enumeration and cutting the links by hand.
double least_mean_without(scenarios::Scenario scenario, const Failure& failure) {
  const int device = failure.kind == Failure::Kind::device ? scenario.find_device(failure.name) : -1;
  std::vector<scenarios::Link> links;
  for (const auto& link : scenario.links)
    if (link.name != failure.name && link.from[0].device != device && link.to[0].device != device)
      links.push_back(link);
  scenario.links = links;
  scenario.prepare();
  double least = std::numeric_limits<double>::infinity();
  testing::for_all_placements(scenario, 100'000, [&](const deployment::Plan& plan) {
    for (std::size_t i = 0; i < plan.placement.size(); ++i)
      if (plan.placement[i].device.device == device) return;
    const auto graph = deployment::lower(scenario, plan);
    if (!graph) return;
    const auto latency = estimate_latency(*graph);
    if (latency && std::isfinite(latency->max)) least = std::min(least, latency->mean);
  });
  return least;
}

TEST(Fallbacks, AreTheBestThatIsLeft) {
  int compared = 0, none = 0, stays = 0, devices = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    auto made = testing::random_case(seed, {.with_joins = false, .most_devices = 3, .most_layers = 5});
    auto& scenario = made.scenario;
    if (scenario.places().size() < 2 || !testing::for_all_placements(scenario, 300, [](const auto&) {})) continue;
    const auto best = make_plan(scenario);
    ASSERT_TRUE(best) << to_text(best.error());
    const auto fallbacks = plan_fallbacks(scenario, best->plan, scenario.workload.answer_at);
    ASSERT_TRUE(fallbacks) << to_text(fallbacks.error());
    for (const Fallback& fallback : *fallbacks) {
      const double least = least_mean_without(scenario, fallback.failure);
      ++compared;
      devices += fallback.failure.kind == Failure::Kind::device ? 1 : 0;
      ASSERT_EQ(fallback.result.has_value(), std::isfinite(least))
          << "seed " << seed << " without " << fallback.failure.name << ": " << fallback.why_not;
      if (!fallback.result) {
        ++none;
        EXPECT_NE(fallback.why_not, "");
        continue;
      }
      stays += fallback.stays ? 1 : 0;
      EXPECT_EQ(fallback.stays, fallback.result->plan.placement == best->plan.placement) << "seed " << seed;
      EXPECT_NEAR(fallback.result->objective_s, least, 1e-9 * least) << "seed " << seed;
      EXPECT_NEAR(fallback.change_s, least - best->objective_s, 1e-9 * least);
    }
  }
  EXPECT_GT(compared, 200);
  EXPECT_GT(devices, 40);
  EXPECT_GT(none, 20);
  EXPECT_GT(stays, 40);
}

TEST(Fallbacks, OfTheBigNetworkInTheCloud) {
  const auto scenario = scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/big-little/big-in-cloud.yaml",
                                                 {"links.up.bandwidth=100 Mbit/s", "links.down.bandwidth=100 Mbit/s"});
  ASSERT_TRUE(scenario);
  const auto best = make_plan(**scenario);
  ASSERT_TRUE(best);
  const auto fallbacks = plan_fallbacks(**scenario, best->plan, (*scenario)->workload.answer_at);
  ASSERT_TRUE(fallbacks);
  ASSERT_EQ(fallbacks->size(), 3u) << "the cloud, the way up and the way down; the Pi is where images arise";
  for (const Fallback& fallback : *fallbacks) {
    ASSERT_TRUE(fallback.result) << fallback.failure.name;
    EXPECT_EQ(fallback.result->status, PlanStatus::infeasible) << "the Pi alone is too slow for 40 ms";
    EXPECT_FALSE(fallback.stays);
    for (const auto& place : fallback.result->plan.placement) EXPECT_EQ(place.device.device, 0);
  }
  // The cloud's weights are lost and the Pi, which wants the answer, has them; with the link down alone they could
  // come.
  EXPECT_EQ((*fallbacks)[0].move.size.value(), 0);
  EXPECT_EQ((*fallbacks)[1].failure.name, "up");
  EXPECT_DOUBLE_EQ((*fallbacks)[1].move.size.value(), 47890040) << "they come down";
  EXPECT_NEAR((*fallbacks)[1].move.least_time->value(), 47890040 / 12.5e6 + 0.015, 1e-12);
  EXPECT_EQ((*fallbacks)[2].failure.name, "down");
  EXPECT_EQ((*fallbacks)[2].move.size.value(), 0) << "nothing comes down; the Pi's own copy has to do";
}

TEST(Fallbacks, ALinkWrittenWithBetweenFailsInBothDirections) {
  const auto scenario = scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/dianne/offload.yaml");
  ASSERT_TRUE(scenario);
  const auto failures = single_failures(**scenario);
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].name, "jetson");
  EXPECT_EQ(failures[1].name, "lan");
  EXPECT_TRUE(without(**scenario, failures[1]).links.empty());
  EXPECT_TRUE(without(**scenario, failures[0]).links.empty());
  EXPECT_EQ(without(**scenario, failures[0]).places().size(), (*scenario)->places().size() - 2);
}

}  // namespace
}  // namespace tiercut::planner
