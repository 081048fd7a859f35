// SPDX-License-Identifier: Apache-2.0
#include "training/session/confusion_matrix.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace tiercut::training {
namespace {

/// Two classes with these counts of class 1 against class 0.
ConfusionMatrix counted(int true_positives, int false_positives, int positives, int samples) {
  ConfusionMatrix matrix(2);
  for (int i = 0; i < samples; ++i) {
    const bool is_positive = i < positives;
    const bool is_called = is_positive ? i < true_positives : i - positives < false_positives;
    matrix.add(is_positive ? 1 : 0, is_called ? 1 : 0);
  }
  return matrix;
}

struct PaperRow {
  int true_positives, false_positives, positives;
  double recall, specificity, precision, f1;  // percent, as printed
};

// Table 3 of Big-Little inverts to whole counts on MNIST's 10,000 test images, of which 1135 show a 1 and 974 an 8.
TEST(ConfusionMatrix, GivesTheMeasuresThatBigLittlePrints) {
  const PaperRow rows[] = {{1123, 7, 1135, 98.94, 99.92, 99.38, 99.16},
                           {939, 22, 974, 96.41, 99.76, 97.71, 97.05},
                           {1125, 9, 1135, 99.12, 99.90, 99.21, 99.16},
                           {943, 27, 974, 96.82, 99.70, 97.22, 97.02}};
  for (const PaperRow& row : rows) {
    const auto counts = counted(row.true_positives, row.false_positives, row.positives, 10'000).against_rest(1);
    EXPECT_EQ(counts.true_positive, row.true_positives);
    EXPECT_NEAR(100 * counts.recall(), row.recall, 0.01);
    EXPECT_NEAR(100 * counts.specificity(), row.specificity, 0.01);
    EXPECT_NEAR(100 * counts.precision(), row.precision, 0.01);
    EXPECT_NEAR(100 * counts.f1(), row.f1, 0.01);
  }
}

// By hand: labels 0 0 1 2 2 2 called 0 1 1 2 2 0.
TEST(ConfusionMatrix, CountsByHand) {
  ConfusionMatrix matrix(3);
  const int labels[] = {0, 0, 1, 2, 2, 2};
  const int called[] = {0, 1, 1, 2, 2, 0};
  for (int i = 0; i < 6; ++i) matrix.add(labels[i], called[i]);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 4.0 / 6);
  EXPECT_EQ(matrix.count(2, 0), 1);
  const auto two = matrix.against_rest(2);
  EXPECT_EQ(two.true_positive, 2);
  EXPECT_EQ(two.false_positive, 0);
  EXPECT_EQ(two.false_negative, 1);
  EXPECT_EQ(two.true_negative, 3);
}

TEST(ConfusionMatrix, WithoutSamplesIsNoNumber) { EXPECT_TRUE(std::isnan(ConfusionMatrix(2).accuracy())); }

TEST(ConfusionMatrix, RefusesClassesThatAreNotThere) {
  ConfusionMatrix matrix(2);
  EXPECT_THROW(matrix.add(2, 0), std::out_of_range);
  EXPECT_THROW(matrix.add(0, -1), std::out_of_range);
}

}  // namespace
}  // namespace tiercut::training
