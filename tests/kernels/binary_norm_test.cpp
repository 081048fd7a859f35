// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_norm.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace tiercut::kernels {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// The definition (DDNN Fig. 3), in float64.
bool is_plus_one(float gamma, float beta, float mean, float variance, double x) {
  return gamma * (x - mean) / std::sqrt(variance + double{batch_norm_epsilon}) + beta >= 0;
}

/// Numbers of all sizes, with whole ones, zeros and negatives among them.
float drawn_number() {
  const int kind = *rc::gen::inRange(0, 4);
  if (kind == 0) return static_cast<float>(*rc::gen::inRange(-20, 21));
  return std::ldexp(static_cast<float>(*rc::gen::inRange(-1000, 1001)), *rc::gen::inRange(-40, 40));
}

RC_GTEST_PROP(BinaryNorm, FloatIntervalsEqualTheDefinition, ()) {
  const float gamma = drawn_number(), beta = drawn_number(), mean = drawn_number();
  const float variance = std::abs(drawn_number());
  const BinaryNorm norm({gamma, beta, mean, variance});
  const SignInterval<float> interval = float_sign_intervals(norm)[0];
  std::vector<float> xs = {0.0F, -0.0F, infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), mean};
  for (int i = 0; i < 20; ++i) xs.push_back(drawn_number());
  // The ends themselves and their neighbours, where a rounded threshold would be wrong.
  for (const float end : {interval.low, interval.high}) {
    xs.insert(xs.end(), {end, std::nextafter(end, infinity), std::nextafter(end, -infinity)});
  }
  for (const float x : xs) RC_ASSERT(interval.holds(x) == is_plus_one(gamma, beta, mean, variance, x));
}

RC_GTEST_PROP(BinaryNorm, IntegerIntervalsEqualTheDefinition, ()) {
  const float gamma = drawn_number(), beta = drawn_number(), mean = drawn_number();
  const float variance = std::abs(drawn_number());
  const int products = *rc::gen::inRange(1, 200);
  const SignInterval<std::int32_t> interval =
      integer_sign_intervals(BinaryNorm({gamma, beta, mean, variance}), products)[0];
  for (int x = -products; x <= products; ++x) {
    RC_ASSERT(interval.holds(x) == is_plus_one(gamma, beta, mean, variance, x));
  }
}

// By hand, with mean 2 and (nearly) unit deviation: x - 2 + 0.5 >= 0 from 2 on, -(x - 2) - 0.5 >= 0 up to 1.
TEST(BinaryNorm, ByHand) {
  const auto interval = [](float gamma, float beta) {
    return integer_sign_intervals(BinaryNorm({gamma, beta, 2, 1}), 9)[0];
  };
  EXPECT_EQ(interval(1, 0.5F).low, 2);
  EXPECT_EQ(interval(1, 0.5F).high, 9);
  EXPECT_EQ(interval(-1, -0.5F).low, -9);
  EXPECT_EQ(interval(-1, -0.5F).high, 1);
  EXPECT_TRUE(interval(0, 0).holds(-9) && interval(0, 0).holds(9));  // sign(0) = +1
  EXPECT_GT(interval(0, -1).low, interval(0, -1).high);
}

TEST(BinaryNorm, NanParametersGiveMinusOne) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& parameters : {std::vector<float>{nan, 1, 1, 1},
                                               {1, nan, 1, 1},
                                               {1, 1, nan, 1},
                                               {1, 1, 1, nan},
                                               {1, 1, 1, -5},
                                               {0, 1, 1, nan}}) {
    const SignInterval<float> interval = float_sign_intervals(BinaryNorm(parameters))[0];
    for (const float x : {-infinity, -1.0F, 0.0F, 1.0F, infinity}) EXPECT_FALSE(interval.holds(x));
  }
}

}  // namespace
}  // namespace tiercut::kernels
