// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string good = TIERCUT_SOURCE_DIR "/tests/scenarios/good/";

Scenario read_good(const std::string& name, const std::vector<std::string>& overrides = {}) {
  const auto scenario = read_scenario(good + name + ".yaml", overrides);
  EXPECT_TRUE(scenario) << to_text(scenario.error());
  return scenario ? **scenario : Scenario();
}

std::vector<std::string> codes(const Result<ScenarioPointer>& scenario) {
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : scenario ? (*scenario)->warnings : scenario.error()) {
    found.push_back(diagnostic.code);
  }
  return found;
}

// Expected values throughout: what the fixture says, by eye.
TEST(ScenarioReader, ReadsDevices) {
  const Scenario scenario = read_good("everything_stated");
  ASSERT_EQ(scenario.devices.size(), 4u);
  const Device& cameras = scenario.devices[0];
  EXPECT_EQ(cameras.name, "cameras");
  EXPECT_EQ(cameras.count, 6);
  ASSERT_TRUE(cameras.profile);
  EXPECT_EQ(cameras.profile->name, "raspberry-pi-2");
  EXPECT_EQ(cameras.execution, profiles::Execution::layer);
  EXPECT_EQ(cameras.usable_memory, Bytes(200e6));
  EXPECT_FALSE(scenario.devices[1].profile);
  EXPECT_EQ(scenario.devices[2].profile->name, "jetson-tk1");
  EXPECT_FALSE(scenario.devices[2].execution);
  EXPECT_EQ(scenario.name, "everything-stated");
  EXPECT_EQ(scenario.description, "Every key of the format once.");
  EXPECT_EQ(scenario.model->name, "ddnn/evaluation-2");
}

TEST(ScenarioReader, ReadsLinks) {
  const Scenario scenario = read_good("everything_stated");
  std::vector<std::string> names;
  for (const Link& link : scenario.links) names.push_back(link.name);
  ASSERT_THAT(names, ElementsAre("cable", "cable.back", "air", "uplink", "uplink.back"));
  const Link& back = scenario.links[1];
  EXPECT_THAT(back.from, ElementsAre(DeviceRef{1, 0}));
  EXPECT_THAT(back.to, ElementsAre(DeviceRef{0, 0}));
  EXPECT_EQ(back.latency, Seconds(100e-6));
  EXPECT_EQ(back.bandwidth, BytesPerSecond(100e6 / 8));
  EXPECT_EQ(back.overhead, Seconds(10e-6));
  const Link& air = scenario.links[2];
  EXPECT_TRUE(air.is_shared);
  EXPECT_THAT(air.from, ElementsAre(DeviceRef{1, 0}, DeviceRef{2, 0}));
  EXPECT_EQ(air.discipline, Discipline::fifo);
  EXPECT_EQ(air.jitter.kind, Jitter::Kind::lognormal);
  EXPECT_EQ(air.jitter.mean, Seconds(1e-3));
  EXPECT_EQ(air.jitter.deviation, Seconds(500e-6));
  EXPECT_EQ(air.loss.probability, 0.02);
  EXPECT_EQ(air.loss.timeout, Seconds(5e-3));
  EXPECT_EQ(air.transport.kind, Transport::Kind::ideal);
  const Link& uplink = scenario.links[4];
  EXPECT_FALSE(uplink.bandwidth.is_finite());
  EXPECT_EQ(uplink.transport.kind, Transport::Kind::tcp);
  EXPECT_EQ(uplink.transport.congestion, "reno");
  EXPECT_EQ(uplink.transport.initial_window, Bytes(2000));
  EXPECT_EQ(uplink.transport.largest_window, Bytes(1e6));
  EXPECT_EQ(uplink.transport.idle_restart, Seconds(1));
}

TEST(ScenarioReader, ReadsWorkloadAndRequirement) {
  const Scenario scenario = read_good("everything_stated");
  const Workload& workload = scenario.workload;
  ASSERT_EQ(workload.inputs.size(), 2u);
  EXPECT_EQ(workload.inputs[0].input, scenario.model->find("camera1"));
  EXPECT_EQ(workload.inputs[0].device, (DeviceRef{0, 0}));
  EXPECT_EQ(workload.inputs[0].offset, Seconds(0));
  EXPECT_EQ(workload.inputs[1].input, scenario.model->find("camera2"));
  EXPECT_EQ(workload.inputs[1].device, (DeviceRef{2, 0}));
  EXPECT_EQ(workload.inputs[1].offset, Seconds(3e-3));
  EXPECT_EQ(workload.source_members, 6);
  EXPECT_EQ(workload.arrivals.process, Arrivals::Process::poisson);
  EXPECT_EQ(workload.arrivals.period, Seconds(0.25));
  EXPECT_EQ(workload.answer_at, (DeviceRef{1, 0}));
  EXPECT_EQ(workload.answer_size, Bytes(16));
  EXPECT_EQ(workload.warm_up, 100);
  ASSERT_TRUE(scenario.requirement.latency);
  EXPECT_EQ(scenario.requirement.latency->statistic, Statistic::p95);
  EXPECT_EQ(scenario.requirement.latency->at_most, Seconds(50e-3));
}

TEST(ScenarioReader, ReadsDecisions) {
  const Scenario scenario = read_good("everything_stated");
  ASSERT_EQ(scenario.exits.size(), 1u);
  ASSERT_TRUE(scenario.exits[0]);
  EXPECT_EQ(scenario.exits[0]->probability, 0.25);
  EXPECT_EQ(scenario.exits[0]->source, "made up");
  EXPECT_THAT(scenario.policy.escalation, ElementsAre(Escalation::eager));
  EXPECT_TRUE(scenario.policy.cancel);
  EXPECT_EQ(scenario.policy.control_size, Bytes(20));
  ASSERT_EQ(scenario.joins.size(), 1u);
  EXPECT_EQ(scenario.joins[0].layer, scenario.model->find("cloud/aggregate"));
  EXPECT_EQ(scenario.joins[0].quorum, 1);
  EXPECT_EQ(scenario.joins[0].deadline, Seconds(10e-3));
  ASSERT_EQ(scenario.pins.size(), 2u);
  const auto id = [&](const char* name) { return scenario.model->find(name); };
  EXPECT_THAT(scenario.pins[0].layers, ElementsAre(id("device1/features"), id("device1/scores")));
  EXPECT_EQ(scenario.pins[0].device, (DeviceRef{0, 0}));
  EXPECT_FALSE(scenario.pins[0].unit);
  EXPECT_THAT(scenario.pins[1].layers, ElementsAre(id("device2/features"), id("device2/scores")));
  EXPECT_EQ(scenario.pins[1].unit, scenario.devices[2].profile->find_unit("gpu"));
}

TEST(ScenarioReader, ReadsMeasuredJitter) {
  const Scenario scenario = read_good("measured_jitter");
  const Jitter& jitter = scenario.links[0].jitter;
  EXPECT_EQ(jitter.kind, Jitter::Kind::measured);
  // Of the straight lines between the sorted delays: trapezoids.
  const double delays[] = {0,   0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.4, 0.4,
                           0.5, 0.6, 0.7, 0.8, 1,   1.2, 1.5, 2,   4,   10};  // ms
  double mean = 0;
  for (int i = 0; i < 19; ++i) mean += (delays[i] + delays[i + 1]) / 2 / 19;
  EXPECT_NEAR(jitter.mean.value(), mean * 1e-3, 0.03 * mean * 1e-3);
  ASSERT_TRUE(jitter.shape);
  EXPECT_NEAR(jitter.shape->mean(), 0, 1e-9);
  EXPECT_NEAR(jitter.shape->deviation(), 1, 1e-9);
  EXPECT_NEAR(jitter.mean.value() + jitter.deviation.value() * jitter.shape->at(1), 10e-3, 1e-9);
  EXPECT_NEAR(jitter.mean.value() + jitter.deviation.value() * jitter.shape->at(0.5), 0.45e-3, 0.02e-3);
  EXPECT_NE(scenario.hash, read_good("base").hash);
}

TEST(ScenarioReader, ReadsFaults) {
  const Scenario scenario = read_good("faults");
  ASSERT_EQ(scenario.faults.size(), 3u);
  const auto at = [](double seconds) { return Instant() + Span::from(Seconds(seconds)); };
  const Fault& reboot = scenario.faults[0];
  EXPECT_EQ(reboot.name, "reboot");
  EXPECT_EQ(reboot.device, (DeviceRef{2, 0}));
  EXPECT_EQ(reboot.unit, scenario.devices[2].profile->find_unit("gpu"));
  EXPECT_FALSE(reboot.loses);
  EXPECT_THAT(reboot.outages, ElementsAre(Outage{at(10), at(22)}, Outage{at(60), Instant::never()}));
  const Fault& rain = scenario.faults[1];
  EXPECT_THAT(rain.links, ElementsAre(Hop{2, 0}, Hop{0, 2}, Hop{4, 0}));
  EXPECT_TRUE(rain.loses);
  EXPECT_EQ(rain.time_between, Seconds(3600));
  EXPECT_EQ(rain.time_to_repair, Seconds(300));
  const Fault& theft = scenario.faults[2];
  EXPECT_EQ(theft.device, (DeviceRef{0, 4}));
  EXPECT_THAT(theft.outages, ElementsAre(Outage{at(1.5), at(2)}, Outage{at(3), Instant::never()}));
}

TEST(ScenarioReader, ReadsBurstsAndVariation) {
  const Scenario scenario = read_good("bursty_arrivals");
  const Arrivals& arrivals = scenario.workload.arrivals;
  EXPECT_EQ(arrivals.process, Arrivals::Process::bursty);
  EXPECT_DOUBLE_EQ(arrivals.period.value(), 0.1);
  EXPECT_EQ(arrivals.burst, Seconds(0.3));
  EXPECT_EQ(arrivals.silence, Seconds(0.5));
  ASSERT_TRUE(scenario.devices[0].variation);
  EXPECT_EQ(scenario.devices[0].variation->family, CostVariation::Family::gamma);
  EXPECT_EQ(scenario.devices[0].variation->coefficient, 1);
  EXPECT_FALSE(scenario.devices[1].variation);
}

TEST(ScenarioReader, ReadsRecordedArrivals) {
  const Scenario scenario = read_good("recorded_arrivals");
  const Arrivals& arrivals = scenario.workload.arrivals;
  EXPECT_EQ(arrivals.process, Arrivals::Process::trace);
  EXPECT_EQ(arrivals.period, Seconds(1));  // 3 s in three gaps
  ASSERT_TRUE(arrivals.trace);
  const auto at = [](double seconds) { return Instant() + Span::from(Seconds(seconds)); };
  EXPECT_THAT(arrivals.trace->when, ElementsAre(at(0.5), at(0.5), at(1), at(3.5)));
  EXPECT_EQ(arrivals.trace->lap, Span::from(Seconds(4)));
  EXPECT_EQ(read_good("recorded_arrivals", {"workload.arrivals.wrap=false"}).workload.arrivals.trace->lap, Span());
  const Scenario group = read_good("recorded_at_a_group");
  EXPECT_THAT(group.workload.arrivals.trace->member, ElementsAre(3, 1));
  EXPECT_EQ(group.workload.arrivals.period, Seconds(3));  // of each of three
}

TEST(ScenarioReader, RefusesRecordedArrivalsOutOfOrder) {
  const auto refused = read_scenario(good + "recorded_arrivals.yaml", {"workload.arrivals.file=late_arrivals.csv"});
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().size(), 2u) << to_text(refused.error());
  EXPECT_EQ(refused.error()[0].code, "bad-arrivals");
  EXPECT_EQ(refused.error()[0].where.line, 4);
  EXPECT_EQ(refused.error()[1].where.line, 6);
  const auto grouped = read_scenario(good + "recorded_arrivals.yaml", {"workload.arrivals.file=group_arrivals.csv"});
  ASSERT_FALSE(grouped);
  EXPECT_EQ(grouped.error().front().code, "bad-table");
}

TEST(ScenarioReader, RefusesATableThatIsNone) {
  const auto refused = read_scenario(TIERCUT_SOURCE_DIR "/tests/scenarios/good/everything_stated.yaml",
                                     {"faults.theft.trace=base.yaml"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().code, "bad-table");
  EXPECT_TRUE(refused.error().front().where.file.ends_with("base.yaml"));
  EXPECT_EQ(refused.error().front().where.line, 2);  // line 1 is a remark
  const auto missing = read_scenario(TIERCUT_SOURCE_DIR "/tests/scenarios/good/everything_stated.yaml",
                                     {"faults.theft.trace=nowhere.csv"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "file-not-found");
}

TEST(ScenarioReader, LeavesWhatIsNotStatedAtItsDefault) {
  const Scenario scenario = read_good("base");
  EXPECT_EQ(scenario.workload.source_members, 1);
  EXPECT_FALSE(scenario.workload.answer_size);
  EXPECT_FALSE(scenario.requirement.latency);
  EXPECT_THAT(scenario.policy.escalation, ElementsAre(Escalation::after));
  EXPECT_FALSE(scenario.policy.cancel);
  EXPECT_EQ(scenario.policy.control_size, Bytes(8));
  EXPECT_THAT(scenario.pins, IsEmpty());
  EXPECT_THAT(scenario.warnings, IsEmpty());
  EXPECT_EQ(scenario.links[0].overhead, Seconds(0));
  EXPECT_EQ(scenario.links[0].jitter.kind, Jitter::Kind::none);
}

TEST(ScenarioReader, NamesAndFindsMembers) {
  const Scenario scenario = read_good("everything_stated");
  EXPECT_EQ(scenario.find_ref("cameras"), (DeviceRef{0, 0}));
  EXPECT_EQ(scenario.find_ref("cameras.6"), (DeviceRef{0, 6}));
  for (const char* wrong : {"cameras.7", "cameras.0", "cameras.", "cameras.06", "cameras.1x", "hub.2", "nobody", ""}) {
    EXPECT_FALSE(scenario.find_ref(wrong)) << wrong;
  }
  EXPECT_EQ(scenario.name_of(DeviceRef{0, 6}), "cameras.6");
  EXPECT_EQ(scenario.name_of(DeviceRef{1, 0}), "hub");
  const int gpu = scenario.devices[2].profile->find_unit("gpu");
  EXPECT_EQ(scenario.name_of(Scenario::Place{{2, 0}, gpu}), "jetson:gpu");
  EXPECT_EQ(scenario.name_of(Scenario::Place{{3, 0}, 0}), "cloud");
}

TEST(ScenarioReader, PlacesAreTheUnitsThatLayersMayRunOn) {
  const auto names = [](const Scenario& scenario) {
    std::vector<std::string> found;
    for (const Scenario::Place& place : scenario.places()) found.push_back(scenario.name_of(place));
    return found;
  };
  EXPECT_THAT(names(read_good("everything_stated")), ElementsAre("cameras", "jetson:cpu", "jetson:gpu", "cloud"));
  EXPECT_THAT(names(read_good("everything_stated",
                              {"workload.inputs.camera1=cameras.1", "pins=[]", "devices.cameras.count=2"})),
              ElementsAre("cameras.1", "cameras.2", "jetson:cpu", "jetson:gpu", "cloud"));
}

TEST(ScenarioReader, ShiftsOffsetsAndSaysSo) {
  const Scenario scenario = read_good("everything_stated", {"workload.inputs.camera1={device: cameras, offset: 2 ms}"});
  EXPECT_EQ(scenario.workload.inputs[0].offset, Seconds(0));
  EXPECT_NEAR(scenario.workload.inputs[1].offset.value(), 1e-3, 1e-18);
  ASSERT_EQ(scenario.warnings.size(), 1u);
  EXPECT_EQ(scenario.warnings[0].code, "offset-shifted");
}

TEST(ScenarioReader, WarnsOfAnIdleDevice) {
  const auto scenario = read_scenario(good + "base.yaml", {"devices.spare=xeon-e5-2650v2", "links.up.to=cloud"});
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  EXPECT_THAT(codes(scenario), ElementsAre("idle-device"));
  EXPECT_THAT((*scenario)->warnings[0].message, HasSubstr("spare"));
}

TEST(ScenarioReader, WarnsOfAOneWayDevice) {
  const auto scenario =
      read_scenario(good + "base.yaml",
                    {"devices.sink=xeon-e5-2650v2", "links.in={from: pi, to: sink, latency: 0, bandwidth: unlimited}"});
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  EXPECT_THAT(codes(scenario), ElementsAre("idle-device"));
}

TEST(ScenarioReader, AppliesOverridesBeforeChecking) {
  EXPECT_EQ(read_good("base", {"links.up.latency=20ms"}).links[0].latency, Seconds(20e-3));
  EXPECT_EQ(read_good("base", {"requirement.latency.at_most=1 s"}).requirement.latency->at_most, Seconds(1));
  EXPECT_EQ(read_good("everything_stated", {"pins[1].unit=cpu"}).pins[1].unit, 0);
  const auto wrong = read_scenario(good + "base.yaml", {"links.up.latency=-1 ms", "links.dwn.latency=1 ms", "answer"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(codes(wrong), testing::UnorderedElementsAre("unknown-link", "set-syntax", "out-of-range"));
  for (const Diagnostic& diagnostic : wrong.error()) EXPECT_THAT(diagnostic.where.file, HasSubstr("--set"));
}

TEST(ScenarioReader, AGroupShrunkToOneKeepsItsMemberName) {
  const Scenario scenario =
      read_good("everything_stated",
                {"devices.cameras.count=1", "workload.inputs.camera1=cameras.1", "pins[0].device=cameras.1"});
  EXPECT_EQ(scenario.workload.inputs[0].device, (DeviceRef{0, 0}));
  EXPECT_EQ(scenario.workload.source_members, 1);
}

TEST(ScenarioReader, AMillionDevicesAreThreeLines) {
  const Scenario scenario = read_good("everything_stated", {"devices.cameras.count=1000000"});
  EXPECT_EQ(scenario.workload.source_members, 1000000);
  EXPECT_TRUE(scenario.route({0, 0}, {3, 0}));
}

TEST(ScenarioReader, FindsShippedScenariosByName) {
  const auto scenario = read_scenario("big-little/after");
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  EXPECT_EQ((*scenario)->name, "after");
}

TEST(ScenarioReader, ExpandsALinkWithListsIntoPairs) {
  const Scenario scenario = read_good(
      "base", {"devices.desk={}", "links.bus={from: [pi, desk], to: [cloud], latency: 1 ms, bandwidth: unlimited}"});
  std::vector<std::string> names;
  for (const Link& link : scenario.links) names.push_back(link.name);
  EXPECT_THAT(names, ElementsAre("up", "down", "bus/pi-cloud", "bus/desk-cloud"));
}

}  // namespace
}  // namespace tiercut::scenarios
