// SPDX-License-Identifier: Apache-2.0
// Exits, joins, cancelling and ties, with times worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using namespace tiercut::literals;
using deployment::Term;

std::vector<Record> records_of(const deployment::StageGraph& graph, std::int64_t samples,
                               SimulationResult* result = nullptr) {
  Options options;
  options.samples = samples;
  std::vector<Record> records;
  const auto simulated = simulate_forked(graph, options, &records);
  if (!simulated) {
    ADD_FAILURE() << to_text(simulated.error());
    return {};
  }
  if (result != nullptr) *result = *simulated;
  return records;
}

Span term(const Record& record, Term t) { return record.terms[static_cast<std::size_t>(t)]; }

TEST(Decisions, TiesGoByStageThenSample) {
  // Five samples at once, two stages each of 1 ms on one unit: first all of the first stage, in order of samples.
  GraphBuilder b;
  const int unit = b.unit("cpu"), source = b.source();
  const int first = b.compute("first", {after(source)}, unit, milliseconds(1));
  const int second = b.compute("second", {after(source)}, unit, milliseconds(1));
  b.answer({after(b.join({after(first), after(second)}, 2))});
  b.graph.arrivals.period = Seconds(0);
  const auto records = records_of(b.graph, 5);
  ASSERT_EQ(records.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(records[i].sample, static_cast<std::int64_t>(i));
    EXPECT_EQ(records[i].latency, milliseconds(6 + static_cast<std::int64_t>(i)));
  }
}

TEST(Decisions, CompletionsOfAMomentComeBeforeAnyNewWork) {
  // At 2 ms, in the order of stages, the unit falls idle, a stage with the larger id gets ready for it, then one with
  // the smaller id: this one goes first.
  GraphBuilder b;
  const int unit = b.unit("cpu"), one = b.unit("one"), two = b.unit("two");
  const int source = b.source();
  b.compute("before", {after(source)}, unit, milliseconds(2));
  const int early = b.compute("early", {after(source)}, one, milliseconds(2));
  const int late = b.compute("late", {after(source)}, two, milliseconds(2));
  const int small = b.compute("small id", {after(late)}, unit, milliseconds(3));
  const int large = b.compute("large id", {after(early)}, unit, milliseconds(5));
  b.answer({after(b.join({after(small), after(large)}, 1, milliseconds(0)))});
  const auto records = records_of(b.graph, 1);
  EXPECT_EQ(records[0].latency, milliseconds(5));  // 2 + 3: the join takes the first of the two
}

TEST(Decisions, AnExitAnswersAsOftenAsItsDrawsSay) {
  GraphBuilder b;
  const int unit = b.unit("cpu"), exit = b.exit("little", 0.3);
  const int little = b.compute("little", {after(b.source())}, unit, milliseconds(2), 0, microseconds(50));
  const int decision = b.decision({after(little)}, exit);
  const int big = b.compute("big", {if_inconclusive(decision)}, unit, milliseconds(3));
  b.answer({after(b.first_conclusive({if_conclusive(decision), after(big)}))});
  SimulationResult result;
  const auto records = records_of(b.graph, 4000, &result);
  std::int64_t conclusive = 0;
  for (const auto& r : records) {
    const bool is = RandomStream(1, entity_id("exit/little"), static_cast<std::uint64_t>(r.sample)).uniform() < 0.3;
    conclusive += is ? 1 : 0;
    ASSERT_EQ(r.answered_by, is ? 0 : 1);
    ASSERT_EQ(r.latency, (is ? milliseconds(2) : milliseconds(5)) + microseconds(50));
    ASSERT_EQ(term(r, Term::exit_check), microseconds(50));
  }
  EXPECT_EQ(result.answered_by, (std::vector<std::int64_t>{conclusive, 4000 - conclusive}));
  EXPECT_NEAR(static_cast<double>(conclusive), 1200, 4 * std::sqrt(4000 * 0.21));
  EXPECT_EQ(result.latency_by_exit_s[0].max, 0.00205);
  EXPECT_EQ(result.latency_by_exit_s[1].mean, 0.00505);
}

TEST(Decisions, TheFirstConclusiveOfAnEagerPairAnswers) {
  // The big network answers after 1 ms, the little one's exit, conclusive, after 2: its late firing must not count.
  GraphBuilder b;
  const int device = b.unit("device"), server = b.unit("server"), exit = b.exit("little", 1);
  const int source = b.source();
  const int little = b.compute("little", {after(source)}, device, milliseconds(2));
  const int big = b.compute("big", {after(source)}, server, milliseconds(1));
  const int decision = b.decision({after(little)}, exit);
  b.answer({after(b.first_conclusive({if_conclusive(decision), after(big)}))});
  SimulationResult result;
  const auto records = records_of(b.graph, 3, &result);
  for (const auto& r : records) {
    EXPECT_EQ(r.latency, milliseconds(1));
    EXPECT_EQ(r.answered_by, 1);
  }
  EXPECT_EQ(result.resources[0].served, 3);  // wasted work still loads the device
}

/// Inputs at 1, 5 and 9 ms.
Record joined(int quorum, std::optional<Span> deadline) {
  GraphBuilder b;
  const int source = b.source();
  std::vector<deployment::Edge> inputs;
  for (int ms : {9, 1, 5}) {
    const int unit = b.unit("u" + std::to_string(ms));
    inputs.push_back(after(b.compute("c" + std::to_string(ms), {after(source)}, unit, milliseconds(ms))));
  }
  b.answer({after(b.join(inputs, quorum, deadline))});
  const auto records = records_of(b.graph, 1);
  return records.empty() ? Record{} : records[0];
}

TEST(Decisions, AJoinWaitsForQuorumAndDeadline) {
  const auto expect = [](const Record& r, int latency, int wait) {
    EXPECT_EQ(r.latency, milliseconds(latency));
    EXPECT_EQ(term(r, Term::aggregation_wait), milliseconds(wait));
    EXPECT_EQ(term(r, Term::compute), milliseconds(latency - wait));
  };
  expect(joined(3, {}), 9, 0);                // all
  expect(joined(2, milliseconds(3)), 5, 0);   // the deadline (1 + 3) passes before the second is there
  expect(joined(2, milliseconds(6)), 7, 2);   // the second completes the quorum, the deadline (1 + 6) is waited for
  expect(joined(2, milliseconds(20)), 9, 0);  // all are there before the deadline
  expect(joined(1, milliseconds(4)), 5, 4);   // deadline and second input at one moment: one is enough
  expect(joined(3, milliseconds(1)), 9, 0);   // a quorum of all waits for all
}

/// Inputs at 1 and 5 ms, and one whose decision at 9 ms comes out `conclusive` or not.
deployment::StageGraph join_with_doubtful_input(int quorum, double probability) {
  GraphBuilder b;
  const int source = b.source(), exit = b.exit("e", probability);
  std::vector<deployment::Edge> inputs;
  for (int ms : {1, 5}) {
    const int unit = b.unit("u" + std::to_string(ms));
    inputs.push_back(after(b.compute("c" + std::to_string(ms), {after(source)}, unit, milliseconds(ms))));
  }
  const int slow = b.compute("slow", {after(source)}, b.unit("slow"), milliseconds(9));
  inputs.push_back(if_conclusive(b.decision({after(slow)}, exit)));
  b.answer({after(b.join(inputs, quorum))});
  return b.graph;
}

TEST(Decisions, ADeadInputIsNotWaitedFor) {
  auto records = records_of(join_with_doubtful_input(2, 0), 1);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].latency, milliseconds(9));  // only then is it known to be dead
  EXPECT_EQ(term(records[0], Term::aggregation_wait), milliseconds(4));
}

TEST(Decisions, AnUnansweredSampleCountsAsInfinite) {
  SimulationResult result;
  const auto records = records_of(join_with_doubtful_input(3, 0.5), 100, &result);
  EXPECT_EQ(result.samples, 100);
  EXPECT_LT(records.size(), 100u);
  EXPECT_GT(records.size(), 0u);
  EXPECT_TRUE(std::isinf(result.latency_s.max));
  EXPECT_TRUE(std::isinf(result.latency_s.mean));
  EXPECT_TRUE(std::isinf(result.mean_standard_error_s));
}

TEST(Decisions, AnInputThatArisesLaterIsAggregationWait) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  const int first = b.source(), second = b.source(milliseconds(3));
  b.answer({after(b.compute("work", {after(first), after(second)}, unit, milliseconds(2)))});
  const auto records = records_of(b.graph, 2);
  EXPECT_EQ(records[1].latency, milliseconds(5));
  EXPECT_EQ(term(records[1], Term::aggregation_wait), milliseconds(3));
}

/// Eager: the image goes up (0.33 + 15 ms) while the little network runs; its exit, always conclusive, sends a cancel.
deployment::StageGraph eager_with_cancel(Span little_cost, Span control_latency) {
  GraphBuilder b;
  const int device = b.unit("device"), server = b.unit("server"), exit = b.exit("little", 1);
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s);
  const int fast = b.link("fast", control_latency, BytesPerSecond::infinite());
  const int source = b.source();
  const int image = b.transfer("image", {after(source)}, {up}, 4096_B);
  const int little = b.compute("little", {after(source)}, device, little_cost);
  const int big = b.compute("big", {after(image)}, server, milliseconds(10));
  const int decision = b.decision({after(little)}, exit);
  b.control("cancel", {if_conclusive(decision)}, {fast}, 8_B, {big});
  b.answer({after(b.first_conclusive({if_conclusive(decision), after(big)}))});
  return b.graph;
}

TEST(Decisions, ACancelRemovesWhatHasNotStarted) {
  SimulationResult in_time, too_late;
  records_of(eager_with_cancel(milliseconds(2), milliseconds(10)), 10, &in_time);   // at 12 ms
  records_of(eager_with_cancel(milliseconds(2), milliseconds(14)), 10, &too_late);  // at 16 ms, big began at 15.33
  EXPECT_EQ(in_time.resources[1].served, 0);
  EXPECT_EQ(in_time.resources[3].control, Bytes(80));
  EXPECT_EQ(too_late.resources[1].served, 10);
  EXPECT_NEAR(too_late.resources[1].busy.value(), 0.1, 1e-12);
  EXPECT_EQ(in_time.answered_by[0], 10);
}

TEST(Decisions, ACancelReachesIntoQueues) {
  // Samples 4 ms apart need 10 ms of the server: without a cancel all ten run; a cancel at 16 ms finds those waiting
  // that came while another ran. Began: 15.33 (sample 0) to 25.33; sample 1 to 5 arrive at 19.33, 23.33, 27.33...
  auto graph = eager_with_cancel(milliseconds(2), milliseconds(14));
  graph.arrivals.period = Seconds(0.004);
  SimulationResult result;
  records_of(graph, 10, &result);
  // Samples 1 and 2 arrive during sample 0's run, and are cancelled at 20 and 24 ms; sample 3 runs 27.33 to 37.33, and
  // so on: 0, 3, 6, 9.
  EXPECT_EQ(result.resources[1].served, 4);
}

TEST(Decisions, ADecisionCancelsAWaitingTransfer) {
  // Two images of 10 ms each on one link; the second, waiting, is cancelled at 5 ms, the first, under way, is not.
  GraphBuilder b;
  const int device = b.unit("device"), exit = b.exit("little", 1);
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s);
  scenarios::Transport tcp;
  tcp.kind = scenarios::Transport::Kind::tcp;
  const int connection = b.connection(milliseconds(30), tcp);
  const int source = b.source();
  const int first = b.transfer("first", {after(source)}, {up}, 125'000_B, connection);
  const int second = b.transfer("second", {after(source)}, {up}, 125'000_B, connection);
  const int little = b.compute("little", {after(source)}, device, milliseconds(5));
  const int decision = b.decision({after(little)}, exit, {first, second});
  const int third = b.transfer("third", {if_conclusive(decision)}, {up}, 1_B, connection);
  b.answer({after(third)});
  SimulationResult result;
  const auto records = records_of(b.graph, 5, &result);
  EXPECT_EQ(result.resources[1].served, 10);  // first and third of each sample
  EXPECT_EQ(result.resources[1].payload, Bytes(5 * 125'001));
  // The third waits for the first on the link and in its connection, not for the second.
  ASSERT_EQ(records.size(), 5u);
  EXPECT_GT(records[0].latency, milliseconds(25));
}

}  // namespace
}  // namespace tiercut::simulator
