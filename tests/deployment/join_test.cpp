// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "deployment/lowering.hpp"
#include "tests/deployment/platform_builder.hpp"

namespace tiercut::deployment {
namespace {

using model::LayerId;
using model::LayerType;
using namespace tiercut::testing;

LayerId binary_block(NetBuilder& net, const std::string& name, LayerId input) {
  model::Layer block;
  block.name = name;
  block.type = LayerType::binary_conv_p;
  block.inputs = {input};
  block.parameters.outputs = 4;
  block.parameters.window = {.kernel_height = 3, .kernel_width = 3, .pad_height = 1, .pad_width = 1};
  block.parameters.pool = {3, 3, 2, 2, 1, 1};
  return net.add(block);
}

/// Two cameras of DDNN's evaluation network (f = 4, o = 256): features and class scores on each camera, scores joined
/// at a gateway that owns the exit, feature maps joined in the cloud.
scenarios::Scenario two_cameras() {
  NetBuilder net;
  const LayerId image1 = net.input("image1", {3, 32, 32});
  const LayerId image2 = net.input("image2", {3, 32, 32});
  const LayerId map1 = binary_block(net, "camera1/map", image1);
  const LayerId map2 = binary_block(net, "camera2/map", image2);
  const LayerId scores1 = net.add("camera1/scores", LayerType::binary_fc, {map1}, 3);
  const LayerId scores2 = net.add("camera2/scores", LayerType::binary_fc, {map2}, 3);
  const LayerId local = net.add("local/join", LayerType::join_max, {scores1, scores2});
  const LayerId all = net.add("cloud/join", LayerType::join_concatenate, {map1, map2});
  const LayerId last = net.add("cloud/scores", LayerType::binary_fc, {all}, 3);
  net.add("output", LayerType::output, {last});
  net.exit("local", local);
  PlatformBuilder platform(net.finish());
  const DeviceRef camera1 = platform.device("camera1");
  const DeviceRef camera2 = platform.device("camera2");
  const DeviceRef gateway = platform.device("gateway");
  const DeviceRef cloud = platform.device("cloud");
  platform.link(camera1, gateway);
  platform.link(camera2, gateway);
  platform.link(gateway, cloud);
  platform.source("image1", camera1);
  platform.source("image2", camera2);
  return platform.finish(gateway);
}

Plan ddnn_plan(const scenarios::Scenario& scenario) {
  return placed(scenario,
                {{"camera1", {{0, 0}, 0}}, {"camera2", {{1, 0}, 0}}, {"local", {{2, 0}, 0}}, {"cloud", {{3, 0}, 0}}});
}

TEST(Lowering, FeatureMapsLeaveTheCamerasOnlyAfterTheControl) {
  const auto scenario = two_cameras();
  EXPECT_EQ(outline(value_of(lower(scenario, ddnn_plan(scenario)))),
            "0 source image1\n"
            "1 source image2\n"
            "2 camera1: camera1/map..camera1/scores <- 0\n"
            "3 camera2: camera2/map..camera2/scores <- 1\n"
            "4 camera1/scores -> gateway <- 2\n"
            "5 camera2/scores -> gateway <- 3\n"
            "6 join local/join <- 4 5\n"
            "7 gateway: local/join <- 6\n"
            "8 decision local <- 7\n"
            "9 local escalates -> camera1 <- 8!\n"
            "10 camera1/map -> cloud <- 2 9\n"
            "11 local escalates -> camera2 <- 8!\n"
            "12 camera2/map -> cloud <- 3 11\n"
            "13 join cloud/join <- 10 12\n"
            "14 cloud: cloud/join..cloud/scores <- 13\n"
            "15 final answer -> gateway <- 14\n"
            "16 first conclusive <- 8? 15\n"
            "17 answer <- 16\n");
}

// DDNN section III-E, Eq. 1: 4 |C| bytes always, f o / 8 bytes when the local exit is not conclusive.
TEST(Lowering, PayloadPerCameraFollowsEquation1) {
  const auto scenario = two_cameras();
  const StageGraph graph = value_of(lower(scenario, ddnn_plan(scenario)));
  for (const char* camera : {"camera1", "camera2"}) {
    const std::string name = camera;
    EXPECT_EQ(work_of<Transfer>(graph, name + "/scores -> gateway").message.size, Bytes(4 * 3));
    const Message& map = work_of<Transfer>(graph, name + "/map -> cloud").message;
    EXPECT_EQ(map.size, Bytes(4.0 * 256 / 8));
    EXPECT_EQ(map.encoding, model::Encoding::bit);
    EXPECT_EQ(map.hops.size(), 2U);
  }
}

TEST(Lowering, EncodingOfThePlanSetsTheBytes) {
  const auto scenario = two_cameras();
  Plan plan = ddnn_plan(scenario);
  plan.encodings[scenario.model->find("camera1/scores")] = model::Encoding::f16;
  const StageGraph graph = value_of(lower(scenario, plan));
  EXPECT_EQ(work_of<Transfer>(graph, "camera1/scores -> gateway").message.size, Bytes(6));
  EXPECT_EQ(work_of<Transfer>(graph, "camera2/scores -> gateway").message.size, Bytes(12));
}

TEST(Lowering, QuorumAndDeadlineReachTheJoinStage) {
  auto scenario = two_cameras();
  scenario.joins.push_back({scenario.model->find("local/join"), 1, Seconds(0.02)});
  const StageGraph graph = value_of(lower(scenario, ddnn_plan(scenario)));
  const Join& local = work_of<Join>(graph, "join local/join");
  EXPECT_EQ(local.quorum, 1);
  EXPECT_EQ(local.deadline, Span(20'000'000'000));
  const Join& cloud = work_of<Join>(graph, "join cloud/join");
  EXPECT_EQ(cloud.quorum, 2);
  EXPECT_FALSE(cloud.deadline);
}

/// a and b from the image, joined, then c: all on one device.
scenarios::Scenario diamond() {
  NetBuilder net;
  const LayerId image = net.input("image");
  const LayerId trunk = net.add("trunk", LayerType::linear, {image}, 4);
  const LayerId a = net.add("a", LayerType::linear, {trunk}, 4);
  const LayerId b = net.add("b", LayerType::linear, {trunk}, 4);
  const LayerId join = net.add("join", LayerType::join_add, {a, b});
  const LayerId c = net.add("c", LayerType::linear, {join}, 2);
  net.add("output", LayerType::output, {c});
  PlatformBuilder platform(net.finish());
  const DeviceRef pi = platform.device("pi");
  const DeviceRef cloud = platform.device("cloud");
  platform.link(pi, cloud);
  platform.source("image", pi);
  return platform.finish(pi);
}

TEST(Lowering, JoinInsideACallNeedsNoJoinStage) {
  const auto scenario = diamond();
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {{0, 0}, 0})))),
            "0 source image\n"
            "1 pi: trunk..c <- 0\n"
            "2 answer <- 1\n");
}

TEST(Lowering, PartialJoinBeginsACallOfItsOwn) {
  auto scenario = diamond();
  scenario.joins.push_back({scenario.model->find("join"), 1, Seconds(0.001)});
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {{0, 0}, 0})))),
            "0 source image\n"
            "1 pi: trunk..b <- 0\n"
            "2 join join <- 1 1\n"  // two tensors of one call: two inputs towards the quorum
            "3 pi: join..c <- 2\n"
            "4 answer <- 3\n");
}

TEST(Lowering, WayRoundAnotherDeviceSplitsTheCall) {
  const auto scenario = diamond();
  const Plan plan = placed(scenario, {{"", {{0, 0}, 0}}, {"b", {{1, 0}, 0}}});
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image\n"
            "1 pi: trunk..a <- 0\n"
            "2 trunk -> cloud <- 1\n"
            "3 cloud: b <- 2\n"
            "4 b -> pi <- 3\n"
            "5 join join <- 1 4\n"
            "6 pi: join..c <- 5\n"
            "7 answer <- 6\n");
}

TEST(Lowering, BranchesThatMeetElsewhereAreCallsOfTheirOwn) {
  const auto scenario = two_cameras();
  Plan plan = placed(scenario, {{"camera", {{2, 0}, 0}}, {"cloud", {{3, 0}, 0}}, {"local", {{3, 0}, 0}}});
  plan.uses_exit[0] = false;
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image1\n"
            "1 image1 -> gateway <- 0\n"
            "2 source image2\n"
            "3 image2 -> gateway <- 2\n"
            "4 gateway: camera1/map <- 1\n"
            "5 camera1/map -> cloud <- 4\n"
            "6 gateway: camera2/map <- 3\n"
            "7 camera2/map -> cloud <- 6\n"
            "8 join cloud/join <- 5 7\n"
            "9 cloud: cloud/join..cloud/scores <- 8\n"
            "10 final answer -> gateway <- 9\n"
            "11 answer <- 10\n");
}

TEST(Lowering, BranchesThatMeetOnTheUnitAreOneCall) {
  const auto scenario = two_cameras();
  Plan plan = undivided(scenario, {{2, 0}, 0});
  plan.uses_exit[0] = false;
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image1\n"
            "1 image1 -> gateway <- 0\n"
            "2 source image2\n"
            "3 image2 -> gateway <- 2\n"
            "4 gateway: camera1/map..cloud/scores <- 1 3\n"
            "5 answer <- 4\n");
}

}  // namespace
}  // namespace tiercut::deployment
