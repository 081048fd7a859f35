// SPDX-License-Identifier: Apache-2.0
// What the search rests on, and what holds for every answer.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "planner/thresholds/threshold_baselines.hpp"
#include "planner/thresholds/threshold_front.hpp"
#include "tests/planner_thresholds/brute_force_thresholds.hpp"
#include "tests/planner_thresholds/random_trace.hpp"

namespace tiercut::planner {
namespace {

/// Choices that let each exit's surest `cut[k]` distinct scores stop.
std::vector<ExitChoice> choices_at(const ThresholdProblem& problem, const std::vector<std::size_t>& cut) {
  std::vector<ExitChoice> choices;
  for (std::size_t k = 0; k < problem.exits.size(); ++k) {
    std::set<double, std::greater<>> scores;
    for (std::size_t i = 0; i < problem.samples(); ++i) scores.insert(sureness(problem.exits[k], i));
    std::optional<double> in, out;
    std::size_t position = 0;
    for (const double score : scores) {
      if (position++ < cut[k]) {
        in = score;
      } else {
        out = score;
        break;
      }
    }
    choices.push_back(choice_between(problem.exits[k].measure, in, out));
    if (cut[k] == 0) choices.back() = {true, true, {}};
  }
  return choices;
}

std::vector<std::size_t> random_cut(RandomStream& random, const ThresholdProblem& problem) {
  std::vector<std::size_t> cut;
  for (std::size_t k = 0; k < problem.exits.size(); ++k) cut.push_back(testing::draw(random, problem.samples() + 1));
  return cut;
}

/// Whether letting the group of samples at `score` stop at exit k loses nothing against any later answer.
bool loses_nothing(const ThresholdProblem& problem, std::size_t k, double score) {
  const auto& exit = problem.exits[k];
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    if (sureness(exit, i) != score || exit.may_answer[i] == 0) continue;
    for (std::size_t later = k + 1; later < problem.exits.size(); ++later)
      if (problem.exits[later].may_answer[i] != 0 && problem.exits[later].loss[i] < exit.loss[i]) return false;
    if (problem.final_loss[i] < exit.loss[i]) return false;
  }
  return true;
}

TEST(ThresholdLemma, LoweringPastSamplesThatLoseNothingRaisesNeitherLossNorCost) {
  int lowered = 0, barred = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    RandomStream random(seed, entity_id("lemma"), 0);
    const std::size_t exits = 1 + testing::draw(random, 4), samples = 5 + testing::draw(random, 20);
    const auto trace = testing::random_trace(random, samples, exits);
    const auto problem = *make_threshold_problem(trace, {LossKind::error});
    auto costs = testing::random_costs(random, samples, exits, true);
    costs.uses.clear();
    auto cut = random_cut(random, problem);
    const std::size_t k = testing::draw(random, exits);
    const auto before = replay(problem, choices_at(problem, cut));
    std::set<double, std::greater<>> scores;
    for (std::size_t i = 0; i < samples; ++i) scores.insert(sureness(problem.exits[k], i));
    if (cut[k] >= scores.size()) continue;
    if (!loses_nothing(problem, k, *std::next(scores.begin(), static_cast<std::ptrdiff_t>(cut[k])))) {
      ++barred;
      continue;
    }
    ++cut[k];
    const auto after = replay(problem, choices_at(problem, cut));
    ASSERT_LE(after.loss, before.loss) << "seed " << seed;
    ASSERT_LE(mean_cost(costs, after.answered), mean_cost(costs, before.answered) + 1e-9) << "seed " << seed;
    for (const auto& limit : costs.limits)
      ASSERT_LE(mean_amount(limit, after.answered), mean_amount(limit, before.answered) + 1e-9) << "seed " << seed;
    ++lowered;
  }
  EXPECT_GT(lowered, 1000);
  EXPECT_GT(barred, 400);
}

TEST(ThresholdLoss, F1WeightsSayExactlyWhetherF1IsReached) {
  int reached = 0, missed = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    RandomStream random(seed, entity_id("f1"), 0);
    const auto trace = testing::random_trace(random, 25, 2);
    const LossChoice loss{LossKind::f1, 1, 0.2 + 0.75 * random.uniform()};
    const auto problem = *make_threshold_problem(trace, loss);
    const auto choices = choices_at(problem, random_cut(random, problem));
    // F1 from the confusion of the answers, sample by sample.
    double tp = 0, fp = 0, fn = 0;
    for (std::size_t i = 0; i < trace.size(); ++i) {
      std::size_t level = 0;
      for (; level < 2; ++level) {
        const auto& exit = problem.exits[level];
        if (!choices[level].threshold || exit.may_answer[i] == 0) continue;
        const bool is_entropy = exit.measure == model::Confidence::normalized_entropy;
        if (is_entropy ? exit.score[i] <= *choices[level].threshold : exit.score[i] >= *choices[level].threshold) break;
      }
      const bool says = trace.answer_of(level, i) == 1, is = trace.labels[i] == 1;
      tp += says && is;
      fp += says && !is;
      fn += !says && is;
    }
    if (tp + fn == 0) continue;
    const double f1 = 2 * tp / (2 * tp + fp + fn);
    if (std::abs(f1 - loss.f1) < 1e-4) continue;
    const bool is_reached = replay(problem, choices).loss <= f1_budget(trace, loss);
    ASSERT_EQ(is_reached, f1 >= loss.f1) << "seed " << seed << ", F1 " << f1 << ", limit " << loss.f1;
    ++(is_reached ? reached : missed);
  }
  EXPECT_GT(reached, 50);
  EXPECT_GT(missed, 50);
}

TEST(ExitChoices, LieMidwayBetweenNeighbours) {
  const auto entropy = choice_between(model::Confidence::normalized_entropy, -0.25, -0.5);
  EXPECT_DOUBLE_EQ(*entropy.threshold, 0.375);
  const auto probability = choice_between(model::Confidence::max_probability, 0.75, 0.5);
  EXPECT_DOUBLE_EQ(*probability.threshold, 0.625);
  // Neighbouring doubles have no middle: the confident one itself separates them.
  const double next = std::nextafter(0.5, 0);
  EXPECT_EQ(*choice_between(model::Confidence::max_probability, 0.5, next).threshold, 0.5);
  EXPECT_EQ(*choice_between(model::Confidence::normalized_entropy, -next, -0.5).threshold, next);
  // All stop: the end of the range. Nobody stops: between the surest and the other end, if there is room.
  EXPECT_EQ(*choice_between(model::Confidence::normalized_entropy, -0.5, {}).threshold, 1.0);
  EXPECT_EQ(*choice_between(model::Confidence::margin, 0.5, {}).threshold, 0.0);
  EXPECT_DOUBLE_EQ(*choice_between(model::Confidence::max_probability, {}, 0.5).threshold, 0.75);
  EXPECT_FALSE(choice_between(model::Confidence::max_probability, {}, 1.0).threshold);
  EXPECT_TRUE(choice_between(model::Confidence::max_probability, {}, 1.0).is_closed);
}

TEST(LevelLimits, CountLateSamplesLikeNearestRank) {
  const std::vector<double> latency = {1, 2, 3};
  // Rank ceil(.99 * 150) = 149: one sample may be late.
  EXPECT_NEAR(percentile_limit(latency, 2, 0.99, 150).most * 150, 1, 1e-9);
  EXPECT_NEAR(percentile_limit(latency, 2, 0.99, 100).most * 100, 1, 1e-9);
  EXPECT_NEAR(percentile_limit(latency, 2, 0.99, 99).most * 99, 0, 1e-9);
  EXPECT_NEAR(late_limit(latency, 2, 0.29, 100).most * 100, 29, 1e-9);  // 0.29 * 100 = 28.999999999999996
  EXPECT_EQ(late_limit(latency, 2, 0.1, 100).amount, (std::vector<double>{0, 0, 1}));
}

TEST(ThresholdPlacements, ShareOneIncumbentAndGiveTheCheapest) {
  const auto trace = testing::synthetic_trace({}, 3, 300, 300);
  const auto problem = *make_threshold_problem(trace, {LossKind::gap});
  RandomStream random(4, entity_id("placements"), 0);
  std::vector<LevelCosts> placements;
  for (int p = 0; p < 30; ++p) placements.push_back(testing::random_costs(random, 300, 4, p % 5 != 0));
  for (auto& placement : placements)
    for (auto& cost : placement.cost) cost += 10;
  double least = INFINITY;
  for (const auto& placement : placements) {
    const auto alone = ThresholdOptimiser(problem).cheapest(5, {{placement}});
    if (alone->has_thresholds()) least = std::min(least, alone->cost);
  }
  ThresholdOptimiser optimiser(problem);
  const auto together = optimiser.cheapest(5, placements);
  ASSERT_EQ(together->status, ThresholdStatus::optimal);
  EXPECT_NEAR(together->cost, least, 1e-9);
  const auto again = optimiser.cheapest(5, placements, {{}, together->cost});
  EXPECT_EQ(again->status, ThresholdStatus::no_better);
  EXPECT_NEAR(again->lower_bound, together->cost, 1e-9);
}

TEST(ThresholdSearch, StoppedEarlyKeepsAValidBoundAndIsDeterministic) {
  const auto trace = testing::synthetic_trace({}, 5, 3000, 3000);
  const auto problem = *make_threshold_problem(trace, {LossKind::error});
  const LevelCosts costs{"five", {1, 2, 4, 9, 20}};
  std::uint64_t final_loss = 0;
  for (const auto loss : problem.final_loss) final_loss += loss;
  const auto best = ThresholdOptimiser(problem).cheapest(final_loss, {{costs}});
  ASSERT_EQ(best->status, ThresholdStatus::optimal);
  int with_gap = 0;
  for (const std::uint64_t nodes : {1, 3, 10, 30, 100, 300, 1000, 3000}) {
    const ThresholdOptions options{{.nodes = nodes}};
    const auto some = ThresholdOptimiser(problem).cheapest(final_loss, {{costs}}, options);
    ASSERT_TRUE(some->has_thresholds());
    EXPECT_LE(some->lower_bound, best->cost + 1e-9);
    EXPECT_GE(some->cost, best->cost - 1e-9);
    EXPECT_LE(some->loss, final_loss);
    with_gap += some->status == ThresholdStatus::feasible && some->gap() > 0 ? 1 : 0;
    const auto same = ThresholdOptimiser(problem).cheapest(final_loss, {{costs}}, options);
    EXPECT_EQ(some->cost, same->cost);
    EXPECT_EQ(some->lower_bound, same->lower_bound);
    EXPECT_EQ(some->survivors, same->survivors);
  }
  EXPECT_GE(with_gap, 3);
}

TEST(ThresholdSearch, StoppedByItsCallerSaysSo) {
  const auto trace = testing::synthetic_trace({}, 5, 3000, 3000);
  const auto problem = *make_threshold_problem(trace, {LossKind::gap});
  const ThresholdOptions options{{.should_stop = [] { return true; }}};
  const auto some = ThresholdOptimiser(problem).cheapest(50, {{LevelCosts{"five", {1, 2, 4, 9, 20}}}}, options);
  EXPECT_EQ(some->status, ThresholdStatus::feasible);
  EXPECT_GT(some->gap(), 0);
}

TEST(ThresholdFront, EqualsBruteForceAtEveryBudget) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    RandomStream random(seed, entity_id("front"), 0);
    const auto trace = testing::random_trace(random, 12, 3);
    const auto problem = *make_threshold_problem(trace, {seed % 2 == 0 ? LossKind::error : LossKind::gap});
    const std::vector<LevelCosts> placements = {testing::random_costs(random, 12, 3, true),
                                                testing::random_costs(random, 12, 3, true)};
    ThresholdOptimiser optimiser(problem);
    const auto front = *threshold_front(optimiser, 8, placements);
    for (std::uint64_t budget = 0; budget <= 8; ++budget) {
      double expected = INFINITY, found = INFINITY;
      for (const auto& placement : placements)
        expected = std::min(expected, testing::brute_force(problem, budget, placement).cost.value_or(INFINITY) / 12);
      for (const auto& answer : front)
        if (answer.loss <= budget) found = std::min(found, answer.cost);
      if (std::isinf(expected)) {
        ASSERT_TRUE(std::isinf(found)) << "seed " << seed << ", budget " << budget;
      } else {
        ASSERT_NEAR(found, expected, 1e-9) << "seed " << seed << ", budget " << budget;
      }
    }
    for (std::size_t p = 1; p < front.size(); ++p) {
      EXPECT_GT(front[p].loss, front[p - 1].loss);
      EXPECT_LT(front[p].cost, front[p - 1].cost);
    }
  }
}

TEST(ThresholdBaselines, KeepBudgetAndLimitsAndNeverBeatTheOptimum) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    RandomStream random(seed, entity_id("baselines"), 0);
    const std::size_t exits = 1 + testing::draw(random, 3);
    const auto trace = testing::random_trace(random, 20, exits);
    const auto problem = *make_threshold_problem(trace, {LossKind::error});
    const auto costs = testing::random_costs(random, 20, exits, true);
    const std::uint64_t budget = testing::draw(random, 12);
    ThresholdOptimiser optimiser(problem);
    const auto best = *optimiser.cheapest(budget, {{costs}});
    for (const auto& baseline : {shared_threshold(problem, budget, costs), grid_thresholds(problem, budget, costs, 6),
                                 descend_coordinates(optimiser, budget, costs)}) {
      if (!baseline.has_thresholds()) continue;
      ++compared;
      ASSERT_TRUE(best.has_thresholds()) << "seed " << seed << ' ' << baseline.method;
      EXPECT_GE(baseline.cost, best.cost - 1e-9) << "seed " << seed << ' ' << baseline.method;
      EXPECT_LE(baseline.loss, budget);
      EXPECT_TRUE(keeps_limits(costs, baseline.answered));
    }
  }
  EXPECT_GT(compared, 300);
}

TEST(ThresholdProblems, RefuseWhatTheyCannotUse) {
  RandomStream random(1, entity_id("refuse"), 0);
  auto trace = testing::random_trace(random, 5, 2);
  EXPECT_EQ(make_threshold_problem(trace, {}, {}, {"exit9"}).error().front().code, "bad-trace-use");
  EXPECT_EQ(make_threshold_problem(trace, {}, profiles::TracePart::test).error().front().code, "bad-trace-use");
  const auto problem = *make_threshold_problem(trace, {});
  EXPECT_EQ(ThresholdOptimiser(problem).cheapest(1, {{LevelCosts{"short", {1, 2}}}}).error().front().code,
            "bad-level-costs");
  trace.scores[0][3].normalized_entropy = trace.scores[0][3].margin = trace.scores[0][3].max_probability = NAN;
  EXPECT_EQ(make_threshold_problem(trace, {}).error().front().code, "bad-trace-use");
}

}  // namespace
}  // namespace tiercut::planner
