// SPDX-License-Identifier: Apache-2.0
// Times that can be worked out by hand.
#include <gtest/gtest.h>

#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using namespace tiercut::literals;
using deployment::Term;

Options of(std::int64_t samples) {
  Options options;
  options.samples = samples;
  return options;
}

Span term(const Record& record, Term t) { return record.terms[static_cast<std::size_t>(t)]; }

/// The scenario of every benchmark: 2 ms on a device, 4096 B up, 1 ms on a server, 100 B down; 15 ms and 100 Mbit/s
/// each way.
GraphBuilder device_and_server(Seconds period) {
  GraphBuilder b;
  const int device = b.unit("device"), server = b.unit("server");
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s),
            down = b.link("down", milliseconds(15), 100_Mbit_per_s);
  const int source = b.source();
  const int little = b.compute("little", {after(source)}, device, milliseconds(2));
  const int sent = b.transfer("features", {after(little)}, {up}, 4096_B);
  const int big = b.compute("big", {after(sent)}, server, milliseconds(1));
  const int back = b.transfer("answer back", {after(big)}, {down}, 100_B);
  b.message_of(back).is_return = true;
  b.answer({after(back)});
  b.graph.arrivals.period = period;
  return b;
}

TEST(Simulate, FifteenMillisecondsStayFifteen) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), BytesPerSecond::infinite());
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, 1_B))});
  std::vector<Record> records;
  const auto result = simulate_forked(b.graph, of(1000), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  ASSERT_EQ(records.size(), 1000u);
  for (const auto& r : records) EXPECT_EQ(r.latency, milliseconds(15));
  EXPECT_EQ(result->latency_s.mean, 0.015);
  EXPECT_EQ(result->engine, "simgrid");
}

TEST(Simulate, AddsUpTheDeviceAndServerScenario) {
  // 2 + (15 + 4096 x 8 / 100e6 s = 0.32768 ms) + 1 + (15 + 0.008) = 33.33568 ms.
  std::vector<Record> records;
  const auto result = simulate_forked(device_and_server(Seconds(0.1)).graph, of(500), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  for (const auto& r : records) {
    ASSERT_EQ(r.latency.picoseconds(), 33'335'680'000);
    EXPECT_EQ(term(r, Term::compute), milliseconds(3));
    EXPECT_EQ(term(r, Term::transmit).picoseconds(), 327'680'000);
    EXPECT_EQ(term(r, Term::propagate), milliseconds(15));
    EXPECT_EQ(term(r, Term::return_).picoseconds(), 15'008'000'000);
  }
  EXPECT_EQ(records[7].arrival.picoseconds(), 700'000'000'000);
  // 500 samples, the last done 49.9 s + 33 ms after the first arrival; the device busy 2 ms for each.
  EXPECT_NEAR(result->duration.value(), 49.93333568, 1e-9);
  EXPECT_NEAR(result->resources[0].utilisation, 1.0 / 49.93333568, 1e-9);
  EXPECT_EQ(result->resources[2].payload, Bytes(500 * 4096));
  EXPECT_EQ(result->resources[2].served, 500);
}

TEST(Simulate, PropagationDoesNotOccupyTheLink) {
  // 200 messages a second over 15 ms: three are in flight at once, none waits.
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s);
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, 4096_B))});
  b.graph.arrivals.period = Seconds(0.005);
  std::vector<Record> records;
  const auto result = simulate_forked(b.graph, of(1000), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  for (const auto& r : records) {
    EXPECT_EQ(r.latency.picoseconds(), 15'327'680'000);
    EXPECT_EQ(term(r, Term::link_queue), Span());
  }
  // 1000 x 0.32768 ms, from the first arrival to the last delivery.
  EXPECT_NEAR(result->resources[0].utilisation, 0.32768 / (4.995 + 0.01532768), 1e-12);
}

/// Two hops of 80 ms transmission and 15 ms latency in all (10 and 5): 1 MB at 100 Mbit/s.
GraphBuilder two_hops(bool is_fair) {
  GraphBuilder b;
  const int first = b.link("first", milliseconds(10), 100_Mbit_per_s, is_fair);
  const int second = b.link("second", milliseconds(5), 100_Mbit_per_s, is_fair);
  b.answer({after(b.transfer("x", {after(b.source())}, {first, second}, 1'000'000_B))});
  return b;
}

TEST(Simulate, FifoHopsStoreAndForward) {
  std::vector<Record> records;
  ASSERT_TRUE(simulate_forked(two_hops(false).graph, of(3), &records));
  EXPECT_EQ(records[0].latency, milliseconds(80 + 10 + 80 + 5));
}

TEST(Simulate, FairHopsCutThrough) {
  std::vector<Record> records;
  ASSERT_TRUE(simulate_forked(two_hops(true).graph, of(3), &records));
  for (const auto& r : records) {
    EXPECT_NEAR(r.latency.seconds().value(), 0.095, 1e-11);  // 80 + 10 + 5 ms
  }
}

TEST(Simulate, TwoFairFlowsShareEqually) {
  // From 0 both have half of 1 MB/s: 100 kB takes 200 ms; the other has then 200 kB of 300 kB left: 400 ms. The
  // latencies differ, and would give the nearer one three times the share if they lay on the link.
  GraphBuilder b;
  const int shared = b.link("shared", Span(), BytesPerSecond(1e6), true);
  const int near = b.link("near", milliseconds(5), BytesPerSecond::infinite(), true);
  const int far = b.link("far", milliseconds(15), BytesPerSecond::infinite(), true);
  const int source = b.source();
  const int small = b.transfer("small", {after(source)}, {shared, far}, 100'000_B);
  const int large = b.transfer("large", {after(source)}, {shared, near}, 300'000_B);
  b.answer({after(b.join({after(small), after(large)}, 2))});
  b.graph.arrivals.period = Seconds(10);
  std::vector<Record> records;
  const auto result = simulate_forked(b.graph, of(3), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_NEAR(records[0].latency.seconds().value(), 0.405, 1e-11);
  EXPECT_NEAR(result->resources[0].busy.value(), 3 * 0.4, 1e-9);  // shared or not: in use for 0.4 s each time

  GraphBuilder first;  // the small one alone decides
  const int link = first.link("shared", Span(), BytesPerSecond(1e6), true);
  const int from = first.source();
  const int one = first.transfer("small", {after(from)}, {link}, 100'000_B);
  first.transfer("large", {after(from)}, {link}, 300'000_B);
  first.answer({after(one)});
  first.graph.arrivals.period = Seconds(10);
  ASSERT_TRUE(simulate_forked(first.graph, of(3), &records));
  for (const auto& r : records) EXPECT_NEAR(r.latency.seconds().value(), 0.2, 1e-11);
}

TEST(Simulate, FairFlowsGetTheMaxMinShare) {
  // Links of 1 and 3 MB/s. Flow A crosses both, B only the first, C only the second: A and B get 0.5, C 2.5 MB/s.
  // C's 500 kB take 0.2 s; A's 100 kB 0.2 s.
  GraphBuilder b;
  const int narrow = b.link("narrow", Span(), BytesPerSecond(1e6), true);
  const int wide = b.link("wide", Span(), BytesPerSecond(3e6), true);
  const int source = b.source();
  const int a = b.transfer("a", {after(source)}, {narrow, wide}, 100'000_B);
  b.transfer("b", {after(source)}, {narrow}, 100'000_B);
  const int c = b.transfer("c", {after(source)}, {wide}, 500'000_B);
  b.answer({after(b.join({after(a), after(c)}, 2))});
  std::vector<Record> records;
  ASSERT_TRUE(simulate_forked(b.graph, of(2), &records));
  EXPECT_NEAR(records[0].latency.seconds().value(), 0.2, 1e-11);
}

TEST(Simulate, OverheadsDelayAFairMessageAndOccupyAFifoLink) {
  for (const bool is_fair : {false, true}) {
    GraphBuilder b;
    const int up = b.link("up", milliseconds(1), 100_Mbit_per_s, is_fair);
    b.resource(up).overhead = milliseconds(2);
    b.answer({after(b.transfer("x", {after(b.source())}, {up}, 12'500_B))});  // 1 ms
    std::vector<Record> records;
    ASSERT_TRUE(simulate_forked(b.graph, of(1), &records));
    EXPECT_NEAR(records[0].latency.seconds().value(), 0.004, 1e-12);
    EXPECT_NEAR(term(records[0], Term::transmit).seconds().value(), 0.003, 1e-12);
  }
}

TEST(Simulate, UnitWorkOfMessagesQueuesWithCompute) {
  // Serialising (3 ms) and another stage (2 ms) want one unit at once: the smaller stage id goes first.
  GraphBuilder b;
  const int unit = b.unit("cpu"), other = b.unit("receiver");
  const int up = b.link("up", milliseconds(1), BytesPerSecond::infinite());
  const int source = b.source();
  const int sent = b.transfer("x", {after(source)}, {up}, 1_B);
  b.message_of(sent).serialise = {{unit, 0}, milliseconds(3)};
  b.message_of(sent).deserialise = {{other, 0}, milliseconds(4)};
  const int beside = b.compute("beside", {after(source)}, unit, milliseconds(2));
  b.answer({after(b.join({after(sent), after(beside)}, 2))});
  std::vector<Record> records;
  const auto result = simulate_forked(b.graph, of(1), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_EQ(records[0].latency, milliseconds(8));
  EXPECT_EQ(term(records[0], Term::serialise), milliseconds(7));
  EXPECT_EQ(term(records[0], Term::queue), Span());
  EXPECT_EQ(result->resources[0].served, 2);
}

TEST(Simulate, LateDatesStayExact) {
  // SimGrid's clock is a double: at 1e5 s it is 15 ps coarse, at 3e6 s half a nanosecond.
  GraphBuilder b;
  const int unit = b.unit("cpu");
  const int slow = b.compute("slow", {after(b.source())}, unit, Span(100'000'300'000'000'001));
  const int up = b.link("up", Span(15'000'000'001), 100_Mbit_per_s);
  b.answer({after(b.transfer("x", {after(slow)}, {up}, 4096_B))});
  b.graph.arrivals.period = Seconds(300'000);
  std::vector<Record> records;
  const auto result = simulate_forked(b.graph, of(10), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  ASSERT_EQ(records.size(), 10u);
  for (const auto& r : records) EXPECT_EQ(r.latency.picoseconds(), 100'000'300'000'000'001 + 15'327'680'001);
}

TEST(Simulate, DurationsOfPicosecondsAreKept) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  int last = b.source();
  for (int i = 0; i < 50; ++i) last = b.compute("c" + std::to_string(i), {after(last)}, unit, Span(i % 7));
  b.answer({after(last)});
  std::vector<Record> records;
  ASSERT_TRUE(simulate_forked(b.graph, of(20), &records));
  std::int64_t sum = 0;
  for (int i = 0; i < 50; ++i) sum += i % 7;
  for (const auto& r : records) EXPECT_EQ(r.latency.picoseconds(), sum);
}

TEST(Simulate, WindowsCostRoundTripsOnAnIdleConnection) {
  // 16 kB on an idle connection with a window of 14,480 B: one round trip of 30 ms more, less the sending of one window
  // (14,480 x 8 / 100e6 s = 1.1584 ms). 16 kB itself: 1.28 ms. A sample 10 ms later finds the window at 28,960 B.
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s);
  scenarios::Transport tcp;
  tcp.kind = scenarios::Transport::Kind::tcp;
  const int connection = b.connection(milliseconds(30), tcp);
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, 16'000_B, connection))});
  for (const bool is_idle : {true, false}) {
    b.graph.arrivals.period = Seconds(is_idle ? 1.0 : 0.1);
    std::vector<Record> records;
    ASSERT_TRUE(simulate_forked(b.graph, of(5), &records));
    const std::int64_t busy = 15'000'000'000 + 1'280'000'000, wait = 30'000'000'000 - 1'158'400'000;
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].latency.picoseconds(), busy + (is_idle || i == 0 ? wait : 0)) << i;
    }
  }
}

TEST(Simulate, GroupMembersHaveUnitsOfTheirOwn) {
  // 1000 members, a sample of each every second, 900 ms of work: none waits, though the shared server sees 1000 a
  // second.
  GraphBuilder b;
  const int unit = b.unit("camera", 1000), server = b.unit("server");
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s, false, 1000);
  const int work = b.compute("work", {after(b.source())}, unit, milliseconds(900));
  const int sent = b.transfer("x", {after(work)}, {up}, 4096_B);
  b.answer({after(b.compute("merge", {after(sent)}, server, microseconds(500)))});
  b.graph.members = 1000;
  b.graph.arrivals.period = Seconds(1);
  std::vector<Record> records;
  const auto result = simulate_forked(b.graph, of(5000), &records);
  ASSERT_TRUE(result) << to_text(result.error());
  ASSERT_EQ(records.size(), 5000u);
  for (const auto& r : records) {
    EXPECT_EQ(r.latency.picoseconds(), 900'000'000'000 + 15'327'680'000 + 500'000'000);
    EXPECT_EQ(r.member, r.sample % 1000 + 1);
  }
  // 5000 x 0.9 s over 1000 copies, from 0 to the last sample's end.
  EXPECT_NEAR(result->resources[0].utilisation, 4.5 / (4.999 + 0.91582768), 1e-9);
}

}  // namespace
}  // namespace tiercut::simulator
