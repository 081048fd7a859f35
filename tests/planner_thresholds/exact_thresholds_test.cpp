// SPDX-License-Identifier: Apache-2.0
// The joint choice of thresholds against all (N+1)^K threshold vectors.
#include <gtest/gtest.h>

#include <cmath>

#include "planner/thresholds/thresholds.hpp"
#include "tests/planner_thresholds/brute_force_thresholds.hpp"
#include "tests/planner_thresholds/random_trace.hpp"

namespace tiercut::planner {
namespace {

constexpr LossKind kinds[] = {LossKind::error, LossKind::gap, LossKind::disagreement, LossKind::class_error,
                              LossKind::f1};

struct Case {
  ThresholdProblem problem;
  LevelCosts costs;
  std::uint64_t budget = 0;
};

Case random_case(std::uint64_t seed, bool is_in_order) {
  RandomStream random(seed, entity_id("threshold case"), 0);
  const std::size_t exits = 1 + testing::draw(random, 4);
  const std::size_t most[] = {30, 30, 18, 12};
  const std::size_t samples = 10 + testing::draw(random, most[exits - 1] - 9);
  const auto trace = testing::random_trace(random, samples, exits);
  const LossChoice loss{kinds[seed % std::size(kinds)], 1, 0.5 + 0.45 * random.uniform()};
  Case one{*make_threshold_problem(trace, loss), testing::random_costs(random, samples, exits, is_in_order), 0};
  one.budget = loss.kind == LossKind::f1 ? f1_budget(trace, loss) : testing::draw(random, samples / 2);
  return one;
}

/// Empty when all is well.
std::string mismatch(const Case& one, std::uint64_t& vectors, int& feasible) {
  const auto expected = testing::brute_force(one.problem, one.budget, one.costs);
  vectors += expected.vectors;
  ThresholdOptimiser optimiser(one.problem);
  const auto found = optimiser.cheapest(one.budget, {{one.costs}});
  if (!found) return to_text(found.error());
  const auto samples = static_cast<double>(one.problem.samples());
  if (!expected.cost) return found->status == ThresholdStatus::infeasible ? "" : "found what does not exist";
  ++feasible;
  if (found->status != ThresholdStatus::optimal) return "not proven optimal: " + std::string(to_text(found->status));
  if (std::abs(found->cost * samples - *expected.cost) > 1e-6)
    return "cost " + std::to_string(found->cost * samples) + ", brute force " + std::to_string(*expected.cost);
  if (std::abs(found->lower_bound - found->cost) > 1e-9) return "a gap at a proven optimum";
  if (found->loss > one.budget) return "over the loss budget";
  if (!keeps_limits(one.costs, found->answered)) return "over a limit";
  if (optimiser.quick_bound(one.budget, one.costs) * samples > *expected.cost + 1e-6) return "bound above the optimum";
  return {};
}

TEST(ExactThresholds, EqualBruteForceOverAllVectors) {
  std::uint64_t vectors = 0;
  int feasible = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed)
    ASSERT_EQ(mismatch(random_case(seed, true), vectors, feasible), "") << "seed " << seed;
  EXPECT_GT(feasible, 1500);
  EXPECT_LT(feasible, 2950);
  EXPECT_GT(vectors, 3'000'000U);
}

TEST(ExactThresholds, EqualBruteForceWhereCostFallsWithTheLevel) {
  std::uint64_t vectors = 0;
  int feasible = 0;
  for (std::uint64_t seed = 5000; seed < 5600; ++seed)
    ASSERT_EQ(mismatch(random_case(seed, false), vectors, feasible), "") << "seed " << seed;
  EXPECT_GT(feasible, 300);
}

TEST(ExactThresholds, LeastLossEqualsBruteForce) {
  int compared = 0;
  for (std::uint64_t seed = 7000; seed < 7300; ++seed) {
    const auto one = random_case(seed, true);
    const auto expected = testing::brute_force(one.problem, one.budget, one.costs);
    const auto found = ThresholdOptimiser(one.problem).least_loss({{one.costs}});
    ASSERT_EQ(found->has_thresholds(), expected.least_loss.has_value()) << "seed " << seed;
    if (!expected.least_loss) continue;
    ASSERT_EQ(found->loss, *expected.least_loss) << "seed " << seed;
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

}  // namespace
}  // namespace tiercut::planner
