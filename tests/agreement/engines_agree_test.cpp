// SPDX-License-Identifier: Apache-2.0
// Three engines, one truth: without fair sharing each sample of each random scenario has the same record on all of
// them, to the picosecond, and each figure of the result is the same. simulate_forked compares.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "deployment/lowering.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/simulator/random_graph.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut {
namespace {

/// What the random scenarios reached.
struct Tally {
  std::set<std::string_view> kinds;
  int answered = 0, by_exits = 0, lost = 0, failed = 0, waited = 0, over_windows = 0, cancelling = 0;

  void add(const deployment::StageGraph& graph, const simulator::SimulationResult& result,
           const std::vector<simulator::Record>& records) {
    for (const auto& stage : graph.stages) kinds.insert(deployment::kind_of(stage));
    for (const auto& stage : graph.stages) {
      const auto* decision = std::get_if<deployment::Decision>(&stage.work);
      if (decision != nullptr && !decision->cancels.empty()) ++cancelling;
    }
    for (const auto& connection : graph.connections) {
      over_windows += connection.transport.kind == scenarios::Transport::Kind::tcp ? 1 : 0;
    }
    answered += static_cast<int>(records.size());
    for (const auto& record : records) {
      by_exits += record.answered_by < static_cast<int>(graph.exits.size()) ? 1 : 0;
      waited += record.terms[static_cast<std::size_t>(deployment::Term::queue)] > Span() ? 1 : 0;
    }
    for (const auto& part : result.unanswered) failed += static_cast<int>(part.samples);
    lost += static_cast<int>(std::ranges::count_if(result.resources, [](const auto& r) { return r.lost > 0; }));
  }
};

void compare(deployment::StageGraph& graph, unsigned seed, std::int64_t samples, Tally& tally) {
  graph.warm_up = static_cast<int>(seed % 5);
  simulator::Options options;
  options.samples = samples;
  options.seed = seed;
  std::vector<simulator::Record> records;
  const auto result = testing::simulate_forked(graph, options, &records);
  ASSERT_TRUE(result) << "graph " << seed << ": " << to_text(result.error());
  tally.add(graph, *result, records);
}

TEST(Agreement, EnginesMeasureTheSameOnRandomGraphs) {
  Tally tally;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    testing::RandomGraph random(seed, {.with_luck = true});
    compare(random.b.graph, seed, 60, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(tally.kinds.size(), 8u);  // each kind of stage there is
  EXPECT_GT(tally.answered, 30'000);
  EXPECT_GT(tally.by_exits, 1000);
  EXPECT_GT(tally.waited, 10'000);
  EXPECT_GT(tally.lost, 200);
  EXPECT_GT(tally.over_windows, 300);
  EXPECT_GT(tally.cancelling, 200);
}

TEST(Agreement, EnginesMeasureTheSameOnRandomGraphsWithFaults) {
  Tally tally;
  for (unsigned seed = 1; seed <= 500; ++seed) {
    testing::RandomGraph random(seed, {.with_luck = true, .with_faults = true});
    compare(random.b.graph, seed, 40, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally.answered, 5000);
  EXPECT_GT(tally.failed, 3000);
}

TEST(Agreement, EnginesMeasureTheSameOnRandomGraphsWithFullQueues) {
  Tally tally;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    testing::RandomGraph random(seed, {.with_luck = true, .with_faults = seed % 2 == 0, .with_queues = true});
    compare(random.b.graph, seed, 40, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally.answered, 2000);
  EXPECT_GT(tally.failed, 2000);
}

TEST(Agreement, EnginesMeasureTheSameOnRandomDeploymentsUnderLoad) {
  Tally tally;
  testing::CaseOptions options;
  options.with_tcp = true;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const auto random = testing::random_case(seed, options);
    auto graph = deployment::lower(random.scenario, random.plan);
    ASSERT_TRUE(graph) << to_text(graph.error());
    graph->arrivals.process = scenarios::Arrivals::Process::poisson;
    graph->arrivals.period = Seconds(0.02);
    compare(*graph, seed, 60, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally.answered, 15'000);
  EXPECT_GT(tally.by_exits, 1000);
  EXPECT_GT(tally.waited, 3000);
}

}  // namespace
}  // namespace tiercut
