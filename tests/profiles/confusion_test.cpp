// SPDX-License-Identifier: Apache-2.0
#include "profiles/confusion.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tiercut::profiles {
namespace {

/// Counts of a network on the 10,000 test images of MNIST.
Confusion on_mnist(std::int64_t of_class, std::int64_t true_positive, std::int64_t false_positive) {
  return {true_positive, false_positive, 10'000 - of_class - false_positive, of_class - true_positive};
}

/// Big-Little, Table 3, in percent with two decimals; so 0.005 but for the paper's own rounding.
void expect_table(const Confusion& counts, double f1, double recall, double specificity, double precision) {
  EXPECT_NEAR(100 * counts.f1(), f1, 0.01);
  EXPECT_NEAR(100 * counts.recall(), recall, 0.01);
  EXPECT_NEAR(100 * counts.specificity(), specificity, 0.01);
  EXPECT_NEAR(100 * counts.precision(), precision, 0.01);
}

TEST(Confusion, GivesTable3OfBigLittleFromItsCounts) {
  // MNIST's test part has 1135 ones and 974 eights.
  expect_table(on_mnist(1135, 1123, 7), 99.16, 98.94, 99.92, 99.38);  // little, class 1
  expect_table(on_mnist(974, 939, 22), 97.05, 96.41, 99.76, 97.71);   // little, class 8
  expect_table(on_mnist(1135, 1125, 9), 99.16, 99.12, 99.90, 99.21);  // big, class 1
  expect_table(on_mnist(974, 943, 27), 97.02, 96.82, 99.70, 97.22);   // big, class 8
}

TEST(Confusion, CountsAndDivides) {
  Confusion counts;
  for (const auto& [is, called] : {std::pair{true, true}, {true, true}, {true, false}, {false, true}, {false, false}})
    counts.add(is, called);
  EXPECT_EQ(counts.total(), 5);
  EXPECT_DOUBLE_EQ(counts.precision(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(counts.recall(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(counts.specificity(), 1.0 / 2);
  EXPECT_DOUBLE_EQ(counts.f1(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(counts.accuracy(), 3.0 / 5);
}

TEST(Confusion, SaysWhenAMeasureHasNoMeaning) {
  const Confusion none_called{0, 0, 7, 3};
  EXPECT_TRUE(std::isnan(none_called.precision()));
  EXPECT_EQ(none_called.recall(), 0);
  EXPECT_EQ(none_called.f1(), 0);
  EXPECT_TRUE(std::isnan(Confusion{}.accuracy()));
}

}  // namespace
}  // namespace tiercut::profiles
