// SPDX-License-Identifier: Apache-2.0
// Exits in the estimate: outcomes and their probabilities, guards, deadness, cancels.
#include <gtest/gtest.h>

#include <cmath>

#include "planner/estimate.hpp"
#include "tests/planner/graph_builder.hpp"

namespace tiercut::planner {
namespace {

using testing::always;
using testing::GraphBuilder;
using testing::if_conclusive;
using testing::if_inconclusive;
using testing::ms;

/// K exits of the given probability, one after the other on one unit, 1 ms each; the rest takes 1 ms more.
deployment::StageGraph chain_of_exits(int count, double probability) {
  GraphBuilder g;
  const int pi = g.unit("pi");
  GraphBuilder::Edges answers;
  deployment::Edge before = always(g.source());
  for (int k = 0; k < count; ++k) {
    const int exit = g.exit("exit", probability);
    const auto decision = g.decision({always(g.compute({before}, pi, ms(1)))}, exit);
    answers.push_back(if_conclusive(decision));
    before = if_inconclusive(decision);
  }
  answers.push_back(always(g.compute({before}, pi, ms(1))));
  g.answer({always(g.first_conclusive(answers))});
  return g.graph;
}

TEST(EstimateExits, AChainOfExitsHasOneOutcomeMoreThanExits) {
  const auto result = estimate(chain_of_exits(3, 0.5));
  ASSERT_TRUE(result);
  ASSERT_EQ(result->outcomes.size(), 4u);
  const double wanted[] = {0.5, 0.25, 0.125, 0.125};
  for (int k = 0; k < 4; ++k) {
    EXPECT_DOUBLE_EQ(result->outcomes[static_cast<std::size_t>(k)].probability, wanted[k]);
    EXPECT_EQ(result->outcomes[static_cast<std::size_t>(k)].latency, ms(k + 1));
    EXPECT_EQ(result->outcomes[static_cast<std::size_t>(k)].answered_by, k);
  }
  EXPECT_EQ(result->outcomes[0].exits, (std::vector<std::int8_t>{1, -1, -1}));
  EXPECT_EQ(result->outcomes[3].exits, (std::vector<std::int8_t>{0, 0, 0}));
  EXPECT_DOUBLE_EQ(result->latency_s.p50, 0.001);
  EXPECT_DOUBLE_EQ(result->latency_s.max, 0.004);
}

TEST(EstimateExits, LeavesOutWhatCannotHappen) {
  const auto never = estimate(chain_of_exits(2, 0));
  ASSERT_TRUE(never);
  ASSERT_EQ(never->outcomes.size(), 1u);
  EXPECT_EQ(never->outcomes[0].latency, ms(3));
  const auto sure = estimate(chain_of_exits(2, 1));
  ASSERT_TRUE(sure);
  ASSERT_EQ(sure->outcomes.size(), 1u);
  EXPECT_EQ(sure->outcomes[0].latency, ms(1));
  EXPECT_DOUBLE_EQ(sure->load.busy[0].value(), 0.001) << "what is guarded does not run";
}

TEST(EstimateExits, RefusesMoreThan4096Outcomes) {
  GraphBuilder g;
  const int pi = g.unit("pi");
  const auto source = g.source();
  GraphBuilder::Edges answers;
  for (int k = 0; k < 13; ++k)  // asked side by side: 2^13 courses
    answers.push_back(if_conclusive(g.decision({always(g.compute({always(source)}, pi, ms(1)))}, g.exit("e", 0.5))));
  answers.push_back(always(g.compute({always(source)}, pi, ms(1))));
  g.answer({always(g.first_conclusive(answers))});
  const auto result = estimate(g.graph);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "too-many-outcomes");
}

TEST(EstimateExits, AControlCarriesTheDecisionToOthers) {
  GraphBuilder g;
  const int pi = g.unit("pi"), camera = g.unit("camera"), cloud = g.unit("cloud");
  const int across = g.link("across", ms(3)), up = g.link("up", ms(15));
  const auto source = g.source();
  const auto features = g.compute({always(source)}, camera, ms(2));
  const auto there = g.transfer({always(source)}, {across}, Bytes(8), g.connection());
  const auto branch = g.compute({always(there)}, pi, ms(4));
  const auto decision = g.decision({always(branch)}, g.exit("local", 0.5));
  const auto told = g.control({if_inconclusive(decision)}, {across}, Bytes(8), g.connection());
  const auto sent = g.transfer({always(told), always(features)}, {up}, Bytes(8), g.connection());
  const auto rest = g.compute({always(sent)}, cloud, ms(10));
  g.answer({always(g.first_conclusive({if_conclusive(decision), always(rest)}))});
  const auto result = estimate(g.graph);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->outcomes.size(), 2u);
  EXPECT_EQ(result->outcomes[0].latency, ms(3 + 4));
  EXPECT_EQ(result->outcomes[1].latency, ms(3 + 4 + 3 + 15 + 10));
  EXPECT_DOUBLE_EQ(result->load.control[static_cast<std::size_t>(across)].value(), 4) << "8 bytes, half of the time";
  EXPECT_DOUBLE_EQ(result->load.payload[static_cast<std::size_t>(up)].value(), 4);
}

/// An eager little branch on the pi (5 ms), the rest behind a queue of 8 ms on the cloud; cancelled after 1 ms of link.
deployment::StageGraph eager(bool cancels) {
  GraphBuilder g;
  const int pi = g.unit("pi"), cloud = g.unit("cloud");
  const int up = g.link("up", ms(1));
  const auto source = g.source();
  const auto branch = g.compute({always(source)}, pi, ms(5));
  const auto other = g.compute({always(source)}, cloud, ms(8));
  const auto rest = g.compute({always(source)}, cloud, ms(20));
  const auto decision = g.decision({always(branch)}, g.exit("little", 0.5));
  g.control({if_conclusive(decision)}, {up}, Bytes(8), g.connection(),
            cancels ? std::vector{rest, other} : std::vector<int>{});
  g.answer({always(g.first_conclusive({if_conclusive(decision), always(rest)}))});
  return g.graph;
}

TEST(EstimateExits, CancelRemovesOnlyWorkThatHasNotStarted) {
  const auto without = estimate(eager(false)), with = estimate(eager(true));
  ASSERT_TRUE(without && with);
  EXPECT_EQ(without->outcomes[0].latency, ms(5));
  EXPECT_EQ(without->outcomes[1].latency, ms(28));
  EXPECT_DOUBLE_EQ(without->load.busy[1].value(), 0.028);
  EXPECT_EQ(with->outcomes[0].latency, ms(5));
  EXPECT_EQ(with->outcomes[1].latency, ms(28));
  // At 6 ms `other` has started and runs to its end; `rest` has not.
  EXPECT_DOUBLE_EQ(with->load.busy[1].value(), 0.5 * 0.008 + 0.5 * 0.028);
}

TEST(EstimateExits, ADeadJoinInputIsNotWaitedFor) {
  GraphBuilder g;
  const int pi = g.unit("pi"), cloud = g.unit("cloud");
  const auto source = g.source();
  const auto decision = g.decision({always(g.compute({always(source)}, pi, ms(5)))}, g.exit("little", 0.5));
  const auto steady = g.compute({always(source)}, cloud, ms(2));
  const auto guarded = g.compute({if_inconclusive(decision)}, pi, ms(10));
  const auto join = g.join({always(steady), always(guarded)}, 1);
  g.answer({always(join)});
  const auto result = estimate(g.graph);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcomes[0].latency, ms(5)) << "known dead at 5 ms";
  EXPECT_EQ(result->outcomes[1].latency, ms(15));
  std::get<deployment::Join>(g.stage(join).work).quorum = 2;
  const auto strict = estimate(g.graph);
  ASSERT_TRUE(strict);
  EXPECT_EQ(strict->outcomes[0].latency, Span::longest()) << "a quorum that cannot come leaves no answer";
  EXPECT_TRUE(std::isinf(strict->latency_s.max));
}

TEST(EstimateExits, MeanOnlyAgreesWithTheFullEstimate) {
  for (const auto& graph : {eager(false), eager(true), chain_of_exits(5, 0.3)}) {
    const auto full = estimate(graph);
    const auto brief = estimate_latency(graph);
    ASSERT_TRUE(full && brief);
    EXPECT_DOUBLE_EQ(full->latency_s.mean, brief->mean);
    EXPECT_EQ(full->latency_s.p90, brief->p90);
  }
}

}  // namespace
}  // namespace tiercut::planner
