// SPDX-License-Identifier: Apache-2.0
#include "kernels/confidence.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tiercut::kernels {
namespace {

using Probabilities = std::vector<float>;

// By hand: log 2 / log 4 = 1/2; (1/2 log 2 + 2 * 1/4 log 4) / log 4 = (1/4 + 1/2) = 3/4; dyadic, so float32 is exact.
TEST(Confidence, NormalizedEntropyByHand) {
  EXPECT_DOUBLE_EQ(normalized_entropy(Probabilities{0.25F, 0.25F, 0.25F, 0.25F}), 1);
  EXPECT_EQ(normalized_entropy(Probabilities{0, 1, 0, 0}), 0);
  EXPECT_DOUBLE_EQ(normalized_entropy(Probabilities{0.5F, 0, 0.5F, 0}), 0.5);
  EXPECT_DOUBLE_EQ(normalized_entropy(Probabilities{0.5F, 0.25F, 0.25F, 0}), 0.75);
  EXPECT_EQ(normalized_entropy(Probabilities{1}), 0);
}

TEST(Confidence, MaxProbabilityAndMarginByHand) {
  const Probabilities p = {0.125F, 0.625F, 0.25F};
  EXPECT_EQ(max_probability(p), 0.625);
  EXPECT_EQ(margin(p), 0.375);
  EXPECT_EQ(margin(Probabilities{0.5F, 0.5F}), 0);
  EXPECT_EQ(margin(Probabilities{0.75F, 0.25F}), 0.5);
  EXPECT_EQ(margin(Probabilities{1}), 1);
}

TEST(Confidence, ChoosesTheMeasure) {
  const Probabilities p = {0.5F, 0.25F, 0.25F, 0};
  EXPECT_DOUBLE_EQ(confidence(model::Confidence::normalized_entropy, p), 0.75);
  EXPECT_EQ(confidence(model::Confidence::max_probability, p), 0.5);
  EXPECT_EQ(confidence(model::Confidence::margin, p), 0.25);
}

// Not a number is below no threshold and above none, so it never exits.
TEST(Confidence, NanStaysNan) {
  for (const std::size_t at : {0u, 1u, 2u}) {
    Probabilities p = {0.5F, 0.25F, 0.25F};
    p[at] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(normalized_entropy(p)));
    EXPECT_TRUE(std::isnan(max_probability(p)));
    EXPECT_TRUE(std::isnan(margin(p)));
  }
}

}  // namespace
}  // namespace tiercut::kernels
