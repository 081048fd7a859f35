// SPDX-License-Identifier: Apache-2.0
// What SimGrid does by default, or on ties, and a simulation must not show.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using namespace tiercut::literals;
using deployment::Term;

std::vector<Record> simulate_few(const deployment::StageGraph& graph, std::int64_t samples) {
  Options options;
  options.samples = samples;
  std::vector<Record> records;
  const auto result = simulate_forked(graph, options, &records);
  if (!result) ADD_FAILURE() << to_text(result.error());
  return records;
}

deployment::StageGraph one_transfer(BytesPerSecond bandwidth, Bytes size, bool is_fair) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), bandwidth, is_fair);
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, size))});
  b.graph.arrivals.period = Seconds(100);
  return b.graph;
}

TEST(SimgridTraps, NoWindowOfSimgridsOwnBoundsAFlow) {
  // TCP-gamma's default of 4 MiB in flight would make 139.8 MB/s of 10 Gbit/s over 15 ms: 730 ms. 80 + 15 it is.
  for (const bool is_fair : {false, true}) {
    for (const auto& r : simulate_few(one_transfer(BytesPerSecond(1.25e9), 100'000'000_B, is_fair), 3)) {
      EXPECT_NEAR(r.latency.seconds().value(), 0.095, 1e-11);
    }
  }
}

TEST(SimgridTraps, NoTrafficOfAcknowledgementsTakesBandwidth) {
  // Cross traffic of 5 % would make it 99 ms; the default model's latency and bandwidth factors 281.7 ms.
  for (const bool is_fair : {false, true}) {
    for (const auto& r : simulate_few(one_transfer(100_Mbit_per_s, 1'000'000_B, is_fair), 3)) {
      EXPECT_NEAR(r.latency.seconds().value(), 0.095, 1e-11);
    }
  }
}

TEST(SimgridTraps, WhatArrivesAtOneMomentIsServedInOrderOfStages) {
  // SimGrid's timers of one date fire in no order. Twelve messages over links of their own come in at 15 ms; the k-th
  // is served for 1 ms after those before it.
  for (const int k : {0, 3, 7, 11}) {
    GraphBuilder b;
    const int server = b.unit("server");
    const int source = b.source();
    std::vector<int> sent, served;
    for (int i = 0; i < 12; ++i) {
      const std::string name = std::to_string(i);
      const int link = b.link("link " + name, milliseconds(15), BytesPerSecond::infinite());
      sent.push_back(b.transfer("message " + name, {after(source)}, {link}, 1_B));
    }
    for (int i = 0; i < 12; ++i) {
      served.push_back(
          b.compute("work " + std::to_string(i), {after(sent[static_cast<std::size_t>(i)])}, server, milliseconds(1)));
    }
    b.answer({after(served[static_cast<std::size_t>(k)])});
    for (const auto& r : simulate_few(b.graph, 3)) EXPECT_EQ(r.latency, milliseconds(15 + k + 1));
  }
}

TEST(SimgridTraps, WhatArrivesAtOneMomentIsServedInOrderOfStagesBeforeSamples) {
  // A sample every 10 ms goes two ways to one server, of 20 and of 10 ms: at 20, 30, ... both the way of 20 ms of one
  // sample and the way of 10 ms of the next come in. The stage behind the way of 20 ms is the smaller: it waits for
  // nothing, and the other for its 4 ms.
  GraphBuilder b;
  const int server = b.unit("server");
  const int slow = b.link("slow", milliseconds(20), BytesPerSecond::infinite());
  const int quick = b.link("quick", milliseconds(10), BytesPerSecond::infinite());
  const int source = b.source();
  const int by_slow = b.transfer("by slow", {after(source)}, {slow}, 1_B);
  const int by_quick = b.transfer("by quick", {after(source)}, {quick}, 1_B);
  const int first = b.compute("first", {after(by_slow)}, server, milliseconds(4));
  const int second = b.compute("second", {after(by_quick)}, server, milliseconds(3));
  b.graph.arrivals.period = Seconds(0.01);
  b.answer({after(second)});
  auto records = simulate_few(b.graph, 50);
  ASSERT_EQ(records.size(), 50u);
  EXPECT_EQ(records[0].latency, milliseconds(13));
  for (std::size_t i = 1; i < 50; ++i) EXPECT_EQ(records[i].latency, milliseconds(10 + 4 + 3));
  b.graph.stages.back().inputs = {after(first)};
  for (const auto& r : simulate_few(b.graph, 50)) EXPECT_EQ(r.latency, milliseconds(24));
}

TEST(SimgridTraps, AMessageToAMemberItselfCrossesItsLinkOnce) {
  // In a star of SimGrid it would cross the way up and the way down.
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s, false, 3);
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, 12'500_B))});
  b.graph.members = 3;
  for (const auto& r : simulate_few(b.graph, 9)) EXPECT_EQ(r.latency, milliseconds(16));
}

}  // namespace
}  // namespace tiercut::simulator
