// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

/// A layer of every type that holds values: convolution, normalisation, PReLU, binary blocks, linear.
model::Model model_with_all_values() {
  ModelBuilder builder;
  const LayerId image = builder.convolution(builder.input({1, 6, 6}), 2, 3, 1);
  model::LayerParameters slopes;
  slopes.is_per_channel = true;
  const LayerId rectified =
      builder.add(LayerType::prelu, {builder.add(LayerType::batch_normalization, {image})}, slopes);
  model::LayerParameters block;
  block.outputs = 3;
  block.window = {3, 3, 1, 1, 1, 1};
  block.pool = {2, 2, 2, 2, 0, 0};
  const LayerId signs = builder.add(LayerType::binary_conv_p, {rectified}, block);
  model::LayerParameters features;
  features.outputs = 7;
  return builder.finish(builder.linear(builder.add(LayerType::binary_fc, {signs}, features), 3));
}

const std::vector<Optimizer> optimizers = {
    {.rate = 0.05, .momentum = 0.9, .weight_decay = 1e-3},
    {.rate = 0.05, .momentum = 0.9, .is_nesterov = true},
    {.method = Optimizer::Method::adam, .rate = 0.01},
};

void train(Network& network, const Dataset& data, int steps) {
  const auto samples = all_samples(data);
  for (int i = 0; i < steps; ++i) {
    const auto batch = std::span(samples).subspan(static_cast<std::size_t>(i % 3) * 8, 8);
    const Result<StepResult> step = network.step({data, batch});
    ASSERT_TRUE(step) << to_text(step.error());
  }
}

TEST(NetworkState, GoesOnBitByBitWhereItWasSaved) {
  const model::Model model = model_with_all_values();
  const Dataset data = random_data(model, 24, 3, 2);
  const LayerId answer = model.output();
  for (const Optimizer& optimizer : optimizers) {
    Network through = make_network(model, {{answer, 1, {}}}, optimizer, 1);
    train(through, data, 7);
    const std::string saved = through.state();
    train(through, data, 6);
    Network resumed = make_network(model, {{answer, 1, {}}}, optimizer, 99);
    const Result<void> set = resumed.set_state(saved);
    ASSERT_TRUE(set) << to_text(set.error());
    EXPECT_EQ(resumed.state(), saved);
    for (int i = 7; i < 13; ++i) {
      const auto samples = all_samples(data);
      ASSERT_TRUE(resumed.step({data, std::span(samples).subspan(static_cast<std::size_t>((i - 7) % 3) * 8, 8)}));
    }
    EXPECT_EQ(resumed.state(), through.state());
  }
}

TEST(NetworkState, RefusesWhatIsDamagedOrForeignAndStaysAsItIs) {
  const model::Model model = model_with_all_values();
  Network network = make_network(model, {{model.output(), 1, {}}});
  train(network, random_data(model, 24, 3, 2), 2);
  const std::string good = network.state();
  Network other = make_network(model, {{model.output(), 1, {}}}, {}, 5);
  const std::string own = other.state();
  std::string flipped = good, renamed = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  renamed[0] = 'T';
  for (const std::string& bad : {std::string(), std::string("tiercut"), good.substr(0, good.size() - 1),
                                 good.substr(0, good.size() / 2), flipped, renamed, good + "x"}) {
    const Result<void> set = other.set_state(bad);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error()[0].code, "bad-training-state");
    EXPECT_EQ(other.state(), own);
  }
  Network by_adam = make_network(model, {{model.output(), 1, {}}}, {.method = Optimizer::Method::adam});
  EXPECT_FALSE(by_adam.set_state(good));
  ModelBuilder builder;
  const model::Model small = builder.finish(builder.linear(builder.input({36}), 3));
  EXPECT_FALSE(make_network(small, {{small.output(), 1, {}}}).set_state(good));
}

TEST(NetworkWeights, GiveAnotherNetworkTheSameAnswers) {
  const model::Model model = model_with_all_values();
  const Dataset data = random_data(model, 24, 3, 2);
  Network trained = make_network(model, {{model.output(), 1, {}}}, {.rate = 0.05});
  train(trained, data, 9);
  Network loaded = make_network(model, {{model.output(), 1, {}}}, {}, 77);
  const auto samples = all_samples(data);
  const auto wanted = trained.probabilities({data, samples}, model.output());
  EXPECT_NE(loaded.probabilities({data, samples}, model.output()), wanted);
  const Result<void> set = loaded.set_weights(trained.weights());
  ASSERT_TRUE(set) << to_text(set.error());
  EXPECT_EQ(loaded.probabilities({data, samples}, model.output()), wanted);
  const auto again = loaded.weights(), first = trained.weights();
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(again[i].floats, first[i].floats);
    EXPECT_EQ(again[i].bits, first[i].bits);
  }
}

/// Two filters of 36 inputs, so that the second begins within a word: bit i is the sign of weight i, 0 counts as +1.
TEST(NetworkWeights, PackSignsFilterAfterFilter) {
  ModelBuilder builder;
  model::LayerParameters parameters;
  parameters.outputs = 2;
  const model::Model model = builder.finish(builder.add(LayerType::binary_fc, {builder.input({36})}, parameters));
  Network network = make_network(model, {{model.output(), 1, {}}});
  const std::span<float> values = network.parameters(1);
  ASSERT_EQ(values.size(), 36u * 2 + 2 * 2);
  for (std::size_t i = 0; i < 72; ++i) values[i] = i % 3 == 0 ? 0.0F : i % 3 == 1 ? -0.1F : 0.2F;
  const kernels::LayerWeights weights = network.weights()[1];
  ASSERT_EQ(weights.bits.size(), 2u);
  for (std::size_t i = 0; i < 72; ++i) EXPECT_EQ(weights.bits[i / 64] >> i % 64 & 1, i % 3 == 1 ? 0u : 1u) << i;
  EXPECT_EQ(weights.bits[1] >> 8, 0u);
  EXPECT_EQ(weights.floats, (std::vector<float>{1, 1, 0, 0, 0, 0, 1, 1}));  // gamma, beta, mean, variance
}

TEST(NetworkWeights, OfAnotherSizeAreRefusedByLayer) {
  const model::Model model = model_with_all_values();
  Network network = make_network(model, {{model.output(), 1, {}}});
  auto weights = network.weights();
  weights[1].floats.pop_back();
  weights[4].bits.clear();
  const Result<void> set = network.set_weights(weights);
  ASSERT_FALSE(set);
  ASSERT_EQ(set.error().size(), 2u);
  EXPECT_NE(set.error()[0].message.find("`layer1`"), std::string::npos);
  EXPECT_NE(set.error()[1].message.find("`layer4`"), std::string::npos);
}

}  // namespace
}  // namespace tiercut::training
