// SPDX-License-Identifier: Apache-2.0
#include "core/statistics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace tiercut {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(NearestRank, TextbookExample) {
  // Ranks ceil(p x 5) of 15 20 35 40 50: 0.05 -> 1st, 0.3 -> 2nd, 0.4 -> 2nd, 0.5 -> 3rd, 1 -> 5th.
  const std::vector<double> values = {15, 20, 35, 40, 50};
  EXPECT_EQ(nearest_rank(values, 0.05), 15);
  EXPECT_EQ(nearest_rank(values, 0.30), 20);
  EXPECT_EQ(nearest_rank(values, 0.40), 20);
  EXPECT_EQ(nearest_rank(values, 0.50), 35);
  EXPECT_EQ(nearest_rank(values, 1.00), 50);
}

TEST(NearestRank, PercentagesOfHundredsAreExact) {
  // Of 1..100 the p-th percentile is p; in doubles 0.07 x 100 and others come out above the whole number.
  const std::vector<double> values = one_to(100);
  for (int percent = 1; percent <= 100; ++percent) EXPECT_EQ(nearest_rank(values, percent / 100.0), percent);
  const std::vector<double> more = one_to(100'000);
  for (int percent = 1; percent <= 100; ++percent) EXPECT_EQ(nearest_rank(more, percent / 100.0), percent * 1000);
}

RC_GTEST_PROP(NearestRank, IsTheSmallestValueWithThatShareBelow, (std::vector<int> numbers)) {
  RC_PRE(!numbers.empty());
  const int thousandths = *rc::gen::inRange(1, 1001);
  std::sort(numbers.begin(), numbers.end());
  const std::vector<double> values(numbers.begin(), numbers.end());
  const double result = nearest_rank(values, thousandths / 1000.0);
  // By the definition, in whole numbers: the smallest value with 1000 x (count at or below) >= thousandths x n.
  const auto is_enough = [&](int candidate) {
    const auto count = std::count_if(numbers.begin(), numbers.end(), [&](int v) { return v <= candidate; });
    return 1000 * count >= static_cast<std::ptrdiff_t>(thousandths) * static_cast<std::ptrdiff_t>(numbers.size());
  };
  const auto expected = std::find_if(numbers.begin(), numbers.end(), is_enough);
  RC_ASSERT(expected != numbers.end());
  RC_ASSERT(result == *expected);
}

TEST(NearestRank, RefusesNonsense) {
  EXPECT_THROW(nearest_rank({}, 0.5), std::logic_error);
  const std::vector<double> one = {1};
  EXPECT_THROW(nearest_rank(one, 0.0), std::logic_error);
  EXPECT_THROW(nearest_rank(one, 1.5), std::logic_error);
}

TEST(Summarise, SortsItsValues) {
  std::vector<double> values = one_to(200);
  std::reverse(values.begin(), values.end());
  const Summary summary = summarise(values);
  EXPECT_EQ(summary.mean, 100.5);
  EXPECT_EQ(summary.p50, 100);
  EXPECT_EQ(summary.p90, 180);
  EXPECT_EQ(summary.p95, 190);
  EXPECT_EQ(summary.p99, 198);
  EXPECT_EQ(summary.max, 200);
}

TEST(Summarise, UnansweredSamplesCount) {
  std::vector<double> values(98, 1.0);
  values.push_back(infinity);
  values.push_back(infinity);
  const Summary summary = summarise(values);
  EXPECT_EQ(summary.p95, 1.0);
  EXPECT_EQ(summary.p99, infinity);
  EXPECT_EQ(summary.max, infinity);
  EXPECT_EQ(summary.mean, infinity);
}

TEST(Summarise, MeanKeepsItsDigits) {
  // 1e16 + 1 - 1e16 is 0 when summed naively; the mean of the four values is 1/2.
  const std::vector<double> values = {1e16, 1.0, -1e16, 1.0};
  EXPECT_EQ(summarise(values).mean, 0.5);
}

TEST(Summarise, MixtureOfTwoExits) {
  // 77 % answered in 30 ms, the rest in 61.42 ms: mean 0.77 x 30 + 0.23 x 61.42 = 37.2266 ms.
  const Summary summary = summarise(std::vector<WeightedValue>{{0.06142, 0.23}, {0.030, 0.77}});
  EXPECT_NEAR(summary.mean, 0.0372266, 1e-15);
  EXPECT_EQ(summary.p50, 0.030);
  EXPECT_EQ(summary.p90, 0.06142);
  EXPECT_EQ(summary.max, 0.06142);
}

TEST(Summarise, MixtureRanksTolerateRounding) {
  // Nine times 0.1 sums to a little less than 0.9 in doubles and must count as 0.9.
  std::vector<WeightedValue> mixture;
  for (int i = 1; i <= 10; ++i) mixture.push_back({static_cast<double>(i), 0.1});
  EXPECT_EQ(summarise(mixture).p90, 9);
  EXPECT_EQ(summarise(mixture).p50, 5);
}

TEST(Summarise, WhatCannotHappenHasNoSay) {
  const Summary summary = summarise(std::vector<WeightedValue>{{1.0, 1.0}, {infinity, 0.0}});
  EXPECT_EQ(summary.max, 1.0);
  EXPECT_EQ(summary.mean, 1.0);
  EXPECT_THROW(summarise(std::vector<WeightedValue>{{1.0, 0.0}}), std::logic_error);
}

RC_GTEST_PROP(Summarise, EqualWeightsAgreeWithPlainValues, (const std::vector<int>& numbers)) {
  RC_PRE(!numbers.empty());
  const std::vector<double> values(numbers.begin(), numbers.end());
  std::vector<WeightedValue> mixture;
  for (double value : values) mixture.push_back({value, 1.0 / static_cast<double>(values.size())});
  const Summary plain = summarise(values), mixed = summarise(mixture);
  for (Statistic statistic : {Statistic::p50, Statistic::p90, Statistic::p95, Statistic::p99, Statistic::max}) {
    RC_ASSERT(plain.at(statistic) == mixed.at(statistic));
  }
}

TEST(Statistic, NamesFollowTheFields) {
  const Summary summary{1, 2, 3, 4, 5, 6};
  std::string names;
  double expected = 1;
  for (Statistic statistic : all_statistics) {
    EXPECT_EQ(summary.at(statistic), expected++);
    names += std::string(to_text(statistic)) + ' ';
  }
  EXPECT_EQ(names, "mean p50 p90 p95 p99 max ");
}

TEST(RunningMean, AgreesWithTwoPasses) {
  // 2 4 4 4 5 5 7 9: mean 5, sum of squared deviations 32, unbiased variance 32 / 7.
  RunningMean running;
  EXPECT_EQ(running.variance(), 0);
  for (double value : {2, 4, 4, 4, 5, 5, 7, 9}) running.add(value);
  EXPECT_EQ(running.count(), 8u);
  EXPECT_DOUBLE_EQ(running.mean(), 5);
  EXPECT_DOUBLE_EQ(running.variance(), 32.0 / 7.0);
}

TEST(Student, QuantilesAreThoseOfTheTables) {
  // Abramowitz and Stegun, table 26.10.
  EXPECT_NEAR(student_quantile(0.975, 1), 12.706, 5e-4);
  EXPECT_NEAR(student_quantile(0.975, 2), 4.303, 5e-4);
  EXPECT_NEAR(student_quantile(0.975, 9), 2.262, 5e-4);
  EXPECT_NEAR(student_quantile(0.95, 30), 1.697, 5e-4);
  EXPECT_NEAR(student_quantile(0.995, 120), 2.617, 5e-4);
  EXPECT_NEAR(student_quantile(0.975, 100'001), 1.960, 5e-4);
  EXPECT_NEAR(student_quantile(0.5, 7), 0, 1e-9);
}

TEST(Student, IntervalIsTheTextbooks) {
  // Five values 1 ... 5: mean 3, deviation sqrt(2.5), t of 4 degrees 2.776: half a width of 1.963.
  RunningMean values;
  for (const double value : {1, 2, 3, 4, 5}) values.add(value);
  const Interval interval = confidence_interval(values, 0.95);
  EXPECT_NEAR(interval.low, 1.037, 5e-4);
  EXPECT_NEAR(interval.high, 4.963, 5e-4);
  values.add(std::numeric_limits<double>::infinity());
  EXPECT_EQ(confidence_interval(values, 0.95).high, std::numeric_limits<double>::infinity());
}

TEST(RunningMean, SurvivesALargeOffset) {
  RunningMean running;
  for (double value : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) running.add(value);
  EXPECT_DOUBLE_EQ(running.variance(), 30);  // deviations -6 -3 3 6: 90 / 3
}

}  // namespace
}  // namespace tiercut
