// SPDX-License-Identifier: Apache-2.0
// Gradients and losses of every layer type against finite differences of a float64 network that shares no code with
// training/. The differences are good to about 1e-9 (the loss is near 1, rounding 1e-16 over a step of 1.5e-5, and the
// fourth-order remainder is far below); what remains is the float32 of the pass under test: sums of at most some
// hundreds of terms, hence 2e-5 of the largest gradient of the layer. A wrong term is off by parts of one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reference_network.hpp"
#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

ReferenceNetwork reference_of(const model::Model& model, const std::vector<LossTerm>& loss, Network& network) {
  ReferenceNetwork reference(model, loss);
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const auto values = network.parameters(id);
    reference.parameters.emplace_back(values.begin(), values.end());
  }
  return reference;
}

/// Biases, scales and slopes away from their round initial values.
void disturb(const model::Model& model, Network& network, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> shift(-0.3F, 0.3F);
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    for (float& value : network.parameters(id)) value = std::clamp(value + shift(random), -1.0F, 1.0F);
  }
}

void expect_right_gradients(const model::Model& model, const std::vector<LossTerm>& loss, std::uint64_t seed) {
  Network network = make_network(model, loss, {.rate = 0}, seed);
  disturb(model, network, seed);
  const Dataset data = random_data(model, 7, 3, seed + 1);
  const auto samples = all_samples(data);
  const Batch batch{data, samples};
  ReferenceNetwork reference = reference_of(model, loss, network);
  const double wanted_loss = reference.anchor(batch);
  const Result<StepResult> step = network.step(batch);
  ASSERT_TRUE(step) << to_text(step.error());
  EXPECT_NEAR(step->loss, wanted_loss, 2e-6 * std::max(1.0, wanted_loss));
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const std::vector<float> gradient = network.gradient(batch, id);
    ASSERT_EQ(gradient.size(), network.parameters(id).size());
    std::vector<double> wanted;
    double largest = 1e-3;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      wanted.push_back(reference.derivative(batch, id, i));
      largest = std::max(largest, std::abs(wanted.back()));
    }
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      EXPECT_NEAR(gradient[i], wanted[i], 2e-5 * largest) << model.layer(id).name << " parameter " << i;
    }
  }
}

class GradientOf : public testing::TestWithParam<LayerType> {};

TEST_P(GradientOf, EqualsDifferencesOfTheLoss) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const TypeCase made = random_case_of(GetParam(), seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(made.model.layer(made.tested)));
    expect_right_gradients(made.model, {{made.scores, 1, {}}}, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryType, GradientOf, testing::ValuesIn(computed_types()),
                         [](const auto& type) { return std::string(to_text(type.param)); });

/// A trunk that three layers read, one of them twice, exits on the way, and losses of unequal weight.
TEST(Gradient, OfSharedTensorsAndSeveralExitsIsTheSum) {
  ModelBuilder builder;
  const LayerId image = builder.input({1, 5, 5});
  const LayerId trunk = builder.convolution(image, 2, 3, 1);
  const LayerId flat = builder.add(LayerType::flatten, {trunk});
  const LayerId early = builder.linear(flat, 3);
  const LayerId rectified = builder.add(LayerType::relu, {trunk});
  const LayerId twice = builder.add(LayerType::join_add, {rectified, trunk, rectified});
  const LayerId late = builder.linear(twice, 3);
  const model::Model model = builder.finish(late, {early});
  expect_right_gradients(model, {{early, 0.3, {}}, {late, 1.7, {}}, {early, 0.5, {2, -1, 0}}}, 5);
}

/// Binary blocks as DDNN stacks them: float input, then signs into a second block, then a binary layer of scores.
TEST(Gradient, GoesStraightThroughStackedBinaryBlocks) {
  ModelBuilder builder;
  model::LayerParameters block;
  block.outputs = 3;
  block.window = {3, 3, 1, 1, 1, 1};
  block.pool = {3, 3, 2, 2, 1, 1};
  const LayerId first = builder.add(LayerType::binary_conv_p, {builder.input({2, 8, 8})}, block);
  const LayerId second = builder.add(LayerType::binary_conv_p, {first}, block);
  model::LayerParameters scores;
  scores.outputs = 3;
  const LayerId local = builder.add(LayerType::binary_fc, {first}, scores);
  const LayerId last = builder.add(LayerType::binary_fc, {second}, scores);
  const model::Model model = builder.finish(last, {local});
  for (std::uint64_t seed = 1; seed <= 5; ++seed) expect_right_gradients(model, {{local, 1, {}}, {last, 1, {}}}, seed);
}

}  // namespace
}  // namespace tiercut::training
