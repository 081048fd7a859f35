// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/sample_set.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tiercut::kernels {
namespace {

using Ranks = std::pair<std::size_t, std::size_t>;

/// Printed tables of the sign test's interval for the median at 95 % (as in Hollander and Wolfe, table A.2 upwards).
TEST(MedianRanks, AreThoseOfTheTables) {
  EXPECT_EQ(median_ranks(6), (Ranks{1, 6}));
  EXPECT_EQ(median_ranks(10), (Ranks{2, 9}));
  EXPECT_EQ(median_ranks(20), (Ranks{6, 15}));
  EXPECT_EQ(median_ranks(100), (Ranks{40, 61}));
}

/// Binomial coefficients by Pascal's triangle: the interval covers at least 95 %, the next narrower one less.
TEST(MedianRanks, CoverNinetyFivePercentAndNoMoreThanNeeded) {
  std::vector<double> row = {1};
  for (std::size_t n = 1; n <= 60; ++n) {
    std::vector<double> next(n + 1, 1);
    for (std::size_t k = 1; k < n; ++k) next[k] = row[k - 1] + row[k];
    row = next;
    if (n < 6) continue;
    const auto [low, high] = median_ranks(n);
    ASSERT_EQ(low + high, n + 1);
    const auto outside = [&](std::size_t rank) {
      double sum = 0;
      for (std::size_t k = 0; k < rank; ++k) sum += row[k];
      return 2 * sum / std::pow(2.0, static_cast<double>(n));
    };
    EXPECT_LE(outside(low), 0.05) << n;
    EXPECT_GT(outside(low + 1), 0.05) << n;
  }
}

TEST(MedianRanks, OfManyAreThoseOfTheNormalLimit) {
  // (n - 1.96 sqrt n) / 2 = 4902 for n = 10000.
  const auto [low, high] = median_ranks(10000);
  EXPECT_NEAR(static_cast<double>(low), 4902, 1);
  EXPECT_EQ(low + high, 10001U);
}

TEST(SampleSet, TellsPercentilesByNearestRank) {
  SampleSet samples;
  for (int i = 10; i >= 1; --i) samples.add(Seconds(i), 3);
  EXPECT_EQ(samples.median(), Seconds(5));
  EXPECT_EQ(samples.percentile(0.1), Seconds(1));
  EXPECT_EQ(samples.percentile(0.9), Seconds(9));
  EXPECT_EQ(samples.percentile(0.99), Seconds(10));
  EXPECT_EQ(samples.repetitions(), 30);
  // Ranks 2 and 9 of ten: (9 - 2) / 2 / 5.
  EXPECT_DOUBLE_EQ(samples.uncertainty(), 0.7);
  samples.add(Seconds(0.5), 1);
  EXPECT_EQ(samples.median(), Seconds(5));
}

TEST(SampleSet, KnowsNothingOfTheMedianBeforeSixSamples) {
  SampleSet samples;
  for (int i = 0; i < 5; ++i) samples.add(Seconds(1), 1);
  EXPECT_TRUE(std::isinf(samples.uncertainty()));
  samples.add(Seconds(1), 1);
  EXPECT_EQ(samples.uncertainty(), 0);
}

TEST(SampleSet, DisturbedVisitsDoNotMoveTheQuietMedian) {
  SampleSet samples;
  for (const double slower : {1.25, 1.0, 1.25}) {
    samples.begin_visit();
    for (const double time : {10, 11, 12}) samples.add(Seconds(slower * time), 1);
  }
  EXPECT_EQ(samples.median(), Seconds(12.5));
  EXPECT_EQ(samples.quiet_median(), Seconds(11));
}

TEST(SampleSet, IsOneVisitUnlessToldOtherwise) {
  SampleSet samples;
  for (const double time : {3, 1, 2}) samples.add(Seconds(time), 1);
  samples.begin_visit();  // one that got nothing
  EXPECT_EQ(samples.quiet_median(), samples.median());
}

}  // namespace
}  // namespace tiercut::kernels
