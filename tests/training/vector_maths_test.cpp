// SPDX-License-Identifier: Apache-2.0
// Every width of vectors that this processor has, against float64 loops.
#include "training/layers/vector_maths.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>

namespace tiercut::training {
namespace {

std::vector<float> random_floats(Index count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> value(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& x : values) x = value(random);
  return values;
}

class VectorMathsOf : public testing::TestWithParam<const VectorMaths*> {
 protected:
  const VectorMaths& maths_ = *GetParam();
};

float element(const Operand& matrix, Index row, Index column) {
  return matrix.is_transposed ? matrix.values[column * matrix.columns + row]
                              : matrix.values[row * matrix.columns + column];
}

TEST_P(VectorMathsOf, AddsProductsOfAllShapes) {
  for (const Index rows : {1, 2, 7, 33}) {
    for (const Index depth : {1, 5, 64, 301}) {
      for (const Index columns : {1, 3, 16, 50}) {
        const auto left = random_floats(rows * depth, 1), right = random_floats(depth * columns, 2);
        for (const int transposed : {0, 1, 2}) {
          const Operand a =
              transposed == 1 ? Operand{left.data(), depth, rows, true} : Operand{left.data(), rows, depth};
          const Operand b =
              transposed == 2 ? Operand{right.data(), columns, depth, true} : Operand{right.data(), depth, columns};
          std::vector<float> c(static_cast<std::size_t>(rows * columns), 0.5F);
          maths_.add_product(a, b, c.data());
          for (Index i = 0; i < rows * columns; ++i) {
            double wanted = 0.5;
            for (Index k = 0; k < depth; ++k) {
              wanted += double{element(a, i / columns, k)} * double{element(b, k, i % columns)};
            }
            // Sums of products below 1: rounding of each is at most 6e-8 of a partial sum.
            ASSERT_NEAR(c[static_cast<std::size_t>(i)], wanted, 6e-8 * static_cast<double>(depth + 1) * 4)
                << rows << "x" << depth << "x" << columns << " transposed " << transposed;
          }
        }
      }
    }
  }
}

TEST_P(VectorMathsOf, Sums) {
  for (const Index count : {0, 1, 15, 1024, 5003}) {
    const auto x = random_floats(count, 3), y = random_floats(count, 4);
    double sum = 0, dot = 0, squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += double{x[i]};
      dot += (double{x[i]} - 0.25) * double{y[i]};
      squares += (double{x[i]} - 0.25) * (double{x[i]} - 0.25);
    }
    const double near = 1e-6 * std::sqrt(static_cast<double>(count) + 1);
    EXPECT_NEAR(maths_.sum(x.data(), count), sum, near);
    EXPECT_NEAR(maths_.centred_dot(x.data(), 0.25F, y.data(), count), dot, near);
    EXPECT_NEAR(maths_.squared_distance(x.data(), 0.25F, count), squares, 2e-7 * squares + 1e-9);
  }
}

TEST_P(VectorMathsOf, FindsWhatIsNotFiniteWhereverItIs) {
  for (const Index count : {0, 1, 17, 100}) {
    std::vector<float> x = random_floats(count, 5);
    EXPECT_TRUE(maths_.is_finite(x.data(), count));
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        const float kept = std::exchange(x[i], bad);
        EXPECT_FALSE(maths_.is_finite(x.data(), count)) << i << " of " << count;
        x[i] = kept;
      }
    }
  }
  const std::vector<float> largest(64, std::numeric_limits<float>::max());
  EXPECT_TRUE(maths_.is_finite(largest.data(), 64));
}

TEST_P(VectorMathsOf, ActivatesAndKeepsNan) {
  std::vector<float> x = {-100, -3, -1e-4F, 0, 0.5F, 2, 9, 100, INFINITY, -INFINITY, NAN, 1, 2, 3, 4, 5, 6, 7};
  std::vector<float> sigmoid(x.size()), tanh(x.size());
  const auto count = static_cast<Index>(x.size());
  maths_.sigmoid(x.data(), sigmoid.data(), count);
  maths_.tanh(x.data(), tanh.data(), count);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) {
      EXPECT_TRUE(std::isnan(sigmoid[i]) && std::isnan(tanh[i]));
      continue;
    }
    EXPECT_NEAR(sigmoid[i], 1 / (1 + std::exp(-double{x[i]})), 1e-6) << x[i];
    EXPECT_NEAR(tanh[i], std::tanh(double{x[i]}), 1e-6) << x[i];
  }
}

TEST_P(VectorMathsOf, StepsAsTheFormulasSay) {
  const Index count = 2500;
  const auto gradient = random_floats(count, 6), start = random_floats(count, 7);
  const auto first = random_floats(count, 8);
  auto second = random_floats(count, 9);
  for (float& v : second) v = std::abs(v) + 0.01F;
  for (const bool is_nesterov : {false, true}) {
    std::vector<float> values = start, velocity = first;
    maths_.sgd({0.1F, 0.8F, 0.01F, is_nesterov}, gradient.data(), velocity.data(), values.data(), count);
    for (std::size_t i = 0; i < start.size(); ++i) {
      const double g = gradient[i] + 0.01 * start[i], v = 0.8 * first[i] + g;
      ASSERT_NEAR(velocity[i], v, 1e-6);
      ASSERT_NEAR(values[i], start[i] - 0.1 * (is_nesterov ? g + 0.8 * v : v), 1e-6);
    }
  }
  std::vector<float> values = start, m = first, v = second;
  maths_.adam({0.1F, 0.9F, 0.99F, 0.1F, 0.01F, 1e-3F, 0.01F, 2}, gradient.data(), m.data(), v.data(), values.data(),
              count);
  for (std::size_t i = 0; i < start.size(); ++i) {
    const double g = gradient[i] + 0.01 * start[i];
    const double mean = 0.9 * first[i] + 0.1 * g, square = 0.99 * second[i] + 0.01 * g * g;
    ASSERT_NEAR(m[i], mean, 1e-6);
    ASSERT_NEAR(v[i], square, 1e-6);
    ASSERT_NEAR(values[i], start[i] - 0.1 * mean / (2 * std::sqrt(square) + 1e-3), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryWidth, VectorMathsOf, testing::ValuesIn(all_vector_maths()),
                         [](const auto& maths) { return std::string(maths.param->name); });

}  // namespace
}  // namespace tiercut::training
