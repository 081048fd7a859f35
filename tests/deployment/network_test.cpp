// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>

#include "deployment/lowering.hpp"
#include "tests/deployment/platform_builder.hpp"

namespace tiercut::deployment {
namespace {

using model::LayerType;
using namespace tiercut::testing;

model::ModelPointer two_layers() {
  NetBuilder net;
  const auto image = net.input("image", {1000});
  const auto a = net.add("a", LayerType::linear, {image}, 100);
  const auto b = net.add("b", LayerType::linear, {a}, 10);
  net.add("output", LayerType::output, {b});
  return net.finish();
}

std::shared_ptr<profiles::Profile> jetson() {
  auto profile = profile_of({unit_of("gpu", "gpu"), unit_of("cpu", "cpu")});
  profile->unit_transfer = BytesPerSecond(1e6);
  profile->unit_transfer_overhead = Seconds(0.001);
  profile->serialise = BytesPerSecond(2e6);
  profile->deserialise = BytesPerSecond(4e6);
  return profile;
}

TEST(Network, CopyBetweenUnitsIsWorkOfTheUnitItLeaves) {
  PlatformBuilder platform(two_layers());
  const DeviceRef board = platform.device("jetson", jetson());
  platform.source("image", board);
  const auto scenario = platform.finish(board);
  const StageGraph graph = value_of(lower(scenario, placed(scenario, {{"a", {board, 0}}, {"b", {board, 1}}})));
  // The image stands at the cpu, which handles messages.
  EXPECT_EQ(outline(graph),
            "0 source image\n"
            "1 image -> jetson:gpu <- 0\n"
            "2 jetson:gpu: a <- 1\n"
            "3 a -> jetson:cpu <- 2\n"
            "4 jetson:cpu: b <- 3\n"
            "5 answer <- 4\n");
  const Message& copy = work_of<Transfer>(graph, "a -> jetson:cpu").message;
  EXPECT_TRUE(copy.hops.empty());
  EXPECT_EQ(copy.connection, -1);
  EXPECT_EQ(copy.serialise.unit, (ResourceUse{0, 0}));
  EXPECT_EQ(copy.serialise.cost, Span(1'400'000'000));  // 1 ms + 400 B / 1 MB/s
  EXPECT_EQ(copy.deserialise.cost, Span(0));
  const Message& upload = work_of<Transfer>(graph, "image -> jetson:gpu").message;
  EXPECT_EQ(upload.serialise.unit, (ResourceUse{1, 0}));
  EXPECT_EQ(upload.serialise.cost, Span(5'000'000'000));  // 1 ms + 4000 B / 1 MB/s
}

TEST(Network, SerialisingIsPricedAtBothEnds) {
  PlatformBuilder platform(two_layers());
  const DeviceRef board = platform.device("jetson", jetson());
  const DeviceRef cloud = platform.device("cloud", jetson());
  platform.link(board, cloud);
  platform.source("image", board);
  const auto scenario = platform.finish(cloud);
  const StageGraph graph = value_of(lower(scenario, placed(scenario, {{"a", {board, 0}}, {"b", {cloud, 0}}})));
  const Message& sent = work_of<Transfer>(graph, "a -> cloud").message;
  EXPECT_EQ(graph.resource(sent.serialise.unit.resource).name, "jetson:gpu");
  EXPECT_EQ(sent.serialise.cost, Span(200'000'000));  // 400 B / 2 MB/s
  EXPECT_EQ(graph.resource(sent.deserialise.unit.resource).name, "cloud:cpu");
  EXPECT_EQ(sent.deserialise.cost, Span(100'000'000));  // 400 B / 4 MB/s
  EXPECT_EQ(graph.stage(find_stage(graph, "a -> cloud:gpu")).inputs[0].from, find_stage(graph, "a -> cloud"));
}

TEST(Network, ResourcesAreUnitsThenLinks) {
  PlatformBuilder platform(two_layers());
  const DeviceRef camera = platform.device("camera", nullptr);
  const DeviceRef board = platform.device("jetson", jetson());
  platform.device("idle");
  auto& up = platform.one_way("up", camera, board);
  up.bandwidth = BytesPerSecond(1e6);
  up.overhead = Seconds(0.0001);
  up.jitter = {scenarios::Jitter::Kind::gamma, Seconds(0.002), Seconds(0.001)};
  platform.source("image", camera);
  const auto scenario = platform.finish(board);
  const StageGraph graph = value_of(lower(scenario, undivided(scenario, {board, 1})));
  std::vector<std::string> names;
  for (const Resource& resource : graph.resources) names.push_back(resource.name);
  EXPECT_THAT(names, ::testing::ElementsAre("jetson:gpu", "jetson:cpu", "idle", "up"));
  const Resource& link = graph.resources[3];
  EXPECT_EQ(link.latency, Span(17'000'000'000));
  EXPECT_EQ(link.fixed_latency, Span(15'000'000'000));
  EXPECT_EQ(transmission(link, Bytes(4000)), Span(4'100'000'000));
  EXPECT_TRUE(graph.is_random);
  // There is no way back: the round trip is twice the way there.
  ASSERT_EQ(graph.connections.size(), 1U);
  EXPECT_EQ(graph.connections[0].round_trip, Span(34'000'000'000));
  // A sensor has no unit to serialise on.
  EXPECT_EQ(work_of<Transfer>(graph, "image -> jetson").message.serialise.unit.resource, -1);
}

TEST(Network, RandomnessOfAnUnusedLinkDoesNotCount) {
  PlatformBuilder platform(two_layers());
  const DeviceRef pi = platform.device("pi");
  const DeviceRef cloud = platform.device("cloud");
  platform.one_way("up", pi, cloud).loss.probability = 0.1;
  platform.source("image", pi);
  const auto scenario = platform.finish(pi);
  EXPECT_FALSE(value_of(lower(scenario, undivided(scenario, {pi, 0}))).is_random);
}

TEST(Network, VariationOfAUsedCostIsRandom) {
  PlatformBuilder platform(two_layers());
  profiles::Unit cpu = unit_of("cpu", "cpu");
  cpu.laws[0].coefficient_of_variation = 0.1;
  const DeviceRef pi = platform.device("pi", profile_of({cpu}));
  platform.source("image", pi);
  const auto scenario = platform.finish(pi);
  const StageGraph graph = value_of(lower(scenario, undivided(scenario, {pi, 0})));
  EXPECT_TRUE(graph.is_random);
  // Independent layers of 100,000 and 1,000 weights: deviations 10 ms and 0.1 ms of 101 ms.
  EXPECT_NEAR(work_of<Compute>(graph, "pi: a..b").coefficient_of_variation, std::sqrt(1e4 * 1e4 + 1e2 * 1e2) / 101e3,
              1e-12);
}

TEST(Network, RoundTripAddsBothDirections) {
  PlatformBuilder platform(two_layers());
  const DeviceRef pi = platform.device("pi");
  const DeviceRef cloud = platform.device("cloud");
  platform.link(pi, cloud);
  platform.scenario.links[1].latency = Seconds(0.004);
  platform.scenario.links[0].transport.kind = scenarios::Transport::Kind::tcp;
  platform.source("image", pi);
  const auto scenario = platform.finish(pi);
  const StageGraph graph = value_of(lower(scenario, undivided(scenario, {cloud, 0})));
  ASSERT_EQ(graph.connections.size(), 2U);
  EXPECT_EQ(graph.connections[0].round_trip, Span(19'000'000'000));
  EXPECT_EQ(graph.connections[1].round_trip, Span(19'000'000'000));
  EXPECT_EQ(graph.connections[0].transport.kind, scenarios::Transport::Kind::tcp);
  EXPECT_EQ(graph.connections[1].transport.kind, scenarios::Transport::Kind::ideal);
}

TEST(Network, AGroupHasACopyAMember) {
  PlatformBuilder platform(two_layers());
  const DeviceRef cameras = platform.device("cameras", profile_of(), 3);
  const DeviceRef cloud = platform.device("cloud");
  platform.link(cameras, cloud);
  platform.source("image", cameras);
  platform.scenario.workload.source_members = 3;
  const auto scenario = platform.finish(cameras);
  const StageGraph graph = value_of(lower(scenario, placed(scenario, {{"a", {cameras, 0}}, {"b", {cloud, 0}}})));
  EXPECT_EQ(graph.members, 3);
  EXPECT_EQ(graph.resources[0].copies, 3);  // cameras
  EXPECT_EQ(graph.resources[1].copies, 1);  // cloud
  EXPECT_EQ(graph.resources[2].copies, 3);  // a link a camera
  EXPECT_EQ(graph.connections[0].copies, 3);
  EXPECT_EQ(work_of<Compute>(graph, "cameras: a").unit, (ResourceUse{0, 0}));
}

TEST(Network, ANamedMemberUsesItsOwnCopy) {
  PlatformBuilder platform(two_layers());
  const DeviceRef cameras = platform.device("cameras", profile_of(), 3);
  const DeviceRef cloud = platform.device("cloud");
  platform.link(cameras, cloud);
  platform.source("image", {0, 2});
  const auto scenario = platform.finish(cloud);
  const StageGraph graph = value_of(lower(scenario, placed(scenario, {{"a", {{0, 2}, 0}}, {"b", {cloud, 0}}})));
  EXPECT_EQ(work_of<Compute>(graph, "cameras.2: a").unit, (ResourceUse{0, 2}));
  const Message& sent = work_of<Transfer>(graph, "a -> cloud").message;
  EXPECT_THAT(sent.hops, ::testing::ElementsAre(ResourceUse{2, 2}));
  EXPECT_EQ(graph.connections[0].copies, 1);
}

TEST(Network, RefusesARouteOfFairAndFifoLinks) {
  PlatformBuilder platform(two_layers());
  const DeviceRef pi = platform.device("pi");
  const DeviceRef relay = platform.device("relay", nullptr);
  const DeviceRef cloud = platform.device("cloud");
  platform.link(pi, relay);
  platform.link(relay, cloud);
  platform.scenario.links[2].discipline = scenarios::Discipline::fair;
  platform.source("image", pi);
  const auto scenario = platform.finish(cloud);
  const auto graph = lower(scenario, undivided(scenario, {cloud, 0}));
  ASSERT_FALSE(graph);
  EXPECT_THAT(codes_of(graph.error()), ::testing::ElementsAre("mixed-route"));
}

TEST(Network, AnswerSizeOverridesTheTensor) {
  auto scenario = big_little();
  scenario.workload.answer_size = Bytes(1);
  const StageGraph graph = value_of(lower(scenario, undivided(scenario, {{1, 0}, 0})));
  EXPECT_EQ(work_of<Transfer>(graph, "final answer -> pi").message.size, Bytes(1));
  EXPECT_EQ(work_of<Transfer>(graph, "answer of little -> pi").message.size, Bytes(1));
}

TEST(Network, WithoutAWayToCancelTheUserIsTold) {
  auto scenario = big_little();
  // The exit is decided in the cloud, which can answer to the camera but not reach the pi.
  PlatformBuilder platform(scenario.model);
  const DeviceRef pi = platform.device("pi");
  const DeviceRef cloud = platform.device("cloud");
  const DeviceRef screen = platform.device("screen", nullptr);
  platform.one_way("up", pi, cloud);
  platform.one_way("cloud-screen", cloud, screen);
  platform.one_way("pi-screen", pi, screen);
  platform.source("image", pi);
  scenario = platform.finish(screen);
  Plan plan = placed(scenario, {{"little", {cloud, 0}}, {"big", {pi, 0}}});
  plan.escalation[0] = scenarios::Escalation::eager;
  plan.cancel = true;
  const StageGraph graph = value_of(lower(scenario, plan));
  EXPECT_THAT(codes_of(graph.notes), ::testing::ElementsAre("no-cancel-route"));
}

}  // namespace
}  // namespace tiercut::deployment
