// SPDX-License-Identifier: Apache-2.0
#include "training/layers/optimizer_step.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tiercut::training {
namespace {

/// Values that take steps along gradients of our choice.
struct Stepper {
  Optimizer optimizer;
  Parameters parameters;
  Moments moments;
  std::int64_t steps = 0;

  Stepper(const Optimizer& by, std::size_t count, std::size_t decayed = 0, std::size_t clipped = 0)
      : optimizer(by), parameters{FloatBuffer(count), FloatBuffer(count), decayed, clipped} {
    moments = make_moments(optimizer, parameters);
  }
  float operator()(float gradient) {
    parameters.gradient.fill(gradient);
    take_step(optimizer, ++steps, parameters, moments);
    return parameters.values.data()[0];
  }
};

TEST(Sgd, WithoutMomentumGoesDownTheSlope) {
  Stepper step({.rate = 0.5, .momentum = 0}, 1);
  EXPECT_EQ(step(3), -1.5F);
  EXPECT_EQ(step(-1), -1.0F);
}

// With a constant gradient g the velocity is g (1 - m^k) / (1 - m) in step k.
TEST(Sgd, WithMomentumSumsAGeometricSeries) {
  Stepper step({.rate = 0.1, .momentum = 0.9}, 1);
  double wanted = 0;
  for (int k = 1; k <= 20; ++k) {
    wanted -= 0.1 * 2 * (1 - std::pow(0.9, k)) / 0.1;
    EXPECT_NEAR(step(2), wanted, 1e-5 * std::abs(wanted)) << "step " << k;
  }
}

// Nesterov's step is g + m v: with v as above.
TEST(Sgd, WithNesterovLooksAhead) {
  Stepper step({.rate = 0.1, .momentum = 0.9, .is_nesterov = true}, 1);
  double wanted = 0;
  for (int k = 1; k <= 20; ++k) {
    wanted -= 0.1 * (2 + 0.9 * 2 * (1 - std::pow(0.9, k)) / 0.1);
    EXPECT_NEAR(step(2), wanted, 1e-5 * std::abs(wanted)) << "step " << k;
  }
}

// On f = a w^2 / 2 each step multiplies w by 1 - rate (a + decay); what is no weight does not decay.
TEST(Sgd, DecaysWeightsOnly) {
  Stepper step({.rate = 0.1, .momentum = 0, .weight_decay = 0.5}, 2, 1);
  step.parameters.values.fill(1);
  step(0);
  EXPECT_FLOAT_EQ(step.parameters.values.data()[0], 0.95F);
  EXPECT_EQ(step.parameters.values.data()[1], 1.0F);
}

// A constant gradient has both corrected moments at g and g^2: a step of the rate, whatever the gradient.
TEST(Adam, MovesByTheRateAlongAConstantGradient) {
  for (const float gradient : {1e-3F, 1.0F, 500.0F}) {
    Stepper step({.method = Optimizer::Method::adam, .rate = 0.01, .epsilon = 1e-12}, 1);
    for (int k = 1; k <= 50; ++k) EXPECT_NEAR(step(gradient), -0.01 * k, 2e-5 * k);
  }
}

// By hand, beta 0.9 and 0.999, gradients 1 and -1: m = 0.1, then -0.01, corrected by 0.1 and 0.19; v corrected is 1.
TEST(Adam, TwoStepsByHand) {
  Stepper step({.method = Optimizer::Method::adam, .rate = 1, .epsilon = 1e-12}, 1);
  EXPECT_NEAR(step(1), -1, 1e-5);
  EXPECT_NEAR(step(-1), -1 + 0.01 / 0.19, 1e-5);
}

// By hand, first step: m / sqrt(v) is 1, so w = -1 / (1 + epsilon).
TEST(Adam, AddsEpsilonToTheCorrectedRoot) {
  Stepper step({.method = Optimizer::Method::adam, .rate = 1, .epsilon = 0.25}, 1);
  EXPECT_NEAR(step(1), -1 / 1.25, 1e-6);
}

TEST(TakeStep, KeepsRealWeightsOfBinaryLayersWithinOne) {
  Stepper step({.rate = 1, .momentum = 0}, 2, 0, 1);
  step(5);
  EXPECT_EQ(step.parameters.values.data()[0], -1.0F);
  EXPECT_EQ(step.parameters.values.data()[1], -5.0F);
}

TEST(Optimizer, RefusesValuesOutOfRangeAllAtOnce) {
  const Result<void> checked = check({.rate = -1, .momentum = 1, .beta2 = 1.5, .weight_decay = NAN});
  ASSERT_FALSE(checked);
  ASSERT_EQ(checked.error().size(), 4u);
  EXPECT_EQ(checked.error()[0].code, "bad-optimizer");
  EXPECT_EQ(checked.error()[1].message, "momentum is 1, not in [0, 1)");
}

}  // namespace
}  // namespace tiercut::training
