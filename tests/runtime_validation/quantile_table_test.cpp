// SPDX-License-Identifier: Apache-2.0
#include "core/quantile_table.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tiercut {
namespace {

std::vector<double> even(std::size_t count, double from, double to) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(from + (to - from) * static_cast<double>(i) / static_cast<double>(count - 1));
  }
  return values;
}

TEST(QuantileTable, OfEvenValuesIsTheUniformDistribution) {
  const auto table = QuantileTable::of(even(1001, 2, 5));
  EXPECT_NEAR(table.mean(), 3.5, 1e-12);
  EXPECT_NEAR(table.deviation(), 3 / std::sqrt(12.0), 1e-12);  // (b - a) / sqrt(12)
  for (const double p : {0.0, 0.003, 0.1, 0.5, 0.77, 0.9995, 1.0}) EXPECT_NEAR(table.at(p), 2 + 3 * p, 1e-12) << p;
}

TEST(QuantileTable, MomentsAreThoseOfItsLines) {
  const auto table = QuantileTable::of(std::vector<double>{0, 0, 0, 1, 7, 20});
  double sum = 0, squares = 0;
  constexpr int steps = 1'000'000;  // the midpoint rule, as another way to integrate
  for (int i = 0; i < steps; ++i) {
    const double value = table.at((i + 0.5) / steps);
    sum += value / steps;
    squares += value * value / steps;
  }
  EXPECT_NEAR(table.mean(), sum, 1e-6);
  EXPECT_NEAR(table.deviation(), std::sqrt(squares - sum * sum), 1e-6);
}

TEST(QuantileTable, MovedMovesMeanAndDeviation) {
  const auto table = QuantileTable::of(std::vector<double>{1, 2, 4, 8}).moved(3, -1);
  const auto plain = QuantileTable::of(std::vector<double>{1, 2, 4, 8});
  EXPECT_NEAR(table.mean(), 3 * plain.mean() - 1, 1e-12);
  EXPECT_NEAR(table.deviation(), 3 * plain.deviation(), 1e-12);
}

TEST(QuantileTable, RefusesWhatIsNoTable) {
  EXPECT_EQ(QuantileTable::from(even(10, 0, 1)), nullptr);
  auto values = even(QuantileTable::size, 0, 1);
  EXPECT_NE(QuantileTable::from(values), nullptr);
  std::swap(values[3], values[9]);
  EXPECT_EQ(QuantileTable::from(values), nullptr);
  EXPECT_EQ(QuantileTable::of(std::vector<double>{4}).at(0.3), 4);
}

}  // namespace
}  // namespace tiercut
