// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/distances.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tiercut::validation {
namespace {

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<double> some_values() {
  std::vector<double> values;
  for (const int each : *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12)))) {
    values.push_back(each / 4.0);
  }
  return sorted(std::move(values));
}

double below(const std::vector<double>& values, double x) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), [x](double v) { return v <= x; })) /
         static_cast<double>(values.size());
}

TEST(KolmogorovSmirnov, ClosedForms) {
  const std::vector<double> a{1, 2, 3, 4}, b{11, 12, 13}, shifted{2, 3, 4, 5};
  EXPECT_EQ(kolmogorov_smirnov(a, a), 0);
  EXPECT_EQ(kolmogorov_smirnov(a, b), 1);           // nothing in common
  EXPECT_EQ(kolmogorov_smirnov(a, shifted), 0.25);  // one of four below all of the other
  const std::vector<double> with_never{1, 2, 3, INFINITY};
  EXPECT_EQ(kolmogorov_smirnov(a, with_never), 0.25);
}

RC_GTEST_PROP(KolmogorovSmirnov, IsTheLargestDifferenceAnywhere, ()) {
  const auto a = some_values(), b = some_values();
  double most = 0;  // brute force: at every value of either
  for (const auto* side : {&a, &b}) {
    for (const double x : *side) most = std::max(most, std::fabs(below(a, x) - below(b, x)));
  }
  RC_ASSERT(std::fabs(kolmogorov_smirnov(a, b) - most) < 1e-12);
  RC_ASSERT(kolmogorov_smirnov(a, b) == kolmogorov_smirnov(b, a));
}

TEST(Wasserstein, ClosedForms) {
  const std::vector<double> a{1, 2, 3, 4}, shifted{3, 4, 5, 6};
  EXPECT_DOUBLE_EQ(wasserstein(a, shifted), 2);  // a shift by 2
  const std::vector<double> point{0}, two{1, 3};
  EXPECT_DOUBLE_EQ(wasserstein(point, two), 2);  // half a unit of mass by 1, half by 3
  EXPECT_EQ(wasserstein(a, a), 0);
}

RC_GTEST_PROP(Wasserstein, IsTheMeanDifferenceOfMatchedQuantiles, ()) {
  const auto a = some_values(), b = some_values();
  // Every value repeated so often that both have as many: then the optimal transport pairs them in order.
  const std::size_t n = std::lcm(a.size(), b.size());
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::fabs(a[i * a.size() / n] - b[i * b.size() / n]);
  RC_ASSERT(std::fabs(wasserstein(a, b) - sum / static_cast<double>(n)) < 1e-9);
}

TEST(KendallTau, ClosedForms) {
  const std::vector<double> up{1, 2, 3, 4, 5}, down{5, 4, 3, 2, 1}, swapped{1, 2, 3, 5, 4};
  EXPECT_DOUBLE_EQ(kendall_tau(up, up), 1);
  EXPECT_DOUBLE_EQ(kendall_tau(up, down), -1);
  EXPECT_DOUBLE_EQ(kendall_tau(up, swapped), 0.8);  // 9 of 10 pairs agree, 1 does not
  // One tie in a: 5 of 6 pairs are ordered there, all 6 in b, and all 5 agree: 5 / sqrt(5 x 6).
  const std::vector<double> tied{1, 1, 2, 3}, other{1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(kendall_tau(tied, other), 5 / std::sqrt(30.0));
  const std::vector<double> flat{1, 1};
  EXPECT_EQ(kendall_tau(flat, flat), 0);
}

TEST(Choose, RegretIsWhatTheChoiceCostsMore) {
  const std::vector<double> predicted{3, 1, 2}, measured{30, 22, 20};
  const Choice choice = choose(predicted, measured);
  EXPECT_EQ(choice.chosen, 1u);
  EXPECT_EQ(choice.best, 2u);
  EXPECT_NEAR(choice.regret, 0.1, 1e-12);
}

TEST(BoundedLeastSquares, SolvesWhatCanBeSolvedAndKeepsToItsBounds) {
  // x = (2, 3) exactly.
  const std::vector<std::vector<double>> rows{{1, 0}, {1, 1}, {2, 1}};
  const std::vector<double> weights{1, 5, 2}, least{0, 0};
  const auto exact = bounded_least_squares(rows, std::vector<double>{2, 5, 7}, weights, least);
  EXPECT_NEAR(exact[0], 2, 1e-9);
  EXPECT_NEAR(exact[1], 3, 1e-9);
  // Without bounds (1, -1): with x1 >= 0 the rest is a mean of 1 and 0, weighted 3 to 1.
  const std::vector<std::vector<double>> two{{1, 0}, {1, 1}};
  const auto bound = bounded_least_squares(two, std::vector<double>{1, 0}, std::vector<double>{3, 1}, least);
  EXPECT_NEAR(bound[0], 0.75, 1e-9);
  EXPECT_EQ(bound[1], 0);
}

RC_GTEST_PROP(BoundedLeastSquares, NoNeighbourWithinTheBoundsIsBetter, ()) {
  std::vector<std::vector<double>> rows;
  std::vector<double> target, weights;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    rows.push_back({*rc::gen::inRange(0, 4) / 1.0, *rc::gen::inRange(0, 4) / 1.0});
    target.push_back(*rc::gen::inRange(-8, 9));
    weights.push_back(*rc::gen::inRange(1, 5));
  }
  const std::vector<double> least{-1, 0};
  const auto x = bounded_least_squares(rows, target, weights, least);
  const auto cost = [&](double a, double b) {
    double sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      sum += weights[i] * std::pow(target[i] - rows[i][0] * a - rows[i][1] * b, 2);
    }
    return sum;
  };
  RC_ASSERT(x[0] >= -1 && x[1] >= 0);
  for (const double da : {-0.01, 0.0, 0.01}) {
    for (const double db : {-0.01, 0.0, 0.01}) {
      if (x[0] + da < -1 || x[1] + db < 0) continue;
      RC_ASSERT(cost(x[0] + da, x[1] + db) >= cost(x[0], x[1]) - 1e-7);
    }
  }
}

}  // namespace
}  // namespace tiercut::validation
