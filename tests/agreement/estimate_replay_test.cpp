// SPDX-License-Identifier: Apache-2.0
// Two interpreters written apart from each other read the same stage graph: the planner's estimate and the checker's
// replay.
#include <gtest/gtest.h>

#include "deployment/lowering.hpp"
#include "deployment/plan_checker.hpp"
#include "deployment/relaxation.hpp"
#include "deployment/replay.hpp"
#include "planner/estimate.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut {
namespace {

struct Tally {
  int compared = 0, with_exits = 0, with_joins = 0, overlapped = 0;
};

Tally compare(const testing::CaseOptions& options, std::uint64_t first_seed, std::uint64_t cases) {
  Tally tally;
  for (std::uint64_t seed = first_seed; seed < first_seed + cases; ++seed) {
    const auto random = testing::random_case(seed, options);
    const auto graph = deployment::lower(random.scenario, random.plan);
    if (!graph) {
      ADD_FAILURE() << "seed " << seed << "\n" << to_text(graph.error());
      continue;
    }
    const auto estimate = planner::estimate(*graph);
    if (!estimate) {
      ADD_FAILURE() << "seed " << seed << "\n" << to_text(estimate.error());
      continue;
    }
    double total = 0;
    for (const auto& outcome : estimate->outcomes) {
      std::vector<bool> conclusive;
      for (const auto exit : outcome.exits) conclusive.push_back(exit == 1);
      bool overlapped = false;
      const auto latency = deployment::replay(*graph, conclusive, &overlapped);
      if (overlapped) {
        ++tally.overlapped;
        continue;
      }
      EXPECT_TRUE(latency.has_value()) << "seed " << seed;
      if (!latency) continue;
      EXPECT_EQ(latency->picoseconds(), outcome.latency.picoseconds())
          << "seed " << seed << " outcome of probability " << outcome.probability;
      Span sum;
      for (const auto term : outcome.terms) sum += term;
      EXPECT_EQ(sum.picoseconds(), outcome.latency.picoseconds()) << "seed " << seed;
      total += outcome.probability;
      ++tally.compared;
    }
    if (estimate->outcomes.size() > 1) ++tally.with_exits;
    if (!random.scenario.joins.empty()) ++tally.with_joins;
    const double bound = deployment::mean_latency_bound(random.scenario, random.plan);
    EXPECT_LE(bound, estimate->latency_s.mean * (1 + 1e-12)) << "seed " << seed;
    if (::testing::Test::HasFailure()) break;
  }
  return tally;
}

TEST(Agreement, EstimateEqualsReplayToThePicosecondOnRandomDeployments) {
  const auto tally = compare({}, 1, 3000);
  EXPECT_GT(tally.compared, 5000);
  EXPECT_GT(tally.with_exits, 500);
  EXPECT_GT(tally.with_joins, 300);
}

TEST(Agreement, EstimateEqualsReplayOnChains) {
  testing::CaseOptions options;
  options.is_chain = true;
  EXPECT_GT(compare(options, 100'001, 2000).compared, 2000);
}

TEST(Agreement, EstimateEqualsReplayWithWindows) {
  testing::CaseOptions options;
  options.with_tcp = true;
  EXPECT_GT(compare(options, 200'001, 1500).compared, 1500);
}

TEST(Agreement, EstimateEqualsReplayOnFairLinksWhereMessagesDoNotOverlap) {
  testing::CaseOptions options;
  options.with_fair_links = true;
  const auto tally = compare(options, 300'001, 1500);
  EXPECT_GT(tally.compared, 1000);
  EXPECT_GT(tally.overlapped, 0);  // the generator does reach contention
}

}  // namespace
}  // namespace tiercut
