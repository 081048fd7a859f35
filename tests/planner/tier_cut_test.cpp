// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "core/random.hpp"
#include "planner/tier_problem.hpp"

namespace tiercut::planner {
namespace {

TierProblem random_problem(std::uint64_t seed) {
  RandomStream random(seed, entity_id("tiers"), 0);
  const auto below = [&](int n) { return std::min(n - 1, static_cast<int>(random.uniform() * n)); };
  TierProblem problem;
  problem.tiers = 1 + below(4);
  const int nodes = 1 + below(problem.tiers > 3 ? 5 : 7);
  for (int v = 0; v < nodes; ++v) {
    auto& costs = problem.costs.emplace_back();
    for (int t = 0; t < problem.tiers; ++t)
      costs.push_back(random.uniform() < 0.15 ? TierProblem::forbidden : below(20) - 4);
  }
  for (int p = 0; p + 1 < nodes; ++p) {
    if (random.uniform() < 0.2) continue;
    TierProblem::Tensor tensor{p, {}, {}};
    for (int c = p + 1; c < nodes; ++c)
      if (random.uniform() < 0.45) tensor.consumers.push_back(c);
    for (int t = 0; t + 1 < problem.tiers; ++t) tensor.hops.push_back(below(12));
    problem.tensors.push_back(tensor);
  }
  return problem;
}

std::int64_t brute_force(const TierProblem& problem) {
  std::vector<int> tier(problem.costs.size(), 0);
  std::int64_t least = TierProblem::forbidden;
  while (true) {
    least = std::min(least, cost_of_tiers(problem, tier));
    std::size_t digit = 0;
    for (; digit < tier.size(); ++digit) {
      tier[digit] = (tier[digit] + 1) % problem.tiers;
      if (tier[digit] != 0) break;
    }
    if (digit == tier.size()) return least;
  }
}

TEST(TierCut, AgreesWithBruteForceAndProvesIt) {
  int infeasible = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const TierProblem problem = random_problem(seed);
    const std::int64_t least = brute_force(problem);
    const TierCut cut = cheapest_tiers(problem);
    ASSERT_EQ(cut.is_feasible, least != TierProblem::forbidden) << "seed " << seed;
    if (!cut.is_feasible) {
      ++infeasible;
      continue;
    }
    ASSERT_EQ(cut.cost, least) << "seed " << seed;
    ASSERT_EQ(check_tiers(problem, cut), "") << "seed " << seed;
  }
  EXPECT_GT(infeasible, 50);
}

/// A worse placement with the cost it has, and every small change of the proof, must be refused.
TEST(TierCut, CheckerRefusesWhatIsNotProven) {
  int worse = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const TierProblem problem = random_problem(seed);
    const TierCut cut = cheapest_tiers(problem);
    if (!cut.is_feasible) continue;
    RandomStream random(seed, entity_id("wrong"), 0);
    const auto pick = [&](std::size_t n) {
      return std::min(n - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(n)));
    };

    TierCut moved = cut;
    moved.tier[pick(moved.tier.size())] = static_cast<int>(pick(static_cast<std::size_t>(problem.tiers)));
    moved.cost = cost_of_tiers(problem, moved.tier);
    if (moved.cost != TierProblem::forbidden && moved.cost > cut.cost) {
      ++worse;
      EXPECT_NE(check_tiers(problem, moved), "") << "seed " << seed;
    }
    TierCut cheaper = cut;
    --cheaper.cost;
    EXPECT_NE(check_tiers(problem, cheaper), "");
    TierCut bent = cut;
    ++bent.flow.along[pick(bent.flow.along.size())][pick(static_cast<std::size_t>(problem.tiers))];
    EXPECT_NE(check_tiers(problem, bent), "");
    TierCut cut_short = cut;
    cut_short.flow.along.pop_back();
    EXPECT_NE(check_tiers(problem, cut_short), "");
  }
  EXPECT_GT(worse, 100);
}

TEST(TierCut, AProducerPaysAHopOnce) {
  // Two consumers above share one transfer of 5: below everything costs 2 + 8 + 8; above, 2 + 5 + 1 + 1.
  TierProblem problem{2, {{2, 100}, {8, 1}, {8, 1}}, {{0, {1, 2}, {5}}}};
  const TierCut cut = cheapest_tiers(problem);
  EXPECT_EQ(cut.cost, 9);
  EXPECT_EQ(cut.tier, (std::vector<int>{0, 1, 1}));
  EXPECT_EQ(check_tiers(problem, cut), "");
  problem.tensors[0].hops[0] = 15;
  EXPECT_EQ(cheapest_tiers(problem).cost, 18);
}

RC_GTEST_PROP(TierCut, IsNeverBeaten, (std::uint64_t seed)) {
  const TierProblem problem = random_problem(seed);
  const TierCut cut = cheapest_tiers(problem);
  RC_ASSERT((brute_force(problem) == TierProblem::forbidden) == !cut.is_feasible);
  if (cut.is_feasible) RC_ASSERT(cut.cost == brute_force(problem));
}

}  // namespace
}  // namespace tiercut::planner
