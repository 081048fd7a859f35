// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "deployment/lowering.hpp"
#include "tests/deployment/platform_builder.hpp"

// Four bytes a weight and an element; the test profile has 1000 B of runtime and 500 MB usable.
namespace tiercut::deployment {
namespace {

using model::LayerType;
using namespace tiercut::testing;

TEST(MemoryUse, AddsWeightsPeakActivationsAndRuntime) {
  const auto scenario = big_little();
  const auto uses = memory_use(scenario, placed(scenario, {{"little", {{0, 0}, 0}}, {"big", {{1, 0}, 0}}}));
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].weights, Bytes(8 * 4));
  EXPECT_EQ(uses[0].activations, Bytes(16 + 8));  // image and fc; then fc and softmax: 16
  EXPECT_EQ(uses[0].runtime, Bytes(1000));
  EXPECT_EQ(uses[0].usable, Bytes(5e8));
  EXPECT_EQ(uses[0].total(), Bytes(32 + 24 + 1000));
  EXPECT_EQ(uses[1].weights, Bytes(48 * 4));
  EXPECT_EQ(uses[1].activations, Bytes(16 + 32));  // image and fc1; then fc1 and fc2: 40
}

TEST(MemoryUse, DroppedBranchTakesNone) {
  const auto scenario = big_little();
  Plan plan = undivided(scenario, {{0, 0}, 0});
  plan.uses_exit[0] = false;
  const auto uses = memory_use(scenario, plan);
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].weights, Bytes(48 * 4));
}

TEST(MemoryUse, CallKeepsATensorUntilItsLastConsumer) {
  NetBuilder net;
  const auto image = net.input("image", {100});
  const auto a = net.add("a", LayerType::linear, {image}, 10);
  const auto b = net.add("b", LayerType::linear, {a}, 50);
  const auto c = net.add("c", LayerType::linear, {b}, 10);
  const auto join = net.add("join", LayerType::join_add, {a, c});
  net.add("output", LayerType::output, {join});
  PlatformBuilder platform(net.finish());
  const DeviceRef pi = platform.device("pi");
  platform.source("image", pi);
  auto scenario = platform.finish(pi);
  const Plan plan = undivided(scenario, {pi, 0});
  // In elements: a 110, b 10 + 50, c 10 + 50 + 10, join 10 + 10 + 10.
  EXPECT_EQ(memory_use(scenario, plan)[0].activations, Bytes(4 * 110));
  scenario.devices[0].usable_memory = Bytes(77);
  EXPECT_EQ(memory_use(scenario, plan)[0].usable, Bytes(77));
}

TEST(MemoryUse, CallHoldsItsOutputsToTheEnd) {
  NetBuilder net;
  const auto image = net.input("image", {4});
  const auto a = net.add("a", LayerType::linear, {image}, 100);
  const auto b = net.add("b", LayerType::linear, {a}, 1);
  const auto c = net.add("c", LayerType::linear, {b}, 50);
  const auto d = net.add("d", LayerType::linear, {a}, 50);
  const auto join = net.add("join", LayerType::join_add, {c, d});
  net.add("output", LayerType::output, {join});
  PlatformBuilder platform(net.finish());
  const DeviceRef pi = platform.device("pi");
  const DeviceRef cloud = platform.device("cloud");
  platform.link(pi, cloud);
  platform.source("image", pi);
  auto scenario = platform.finish(pi);
  const Plan plan = placed(scenario, {{"", {pi, 0}}, {"d", {cloud, 0}}});
  const auto uses = memory_use(scenario, plan);
  // The pi's first call a, b, c releases a (for the cloud) and c at its end: 100 + 1 + 50 elements.
  EXPECT_EQ(uses[0].activations, Bytes(4 * 151));
  // Layer by layer only one layer's tensors are live: a with its input 104, b 101, c 51, join 150.
  scenario.devices[0].execution = profiles::Execution::layer;
  EXPECT_EQ(memory_use(scenario, plan)[0].activations, Bytes(4 * 150));
}

TEST(MemoryUse, UnitsOfOnePoolShareIt) {
  NetBuilder net;
  const auto image = net.input("image");
  const auto a = net.add("a", LayerType::linear, {image}, 4);
  const auto b = net.add("b", LayerType::linear, {a}, 2);
  net.add("output", LayerType::output, {b});
  PlatformBuilder platform(net.finish());
  auto profile = profile_of({unit_of("cpu", "cpu"), unit_of("gpu", "gpu")});
  const DeviceRef board = platform.device("jetson", profile);
  platform.source("image", board);
  const auto scenario = platform.finish(board);
  const Plan plan = placed(scenario, {{"a", {board, 1}}, {"b", {board, 0}}});
  ASSERT_EQ(memory_use(scenario, plan).size(), 1U);
  EXPECT_EQ(memory_use(scenario, plan)[0].total(), Bytes(4 * (16 + 8) + 4 * 8 + 1000));
  profile->pools.push_back({"vram", Bytes(1e6), Bytes(1e6), Bytes(7), {}});
  profile->units[1].memory_pool = 1;
  const auto apart = memory_use(scenario, plan);
  ASSERT_EQ(apart.size(), 2U);
  EXPECT_EQ(apart[0].total(), Bytes(4 * 8 + 4 * 6 + 1000));
  EXPECT_EQ(apart[1].total(), Bytes(4 * 16 + 4 * 8 + 7));
}

}  // namespace
}  // namespace tiercut::deployment
