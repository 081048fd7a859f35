// SPDX-License-Identifier: Apache-2.0
// The papers' figures (Big-Little, 4.1 and 4.2), from the shipped scenarios.
#include "planner/capacity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"

namespace tiercut::planner {
namespace {

const std::string folder = TIERCUT_SOURCE_DIR "/scenarios/big-little/";

std::vector<PlaceCapacity> capacity_of(const std::string& file, const std::vector<std::string>& overrides = {}) {
  const auto scenario = scenarios::read_scenario(folder + file, overrides);
  EXPECT_TRUE(scenario) << to_text(scenario.error());
  const auto places = capacity(**scenario);
  EXPECT_TRUE(places) << to_text(places.error());
  return *places;
}

TEST(Capacity, FortyMillisecondsLeaveTheCloudTen) {
  const auto places = capacity_of("budget-40ms.yaml");
  ASSERT_EQ(places.size(), 2u);
  const auto &pi = places[0], &cloud = places[1];
  EXPECT_EQ(pi.name, "pi");
  EXPECT_DOUBLE_EQ(pi.compute_budget.value(), 0.040);
  EXPECT_DOUBLE_EQ(*pi.max_weights, 2.0e6);
  EXPECT_FALSE(pi.is_memory_bound);
  EXPECT_FALSE(pi.is_extrapolated);
  EXPECT_FALSE(pi.slowest_link) << "no link is on the way";
  EXPECT_EQ(cloud.name, "cloud");
  EXPECT_DOUBLE_EQ(cloud.network_time.value(), 0.030);
  EXPECT_DOUBLE_EQ(cloud.compute_budget.value(), 0.010);
  EXPECT_DOUBLE_EQ(*cloud.max_weights, 6.5e6);
  EXPECT_DOUBLE_EQ(cloud.model_cost->value(), 0.01642);
  EXPECT_DOUBLE_EQ(cloud.slowest_link->value(), 0.01179) << "(40 - 16.42) / 2 ms";
  EXPECT_FALSE(cloud.narrowest_link) << "30 ms of latency and 16.42 ms of computing leave no bandwidth that would do";
}

TEST(Capacity, NarrowestLinkUsesUpTheBudgetExactly) {
  // 5 ms links: 40 - 10 - 16.42 = 13.58 ms for 3136 bytes up and 40 bytes down.
  const auto cloud = capacity_of("budget-40ms.yaml", {"links.up.latency=5 ms", "links.down.latency=5 ms"})[1];
  ASSERT_TRUE(cloud.narrowest_link);
  EXPECT_NEAR(cloud.narrowest_link->value(), 3176 / 0.01358, 3176 / 0.01358 * 1e-9);
}

TEST(Capacity, MemoryBindsBeforeTime) {
  const auto pi = capacity_of("budget-40ms.yaml", {"requirement.latency.at_most=100 s"})[0];
  EXPECT_TRUE(pi.is_memory_bound);
  EXPECT_DOUBLE_EQ(*pi.max_weights, 700e6 / 4);
}

TEST(Capacity, WayEqualsTheSumOverItsHops) {
  const auto scenario = scenarios::read_scenario(folder + "big-in-cloud-ethernet.yaml");
  ASSERT_TRUE(scenario);
  const auto places = capacity(**scenario);
  ASSERT_TRUE(places);
  const auto& cloud = places->at(1);
  Span sum;
  const auto walk = [&](scenarios::DeviceRef from, scenarios::DeviceRef to, Bytes size) {
    const auto hops = (*scenario)->route(from, to);
    for (const auto& hop : hops.value()) {
      const auto& link = (*scenario)->links[static_cast<std::size_t>(hop.link)];
      sum += Span::from(link.overhead) + Span::from(size / link.bandwidth) + Span::from(link.latency);
    }
  };
  const scenarios::DeviceRef pi = (*scenario)->workload.answer_at;
  walk(pi, cloud.place.device, Bytes(3136));
  walk(cloud.place.device, pi, Bytes(40));
  EXPECT_EQ(Span::from(cloud.network_time), sum);
}

TEST(Capacity, NeedsARequirement) {
  auto scenario = scenarios::read_scenario(folder + "budget-40ms.yaml");
  ASSERT_TRUE(scenario);
  scenarios::Scenario without = **scenario;
  without.requirement.latency.reset();
  const auto places = capacity(without);
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().front().code, "missing-requirement");
}

}  // namespace
}  // namespace tiercut::planner
