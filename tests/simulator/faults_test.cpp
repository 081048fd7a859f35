// SPDX-License-Identifier: Apache-2.0
// What is out of order at times, in scenarios small enough to be worked out by hand.
#include <gtest/gtest.h>

#include <numeric>

#include "core/random.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"
#include "tests/simulator/random_graph.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using namespace tiercut::literals;
using deployment::Fault;
using deployment::Term;

Instant at_us(std::int64_t n) { return Instant() + microseconds(n); }

Fault fault_of(std::vector<deployment::ResourceUse> resources, bool loses, Instant from,
               Instant until = Instant::never()) {
  Fault fault;
  fault.name = "it";
  fault.resources = std::move(resources);
  fault.loses = loses;
  fault.outages = {{from, until}};
  return fault;
}

Fault fault_of_device(int device, bool loses, Instant from, Instant until = Instant::never()) {
  Fault fault = fault_of({}, loses, from, until);
  fault.devices = {{device, 0}};
  return fault;
}

struct Run {
  Result<SimulationResult> result;
  std::vector<Record> records;
  /// Latency of each sample in microseconds, in the order of samples; -1 without an answer.
  std::vector<std::int64_t> latencies() const {
    std::vector<std::int64_t> all(records.size());
    for (const auto& r : records)
      all[static_cast<std::size_t>(r.sample)] = r.ending == Ending::answered ? r.latency.picoseconds() / 1'000'000 : -1;
    return all;
  }
};

Run run(const deployment::StageGraph& graph, std::int64_t samples) {
  Options options;
  options.samples = samples;
  options.with_unanswered = true;
  Run run;
  run.result = simulate_forked(graph, options, &run.records);
  EXPECT_TRUE(run.result) << to_text(run.result.error());
  return run;
}

using Latencies = std::vector<std::int64_t>;

/// 3 ms of work every 4 ms.
GraphBuilder one_unit() {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(3)))});
  b.graph.arrivals.period = Seconds(0.004);
  return b;
}

TEST(Faults, AUnitThatLosesLosesWhatRunsWaitsAndComes) {
  auto b = one_unit();
  // Sample 2 runs from 8 ms on, sample 3 comes at 12 ms.
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(9000), at_us(14000))};
  const auto got = run(b.graph, 6);
  EXPECT_EQ(got.latencies(), (Latencies{3000, 3000, -1, -1, 3000, 3000}));
  ASSERT_EQ(got.result->unanswered.size(), 1u);
  EXPECT_EQ(got.result->unanswered[0].ending, Ending::failed);
  EXPECT_EQ(got.result->unanswered[0].why, "fault it");
  EXPECT_EQ(got.result->unanswered[0].samples, 2);
  EXPECT_DOUBLE_EQ(got.result->resources[0].busy.value(), 0.013);  // four samples, and 1 ms for nothing
  EXPECT_EQ(got.result->resources[0].served, 4);
}

TEST(Faults, AUnitThatHoldsGoesOnWhereItStopped) {
  auto b = one_unit();
  // Sample 2 has 2 ms left at 9 ms and ends at 16 ms; the others queue up behind it and make up for it 1 ms a sample.
  b.graph.faults = {fault_of({{0, 0}}, false, at_us(9000), at_us(14000))};
  const auto got = run(b.graph, 8);
  EXPECT_EQ(got.latencies(), (Latencies{3000, 3000, 8000, 7000, 6000, 5000, 4000, 3000}));
  EXPECT_EQ(got.records[2].terms[static_cast<std::size_t>(Term::compute)], milliseconds(3));
  EXPECT_EQ(got.records[2].terms[static_cast<std::size_t>(Term::queue)], milliseconds(5));
  EXPECT_DOUBLE_EQ(got.result->resources[0].busy.value(), 0.024);
}

TEST(Faults, WhatNeverComesBackKeepsItsSamples) {
  auto b = one_unit();
  b.graph.faults = {fault_of({{0, 0}}, false, at_us(9000))};
  const auto got = run(b.graph, 5);
  EXPECT_EQ(got.result->samples, 5);
  EXPECT_EQ(got.result->answered_by, (std::vector<std::int64_t>{2}));
  ASSERT_EQ(got.result->unanswered.size(), 1u);
  EXPECT_EQ(got.result->unanswered[0].why, "still under way at the end");
  EXPECT_EQ(got.result->unanswered[0].samples, 3);
}

TEST(Faults, OverlappingFaultsEndWithTheLast) {
  auto b = one_unit();
  b.graph.faults = {fault_of({{0, 0}}, false, at_us(1000), at_us(5000)),
                    fault_of({{0, 0}}, false, at_us(2000), at_us(7000))};
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{9000}));  // 1 ms worked, held until 7 ms, 2 ms left
  b.graph.faults[1].loses = true;
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{-1}));
}

/// 1 ms of transmission, 10 ms of propagation.
GraphBuilder one_link(Seconds timeout) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(10), BytesPerSecond(1e6));
  b.resource(up).loss.timeout = timeout;
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, Bytes(1000), b.connection()))});
  b.graph.arrivals.period = Seconds(1);
  return b;
}

TEST(Faults, ALinkLosesWhatIsOnIt) {
  auto b = one_link(Seconds());
  for (const std::int64_t from : {500, 1000, 10'999}) {  // transmitted until 1 ms, delivered at 11 ms
    b.graph.faults = {fault_of({{0, 0}}, true, at_us(from), at_us(from + 1))};
    const auto got = run(b.graph, 2);
    EXPECT_EQ(got.latencies(), (Latencies{-1, 11'000})) << from;
    EXPECT_EQ(got.result->resources[0].lost, 1);
  }
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(11'000), at_us(11'001))};
  EXPECT_EQ(run(b.graph, 2).latencies(), (Latencies{11'000, 11'000}));
}

TEST(Faults, ATimeoutSendsAgainWhatALinkLost) {
  auto b = one_link(Seconds(0.02));
  // Lost on its way at 5 ms: sent again 20 ms after the end of its transmission at 1 ms, and 11 ms on the way.
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(5000), at_us(6000))};
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{32'000}));
  // Cut at 0.5 ms, in vain at 20.5 and 40.5, sent at 60.5 ms.
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(500), at_us(50'000))};
  const auto got = run(b.graph, 1);
  EXPECT_EQ(got.latencies(), (Latencies{71'500}));
  EXPECT_EQ(got.records[0].terms[static_cast<std::size_t>(Term::transport)], microseconds(60'500));
  // Nobody sends for ever over a link that never comes back.
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(500))};
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{-1}));
}

TEST(Faults, ALinkThatHoldsTransmitsLater) {
  auto b = one_link(Seconds(0.02));
  b.graph.faults = {fault_of({{0, 0}}, false, at_us(500), at_us(50'000))};
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{60'500}));
  b.graph.faults = {fault_of({{0, 0}}, false, at_us(5000), at_us(50'000))};
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{11'000}));  // on its way already
}

TEST(Faults, AConnectionGoesOnBehindALostMessage) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(10), BytesPerSecond(1e6));
  b.resource(up).jitter = {scenarios::Jitter::Kind::uniform, Seconds(0),
                           Seconds(0.001)};  // keeps its messages in order
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, Bytes(1000), b.connection()))});
  b.graph.arrivals.period = Seconds(0.002);
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(500), at_us(1000))};
  const auto got = run(b.graph, 4);
  EXPECT_EQ(got.latencies()[0], -1);
  EXPECT_EQ(got.result->answered_by, (std::vector<std::int64_t>{3}));
}

/// Three devices, each with an input; a join of them.
GraphBuilder three_inputs(int quorum, std::optional<Span> deadline) {
  GraphBuilder b;
  std::vector<deployment::Edge> inputs;
  for (int device = 0; device < 3; ++device) {
    const int source = b.source();
    std::get<deployment::Source>(b.graph.stages.back().work).device = {device, 0};
    inputs.push_back(after(source));
  }
  b.answer({after(b.join(inputs, quorum, deadline))});
  return b;
}

TEST(Faults, AJoinIsNotToldOfALostInput) {
  auto b = three_inputs(2, milliseconds(5));
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{0}));
  b.graph.faults = {fault_of_device(2, true, Instant())};
  const auto got = run(b.graph, 2);
  EXPECT_EQ(got.latencies(), (Latencies{5000, 5000}));
  EXPECT_EQ(got.records[0].terms[static_cast<std::size_t>(Term::aggregation_wait)], milliseconds(5));
  b.graph.faults.push_back(fault_of_device(1, true, Instant()));
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{-1}));
  auto without = three_inputs(2, {});
  without.graph.faults = {fault_of_device(2, true, Instant())};
  EXPECT_EQ(run(without.graph, 1).latencies(), (Latencies{-1}));
}

TEST(Faults, AnInputOfADeviceThatHoldsArisesLater) {
  auto b = three_inputs(3, {});
  b.graph.faults = {fault_of_device(1, false, Instant(), at_us(7000))};
  const auto got = run(b.graph, 1);
  EXPECT_EQ(got.latencies(), (Latencies{7000}));
  EXPECT_EQ(got.records[0].terms[static_cast<std::size_t>(Term::queue)], milliseconds(7));
}

TEST(Faults, AMessageFindsNobodyAtADeviceThatIsDown) {
  auto b = one_link(Seconds(0.02));
  b.message_of(1).to = {4, 0};
  b.graph.faults = {fault_of_device(4, true, at_us(10'000), at_us(12'000))};
  EXPECT_EQ(run(b.graph, 2).latencies(), (Latencies{-1, 11'000}));
  b.graph.faults[0].loses = false;
  EXPECT_EQ(run(b.graph, 2).latencies(), (Latencies{12'000, 11'000}));
}

TEST(Faults, AMemberOfAGroupFailsAlone) {
  GraphBuilder b;
  const int unit = b.unit("cameras", 3);
  const int source = b.source();
  std::get<deployment::Source>(b.graph.stages.back().work).device = {0, 0};
  b.answer({after(b.compute("work", {after(source)}, unit, milliseconds(1)))});
  b.graph.members = 3;
  b.graph.faults = {fault_of({{unit, 2}}, true, Instant())};
  b.graph.faults[0].devices = {{0, 2}};
  EXPECT_EQ(run(b.graph, 6).latencies(), (Latencies{1000, -1, 1000, 1000, -1, 1000}));
}

TEST(Faults, FlowsInFairSharesAreLostOrStandStill) {
  // Link a carries two flows of 1 MB at 1 MB/s, the second goes on over b, which is out from 0.4 s to 1.4 s. Both have
  // 0.2 MB through at 0.4 s; the first then has a for itself and ends at 1.2 s, the second has 0.8 s to go at 1.4 s.
  GraphBuilder b;
  const int x = b.link("a", Span(), BytesPerSecond(1e6), true), y = b.link("b", Span(), BytesPerSecond(1e9), true);
  const int source = b.source();
  const int first = b.transfer("first", {after(source)}, {x}, Bytes(1e6));
  const int second = b.transfer("second", {after(source)}, {x, y}, Bytes(1e6));
  b.answer({after(b.first_conclusive({after(second)}))});
  b.graph.arrivals.period = Seconds(100);
  b.graph.faults = {fault_of({{y, 0}}, false, at_us(400'000), at_us(1'400'000))};
  const auto held = run(b.graph, 1);
  EXPECT_NEAR(held.records.at(0).latency.seconds().value(), 2.2, 1e-9);
  b.graph.stages.back().inputs = {after(first)};
  EXPECT_NEAR(run(b.graph, 1).records.at(0).latency.seconds().value(), 1.2, 1e-9);
  b.graph.faults[0].loses = true;
  const auto lost = run(b.graph, 1);
  EXPECT_NEAR(lost.records.at(0).latency.seconds().value(), 1.2, 1e-9);
  EXPECT_EQ(lost.result->resources[static_cast<std::size_t>(y)].lost, 1);
  b.graph.stages.back().inputs = {after(second)};
  EXPECT_EQ(run(b.graph, 1).latencies(), (Latencies{-1}));
}

TEST(Faults, RandomOutagesFollowTheirOwnStreams) {
  GraphBuilder b;
  const int source = b.source();
  std::get<deployment::Source>(b.graph.stages.back().work).device = {0, 0};
  b.answer({after(source)});
  b.graph.arrivals.period = Seconds(0.1);
  Fault fault;
  fault.name = "camera";
  fault.devices = {{0, 0}};
  fault.time_between = Seconds(3);
  fault.time_to_repair = Seconds(0.5);
  fault.recovery = milliseconds(500);
  b.graph.faults = {fault};
  const auto got = run(b.graph, 100'000);
  const auto latencies = got.latencies();
  Instant from, until;
  std::uint64_t number = 0;
  std::int64_t lost = 0;
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    const Instant arrival = Instant(static_cast<std::int64_t>(i) * 100'000'000'000);
    while (until <= arrival) {
      RandomStream stream(1, entity_id("fault/camera"), number++);
      from = until + Span::from(Seconds(stream.exponential(3)));
      until = from + Span::from(Seconds(stream.exponential(0.5))) + milliseconds(500);
    }
    ASSERT_EQ(latencies[i] == -1, from <= arrival) << i;
    if (from <= arrival) ++lost;
  }
  // Down for 1 s of 4 on average; over 2,500 cycles the share has a standard error of about 0.005.
  EXPECT_NEAR(static_cast<double>(lost) / 1e5, 0.25, 0.02);
}

/// An exit on the spot that is never sure; the final answer comes over a link, 11 ms later than that of the exit.
GraphBuilder with_fallback(Span after_exit) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(10), BytesPerSecond(1e6));
  const int decision = b.decision({after(b.source())}, b.exit("local", 0));
  const int final = b.transfer("final", {if_inconclusive(decision)}, {up}, Bytes(1000), b.connection());
  const int fallback = b.join({if_inconclusive(decision), after(final)}, 1, after_exit);
  std::get<deployment::Join>(b.graph.stages.back().work).fallback = 0;
  b.answer({after(b.first_conclusive({if_conclusive(decision), after(final), after(fallback)}))});
  b.graph.arrivals.period = Seconds(0.1);
  return b;
}

TEST(Faults, AFallbackAnswersWhenNothingBetterComes) {
  auto b = with_fallback(milliseconds(50));
  b.graph.faults = {fault_of({{0, 0}}, true, at_us(105'000), at_us(290'000))};
  const auto got = run(b.graph, 4);
  EXPECT_EQ(got.latencies(), (Latencies{11'000, 50'000, 50'000, 11'000}));
  EXPECT_EQ(got.result->answered_by, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(got.result->fallbacks, 2);
  EXPECT_TRUE(got.result->unanswered.empty());
  auto early = with_fallback(milliseconds(10));  // sooner than the answer itself
  EXPECT_EQ(run(early.graph, 2).latencies(), (Latencies{10'000, 10'000}));
  auto tie = with_fallback(milliseconds(11));  // what comes at the same moment is there
  EXPECT_EQ(run(tie.graph, 2).result->fallbacks, 0);
}

TEST(Faults, EverySampleEndsInOneWay) {
  int answered = 0, failed = 0, dropped = 0;
  for (unsigned seed = 1; seed <= 90; ++seed) {
    const RandomGraph random(
        seed, {.with_luck = true, .with_fair_links = true, .with_faults = true, .with_queues = seed % 3 == 0});
    const auto got = run(random.b.graph, 40);
    ASSERT_EQ(got.records.size(), 40u) << "graph " << seed;
    std::vector<bool> is_met(40);
    for (const auto& r : got.records) {
      ASSERT_FALSE(is_met[static_cast<std::size_t>(r.sample)]) << "graph " << seed;
      is_met[static_cast<std::size_t>(r.sample)] = true;
      const Span sum = std::accumulate(r.terms.begin(), r.terms.end(), Span());
      if (r.ending == Ending::answered) {
        ASSERT_EQ(sum, r.latency) << "graph " << seed << " sample " << r.sample;
      }
      ++(r.ending == Ending::answered ? answered : r.ending == Ending::failed ? failed : dropped);
    }
    std::int64_t all = 0;
    for (const auto count : got.result->answered_by) all += count;
    for (const auto& part : got.result->unanswered) all += part.samples;
    ASSERT_EQ(all, 40) << "graph " << seed;
  }
  EXPECT_GT(answered, 500);
  EXPECT_GT(failed, 300);
  EXPECT_GT(dropped, 300);
}

}  // namespace
}  // namespace tiercut::simulator
