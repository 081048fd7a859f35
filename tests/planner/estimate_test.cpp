// SPDX-License-Identifier: Apache-2.0
// The estimate against sums by hand, one rule of the contract (deployment/README.md) a test.
#include "planner/estimate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/planner/graph_builder.hpp"

namespace tiercut::planner {
namespace {

using deployment::Term;
using testing::always;
using ::testing::ElementsAre;
using testing::GraphBuilder;
using testing::if_conclusive;
using testing::ms;

Outcome only_outcome(const deployment::StageGraph& graph) {
  const auto result = estimate(graph);
  EXPECT_TRUE(result) << to_text(result.error());
  EXPECT_EQ(result->outcomes.size(), 1u);
  const Outcome outcome = result->outcomes.front();
  EXPECT_EQ(std::accumulate(outcome.terms.begin(), outcome.terms.end(), Span{}), outcome.latency);
  return outcome;
}

Span term(const Outcome& outcome, Term which) { return outcome.terms[static_cast<std::size_t>(which)]; }

TEST(Estimate, SumsComputeTransmissionPropagationAndReturn) {
  GraphBuilder g;
  const int pi = g.unit("pi"), cloud = g.unit("cloud");
  const int up = g.link("up", ms(15), BytesPerSecond(1e6), scenarios::Discipline::fifo, ms(0.5));
  const int down = g.link("down", ms(14));
  const auto source = g.source();
  const auto first = g.compute({always(source)}, pi, ms(2));
  const auto sent = g.transfer({always(first)}, {up}, Bytes(3000), g.connection());
  const auto second = g.compute({always(sent)}, cloud, ms(5));
  const auto back = g.transfer({always(second)}, {down}, Bytes(40), g.connection(), true);
  g.answer({always(back)});

  const Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(2 + 0.5 + 3 + 15 + 5 + 14));
  EXPECT_EQ(term(outcome, Term::compute), ms(7));
  EXPECT_EQ(term(outcome, Term::transmit), ms(3.5));
  EXPECT_EQ(term(outcome, Term::propagate), ms(15));
  EXPECT_EQ(term(outcome, Term::return_), ms(14));
  EXPECT_THAT(outcome.path, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(outcome.answered_by, 0);
}

TEST(Estimate, StoresAndForwardsOverSeveralHops) {
  GraphBuilder g;
  const int first = g.link("first", ms(1), BytesPerSecond(1e6)), second = g.link("second", ms(2), BytesPerSecond(5e5));
  const auto sent = g.transfer({always(g.source())}, {first, second}, Bytes(1000), g.connection());
  g.answer({always(sent)});
  EXPECT_EQ(only_outcome(g.graph).latency, ms(1 + 1 + 2 + 2));
}

TEST(Estimate, QueuesParallelBranchesOnOneUnitInTheOrderOfStages) {
  GraphBuilder g;
  const int pi = g.unit("pi");
  const auto source = g.source();
  const auto early = g.compute({always(source)}, pi, ms(30));
  const auto late = g.compute({always(source)}, pi, ms(4));
  g.answer({always(g.join({always(early), always(late)}, 2))});
  const Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(34));
  EXPECT_EQ(term(outcome, Term::queue), ms(30));
  EXPECT_EQ(term(outcome, Term::compute), ms(4));
}

TEST(Estimate, ServesWhatWasReadyFirst) {
  GraphBuilder g;
  const int pi = g.unit("pi");
  const auto late = g.source(ms(1));
  const auto early = g.source();
  const auto second = g.compute({always(late)}, pi, ms(10));
  const auto first = g.compute({always(early)}, pi, ms(3));
  g.answer({always(g.join({always(first), always(second)}, 2))});
  const Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(13));
  EXPECT_EQ(term(outcome, Term::queue), ms(2));
  EXPECT_EQ(term(outcome, Term::aggregation_wait), ms(1)) << "its input arose 1 ms after the sample's first";
}

TEST(Estimate, QueuesSeveralInputsOnOneLink) {
  GraphBuilder g;
  const int up = g.link("up", ms(15), BytesPerSecond(1e6));
  const int connection = g.connection();
  GraphBuilder::Edges sent;
  for (int i = 0; i < 3; ++i) sent.push_back(always(g.source()));
  for (auto& edge : sent) edge.from = g.transfer({edge}, {up}, Bytes(2000), connection);
  g.answer({always(g.join(sent, 3))});
  const Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(3 * 2 + 15));
  EXPECT_EQ(term(outcome, Term::link_queue), ms(4));
  EXPECT_EQ(term(outcome, Term::transmit), ms(2));
}

TEST(Estimate, SharesAFairLink) {
  // 1000 and 3000 bytes at 1 MB/s: both at half until the small one ends after 2 ms; 2000 bytes left at full speed.
  GraphBuilder g;
  const int up = g.link("up", ms(15), BytesPerSecond(1e6), scenarios::Discipline::fair);
  const auto a = g.source(), b = g.source();
  const auto small = g.transfer({always(a)}, {up}, Bytes(1000), g.connection());
  const auto large = g.transfer({always(b)}, {up}, Bytes(3000), g.connection());
  g.answer({always(g.join({always(small), always(large)}, 2))});
  EXPECT_EQ(only_outcome(g.graph).latency, ms(4 + 15));
  std::get<deployment::Join>(g.stage(4).work) = {1, ms(0)};
  EXPECT_EQ(only_outcome(g.graph).latency, ms(2 + 15));
}

TEST(Estimate, CrossesAFairRouteAtOnceAfterItsOverheads) {
  GraphBuilder g;
  const auto fair = scenarios::Discipline::fair;
  const int first = g.link("first", ms(1), BytesPerSecond(1e6), fair, ms(0.25));
  const int second = g.link("second", ms(2), BytesPerSecond(5e5), fair, ms(0.5));
  g.answer({always(g.transfer({always(g.source())}, {first, second}, Bytes(1000), g.connection()))});
  EXPECT_EQ(only_outcome(g.graph).latency, ms(0.75 + 2 + 3));
}

TEST(Estimate, DeliversInOrderOnAConnection) {
  // On a fair link the small message is across first, but the large one entered the connection before it.
  GraphBuilder g;
  const int up = g.link("up", ms(15), BytesPerSecond(1e6), scenarios::Discipline::fair);
  const int pi = g.unit("pi");
  const int connection = g.connection();
  const auto source = g.source();
  const auto large = g.transfer({always(source)}, {up}, Bytes(3000), connection);
  const auto delay = g.compute({always(source)}, pi, ms(1));
  const auto small = g.transfer({always(delay)}, {up}, Bytes(500), connection);
  g.answer({always(g.join({always(small), always(g.compute({always(large)}, pi, ms(0)))}, 1, ms(0)))});
  // 1 ms alone, then shared: the small one ends at 2 ms, the large one at 1 + 1 + 1.5 = 3.5 ms.
  const Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(3.5 + 15));
  EXPECT_EQ(term(outcome, Term::transport), ms(1.5));
}

TEST(Estimate, ChargesRoundTripsToAColdWindow) {
  // 14,480 of 16,000 bytes fit the initial window; the rest waits a round trip less the time the window takes to send.
  scenarios::Transport tcp;
  tcp.kind = scenarios::Transport::Kind::tcp;
  GraphBuilder g;
  g.graph.arrivals.period = Seconds(10);
  const int up = g.link("up", ms(15), BytesPerSecond(1e8));
  g.answer({always(g.transfer({always(g.source())}, {up}, Bytes(16000), g.connection(tcp, ms(30))))});
  const Outcome cold = only_outcome(g.graph);
  EXPECT_EQ(term(cold, Term::transport), ms(30 - 0.1448));
  EXPECT_EQ(cold.latency, ms(0.16 + 15 + 30 - 0.1448));
  g.graph.arrivals.period = Seconds(0.1);
  EXPECT_EQ(only_outcome(g.graph).latency, ms(0.16 + 15)) << "a busy connection has grown its window";
}

TEST(Estimate, OccupiesUnitsWithSerialising) {
  GraphBuilder g;
  const int pi = g.unit("pi"), cloud = g.unit("cloud");
  const int up = g.link("up", ms(1));
  const auto source = g.source();
  const auto busy = g.compute({always(source)}, pi, ms(3));
  const auto sent = g.transfer({always(source)}, {up}, Bytes(10), g.connection());
  auto& message = std::get<deployment::Transfer>(g.stage(sent).work).message;
  message.serialise = {{pi, 0}, ms(2)};
  message.deserialise = {{cloud, 0}, ms(4)};
  g.answer({always(g.join({always(busy), always(sent)}, 2))});
  const Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(3 + 2 + 1 + 4));
  EXPECT_EQ(term(outcome, Term::queue), ms(3));
  EXPECT_EQ(term(outcome, Term::serialise), ms(6));
}

TEST(Estimate, JoinGoesOnAtItsDeadlineWhenTheQuorumIsThere) {
  GraphBuilder g;
  const int a = g.unit("a"), b = g.unit("b"), c = g.unit("c");
  const auto source = g.source();
  const auto fast = g.compute({always(source)}, a, ms(1));
  const auto middle = g.compute({always(source)}, b, ms(4));
  const auto slow = g.compute({always(source)}, c, ms(50));
  const auto join = g.join({always(fast), always(middle), always(slow)}, 2, ms(10));
  g.answer({always(join)});
  Outcome outcome = only_outcome(g.graph);
  EXPECT_EQ(outcome.latency, ms(1 + 10));
  EXPECT_EQ(term(outcome, Term::aggregation_wait), ms(11 - 4)) << "the second input completed the quorum";
  std::get<deployment::Join>(g.stage(join).work).deadline = ms(2);
  EXPECT_EQ(only_outcome(g.graph).latency, ms(4)) << "past the deadline the quorum is what is waited for";
  std::get<deployment::Join>(g.stage(join).work) = {3, {}};
  EXPECT_EQ(only_outcome(g.graph).latency, ms(50));
}

TEST(Estimate, WorkOfZeroDurationPassesInTheSameMoment) {
  GraphBuilder g;
  const int pi = g.unit("pi");
  const auto source = g.source();
  const auto a = g.compute({always(source)}, pi, ms(0));
  const auto b = g.compute({always(a)}, pi, ms(0));
  g.answer({always(b)});
  EXPECT_EQ(only_outcome(g.graph).latency, ms(0));
}

TEST(Estimate, LoadCountsWorkThatGoesOnAfterTheAnswer) {
  GraphBuilder g;
  const int pi = g.unit("pi"), cloud = g.unit("cloud");
  const int up = g.link("up", ms(15), BytesPerSecond(1e6));
  const int little = g.exit("little", 0.25);
  const auto source = g.source();
  const auto branch = g.compute({always(source)}, pi, ms(5), ms(1));
  const auto sent = g.transfer({always(source)}, {up}, Bytes(2000), g.connection());
  const auto decision = g.decision({always(branch)}, little);
  const auto big = g.compute({always(sent)}, cloud, ms(10));
  g.answer({always(g.first_conclusive({if_conclusive(decision), always(big)}))});
  const auto result = estimate(g.graph);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->outcomes.size(), 2u);
  EXPECT_EQ(result->outcomes[0].latency, ms(6));
  EXPECT_EQ(result->outcomes[0].answered_by, 0);
  EXPECT_EQ(term(result->outcomes[0], Term::exit_check), ms(1));
  EXPECT_EQ(result->outcomes[1].latency, ms(2 + 15 + 10));
  EXPECT_DOUBLE_EQ(result->latency_s.mean, 0.25 * 0.006 + 0.75 * 0.027);
  EXPECT_DOUBLE_EQ(result->load.busy[static_cast<std::size_t>(cloud)].value(), 0.010);
  EXPECT_DOUBLE_EQ(result->load.busy[static_cast<std::size_t>(up)].value(), 0.002);
  EXPECT_DOUBLE_EQ(result->load.payload[static_cast<std::size_t>(up)].value(), 2000);
}

}  // namespace
}  // namespace tiercut::planner
