// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/drift_watch.hpp"

#include <gtest/gtest.h>

namespace tiercut::kernels {
namespace {

TEST(DriftWatch, FindsTimingsMoreThanFivePercentAboveTheMedian) {
  DriftWatch watch;
  for (const double time : {100.0, 102.0, 98.0, 101.0, 99.0}) EXPECT_FALSE(watch.add(Seconds(time)));
  EXPECT_EQ(watch.median(), Seconds(100));
  EXPECT_FALSE(watch.add(Seconds(104.9)));
  EXPECT_TRUE(watch.add(Seconds(106)));  // the median is still 100
  EXPECT_FALSE(watch.add(Seconds(90)));
  EXPECT_EQ(watch.slow_count(), 1U);
  EXPECT_EQ(watch.count(), 8U);
}

TEST(DriftWatch, SaysNothingBeforeItKnowsTheMachine) {
  DriftWatch watch;
  for (const double time : {1.0, 5.0, 1.0, 9.0, 1.0}) EXPECT_FALSE(watch.add(Seconds(time)));
  EXPECT_TRUE(watch.add(Seconds(1.06)));
}

TEST(DriftWatch, ComparesTheEndWithTheBeginning) {
  DriftWatch watch;
  EXPECT_EQ(watch.drift(), 1);
  for (int i = 0; i < 40; ++i) watch.add(Seconds(1 + 0.01 * i));
  // The lower medians of 1.36 ... 1.39 and of 1.00 ... 1.03.
  EXPECT_NEAR(watch.drift(), 1.37 / 1.01, 1e-12);
}

}  // namespace
}  // namespace tiercut::kernels
