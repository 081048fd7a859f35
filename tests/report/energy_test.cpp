// SPDX-License-Identifier: Apache-2.0
#include "report/energy.hpp"

#include <gtest/gtest.h>

namespace tiercut::report {
namespace {

/// Two cameras of 1 W that draw 3 W with the cpu and 11 W with the gpu at work, a sensor, a server that states nothing,
/// and a link of 0.5 W and 0.25 W.
struct Case {
  Case() {
    auto camera = std::make_shared<profiles::Profile>(), server = std::make_shared<profiles::Profile>();
    camera->idle_power = Watts(1);
    camera->units.resize(2);
    camera->units[0].busy_power = Watts(3);
    camera->units[1].busy_power = Watts(11);
    server->units.resize(1);
    scenario.devices.resize(3);
    scenario.devices[0].name = "cameras";
    scenario.devices[0].count = 2;
    scenario.devices[0].profile = camera;
    scenario.devices[1].name = "sensor";
    scenario.devices[2].name = "server";
    scenario.devices[2].profile = server;
    scenario.links.resize(2);
    scenario.links[0].name = "up";
    scenario.links[0].power = scenarios::LinkPower{Watts(0.5), Watts(0.25)};
    graph.resources.resize(5);
    result.resources.resize(5);
    result.duration = Seconds(100);
    const double busy[] = {20, 4, 50, 8, 3};
    for (std::size_t r = 0; r < 5; ++r) result.resources[r].busy = Seconds(busy[r]);
  }
  scenarios::Scenario scenario;
  deployment::StageGraph graph;
  simulator::SimulationResult result;
};

TEST(Energy, IsPowerTimesTime) {
  const Case it;
  const auto energy = energy_of(it.scenario, it.graph, it.result, 10);
  ASSERT_TRUE(energy);
  ASSERT_EQ(energy->parts.size(), 2u);
  EXPECT_EQ(energy->parts[0].name, "cameras");
  EXPECT_DOUBLE_EQ(energy->parts[0].idle.value(), 200);                 // 2 x 1 W x 100 s
  EXPECT_DOUBLE_EQ(energy->parts[0].compute.value(), 2 * 20 + 10 * 4);  // beyond the idle watt
  EXPECT_EQ(energy->parts[1].name, "up");
  EXPECT_DOUBLE_EQ(energy->parts[1].send.value(), 4);
  EXPECT_DOUBLE_EQ(energy->parts[1].receive.value(), 2);
  EXPECT_DOUBLE_EQ(energy->for_samples.value(), 86);
  EXPECT_DOUBLE_EQ(energy->parts[0].total().value(), 280);
}

TEST(Energy, WorkersShareTheirUnitsPower) {
  Case it;
  it.graph.resources[0].workers = 4;
  EXPECT_DOUBLE_EQ(energy_of(it.scenario, it.graph, it.result, 10)->parts[0].compute.value(), 2 * 20 / 4.0 + 10 * 4);
}

TEST(Energy, IsUnknownWhereNothingIsStated) {
  Case it;
  it.scenario.devices[0].profile = it.scenario.devices[2].profile;
  it.scenario.devices[2].profile = nullptr;
  it.scenario.links[0].power.reset();
  EXPECT_FALSE(energy_of(it.scenario, it.graph, it.result, 10));
}

}  // namespace
}  // namespace tiercut::report
