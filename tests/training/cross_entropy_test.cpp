// SPDX-License-Identifier: Apache-2.0
#include "training/layers/cross_entropy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;

Dataset labelled(std::vector<int> labels) {
  Dataset data;
  data.name = "labels";
  data.labels = std::move(labels);
  return data;
}

// Softmax of (0, ln 3) is (1/4, 3/4).
const std::vector<float> one_to_three = {0, std::log(3.0F)};

TEST(CrossEntropy, OfOneSampleIsMinusTheLogarithmOfItsProbability) {
  const Dataset data = labelled({1});
  const std::vector<std::size_t> samples = {0};
  std::vector<float> gradient(2, 9.0F);
  const TermOutcome outcome =
      cross_entropy({0, 1, {}}, {data, samples}, 2, one_to_three.data(), {gradient.data(), false});
  EXPECT_NEAR(outcome.loss, std::log(4.0 / 3), 1e-7);
  EXPECT_EQ(outcome.correct, 1u);
  EXPECT_EQ(outcome.counted, 1u);
  EXPECT_NEAR(gradient[0], 0.25, 1e-7);
  EXPECT_NEAR(gradient[1], -0.25, 1e-7);
}

TEST(CrossEntropy, AddsItsGradientTimesItsWeightWhereAsked) {
  const Dataset data = labelled({0});
  const std::vector<std::size_t> samples = {0};
  std::vector<float> gradient = {1, 2};
  const TermOutcome outcome =
      cross_entropy({0, 0.5, {}}, {data, samples}, 2, one_to_three.data(), {gradient.data(), true});
  EXPECT_NEAR(outcome.loss, std::log(4.0), 1e-7);  // without the weight
  EXPECT_EQ(outcome.correct, 0u);
  EXPECT_NEAR(gradient[0], 1 - 0.5 * 0.75, 1e-7);
  EXPECT_NEAR(gradient[1], 2 + 0.5 * 0.75, 1e-7);
}

TEST(CrossEntropy, IsTheMeanOverSamplesWhoseClassCounts) {
  const Dataset data = labelled({2, 0, 1, 2});
  const std::vector<std::size_t> samples = {0, 1, 2, 3};
  std::vector<float> scores;
  for (int i = 0; i < 4; ++i) scores.insert(scores.end(), one_to_three.begin(), one_to_three.end());
  std::vector<float> gradient(8, 9.0F);
  // Data class 0 does not count, 1 is this layer's 0, 2 its 1: losses ln 4/3, -, ln 4, ln 4/3.
  const TermOutcome outcome =
      cross_entropy({0, 1, {-1, 0, 1}}, {data, samples}, 2, scores.data(), {gradient.data(), false});
  EXPECT_NEAR(outcome.loss, (2 * std::log(4.0 / 3) + std::log(4.0)) / 3, 1e-7);
  EXPECT_EQ(outcome.counted, 3u);
  EXPECT_EQ(outcome.correct, 2u);
  EXPECT_EQ(gradient[2], 0);
  EXPECT_EQ(gradient[3], 0);
  EXPECT_NEAR(gradient[4], -0.75 / 3, 1e-7);
}

TEST(CrossEntropy, OfNoCountingSampleIsZero) {
  const Dataset data = labelled({0});
  const std::vector<std::size_t> samples = {0};
  std::vector<float> gradient(2, 9.0F);
  const TermOutcome outcome =
      cross_entropy({0, 1, {-1}}, {data, samples}, 2, one_to_three.data(), {gradient.data(), false});
  EXPECT_EQ(outcome.loss, 0);
  EXPECT_EQ(gradient, (std::vector<float>{0, 0}));
}

TEST(CrossEntropy, NeitherOverflowsNorRoundsAProbabilityToZero) {
  const Dataset data = labelled({0});
  const std::vector<std::size_t> samples = {0};
  const std::vector<float> scores = {-1000, 1000};
  std::vector<float> gradient(2);
  const TermOutcome outcome = cross_entropy({0, 1, {}}, {data, samples}, 2, scores.data(), {gradient.data(), false});
  EXPECT_EQ(outcome.loss, 2000);
  EXPECT_EQ(gradient, (std::vector<float>{-1, 1}));
}

/// The step's loss is the weighted sum of what the terms have; a class outside of a term's range is refused.
TEST(JointLoss, AddsItsTermsWithTheirWeights) {
  ModelBuilder builder;
  const LayerId trunk = builder.linear(builder.input({4}), 5);
  const LayerId early = builder.linear(trunk, 2), late = builder.linear(trunk, 3);
  const model::Model model = builder.finish(late, {early});
  Network network = make_network(model, {{early, 0.25, {0, 1, -1}}, {late, 2, {}}}, {.rate = 0});
  Dataset data = random_data(model, 30, 3, 3);
  const auto samples = all_samples(data);
  const Result<StepResult> step = network.step({data, samples});
  ASSERT_TRUE(step) << to_text(step.error());
  ASSERT_EQ(step->term_loss.size(), 2u);
  EXPECT_NEAR(step->loss, 0.25 * step->term_loss[0] + 2 * step->term_loss[1], 1e-12);
  EXPECT_EQ(step->counted[0],
            static_cast<std::size_t>(std::ranges::count_if(data.labels, [](int k) { return k < 2; })));
  EXPECT_EQ(step->counted[1], 30u);
  // From the answers: this net has no batch statistics, so training and answering are the same.
  const std::vector<float> answers = network.probabilities({data, samples}, late);
  double loss = 0;
  for (std::size_t i = 0; i < 30; ++i) loss -= std::log(answers[3 * i + static_cast<std::size_t>(data.labels[i])]) / 30;
  EXPECT_NEAR(step->term_loss[1], loss, 1e-6);

  data.labels[7] = 3;
  const Result<StepResult> refused = network.step({data, samples});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "label-out-of-range");
}

}  // namespace
}  // namespace tiercut::training
