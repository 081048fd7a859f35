// SPDX-License-Identifier: Apache-2.0
#include "training/learning_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

model::Model perceptron(std::int64_t inputs, std::int64_t hidden, std::int64_t classes, LayerType activation) {
  ModelBuilder builder;
  const LayerId features = builder.add(activation, {builder.linear(builder.input({inputs}), hidden)});
  return builder.finish(builder.linear(features, classes));
}

/// Which quadrant pair a point lies in: no line divides them.
Dataset exclusive_or(const model::Model& model, std::size_t count) {
  Dataset data = random_data(model, count, 2, 4);
  for (std::size_t i = 0; i < count; ++i) {
    data.labels[i] = (data.inputs[0].values[2 * i] > 0) != (data.inputs[0].values[2 * i + 1] > 0) ? 1 : 0;
  }
  return data;
}

double share_correct(Network& network, const Dataset& data, LayerId layer) {
  const auto samples = all_samples(data);
  const std::vector<float> answers = network.probabilities({data, samples}, layer);
  const std::size_t classes = answers.size() / samples.size();
  std::size_t correct = 0;
  for (const std::size_t i : samples) {
    const auto row = answers.begin() + static_cast<std::ptrdiff_t>(i * classes);
    correct += std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row == data.labels[i] ? 1 : 0;
  }
  return static_cast<double>(correct) / static_cast<double>(samples.size());
}

void train(Network& network, const Dataset& data, int epochs, std::size_t batch) {
  const auto samples = all_samples(data);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (std::size_t first = 0; first < samples.size(); first += batch) {
      const auto part = std::span(samples).subspan(first, std::min(batch, samples.size() - first));
      const Result<StepResult> step = network.step({data, part});
      ASSERT_TRUE(step) << to_text(step.error());
    }
  }
}

// A linear classifier gets at most three of four quadrants right.
TEST(Network, LearnsWhatNoLineDivides) {
  const model::Model model = perceptron(2, 16, 2, LayerType::relu);
  const Dataset data = exclusive_or(model, 400);
  for (const Optimizer& optimizer :
       {Optimizer{.rate = 0.1}, Optimizer{.method = Optimizer::Method::adam, .rate = 0.01}}) {
    Network network = make_network(model, {{model.output(), 1, {}}}, optimizer);
    train(network, data, 60, 20);
    EXPECT_GT(share_correct(network, data, model.output()), 0.97);
  }
}

TEST(Network, GivesTheSameBitsForASeedAndOthersForAnother) {
  const model::Model model = perceptron(2, 16, 2, LayerType::tanh);
  const Dataset data = exclusive_or(model, 100);
  const auto state_after = [&](std::uint64_t seed) {
    Network network = make_network(model, {{model.output(), 1, {}}}, {}, seed);
    train(network, data, 3, 30);
    return network.state();
  };
  EXPECT_EQ(state_after(1), state_after(1));
  EXPECT_NE(state_after(1), state_after(2));
}

/// A layer's start depends on its name, not on what stands around it; bounds by Glorot, and by He before a ReLU.
TEST(Network, StartsWithinTheBoundsOfGlorotAndHe) {
  for (const auto& [activation, bound] :
       {std::pair(LayerType::tanh, std::sqrt(6.0 / (300 + 200))), std::pair(LayerType::relu, std::sqrt(6.0 / 300))}) {
    const model::Model model = perceptron(300, 200, 2, activation);
    Network network = make_network(model, {{model.output(), 1, {}}});
    const auto values = network.parameters(1);
    double largest = 0, squares = 0;
    for (const float weight : values.first(60'000)) {
      largest = std::max(largest, std::abs(double{weight}));
      squares += double{weight} * double{weight} / 60'000;
    }
    EXPECT_LE(largest, bound * (1 + 1e-6));
    EXPECT_GT(largest, 0.999 * bound);
    EXPECT_NEAR(std::sqrt(squares), bound / std::sqrt(3.0), 0.01 * bound);  // of a uniform distribution
    for (const float bias : values.subspan(60'000)) EXPECT_EQ(bias, 0);
  }
}

TEST(Network, TakesInputsByNameWhereAllAreNamedElseByOrder) {
  ModelBuilder builder;
  const LayerId a = builder.input({2}), b = builder.input({2});
  const model::Model model = builder.finish(builder.linear(builder.add(LayerType::join_concatenate, {a, b}), 3));
  Network network = make_network(model, {{model.output(), 1, {}}});
  Dataset data = random_data(model, 5, 3, 1);
  const auto samples = all_samples(data);
  const auto wanted = network.probabilities({data, samples}, model.output());
  std::swap(data.inputs[0], data.inputs[1]);
  EXPECT_EQ(network.probabilities({data, samples}, model.output()), wanted);
  data.inputs[0].name = "left";
  EXPECT_NE(network.probabilities({data, samples}, model.output()), wanted);
  std::swap(data.inputs[0], data.inputs[1]);
  EXPECT_EQ(network.probabilities({data, samples}, model.output()), wanted);
}

TEST(Network, RefusesDataOfAnotherSize) {
  const model::Model model = perceptron(4, 3, 2, LayerType::relu), other = perceptron(5, 3, 2, LayerType::relu);
  Network network = make_network(model, {{model.output(), 1, {}}});
  const Dataset data = random_data(other, 3, 2, 1);
  const auto samples = all_samples(data);
  const Result<StepResult> step = network.step({data, samples});
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error()[0].code, "data-misfit");
  EXPECT_THROW(network.probabilities({data, samples}, model.output()), std::invalid_argument);
  const Dataset right = random_data(model, 3, 2, 1);
  EXPECT_EQ(network.step({right, {}}).error()[0].code, "empty-batch");
}

TEST(Network, RefusesLossesThatItCannotLearnFrom) {
  ModelBuilder builder;
  const LayerId image = builder.input({3});
  const LayerId plain = builder.add(LayerType::sigmoid, {image});
  const model::Model model = builder.finish(builder.linear(plain, 3), {plain});
  const auto code_of = [&](std::vector<LossTerm> loss) {
    const auto made = Network::make(model, std::move(loss), {}, 1);
    return made ? std::string() : made.error()[0].code;
  };
  EXPECT_EQ(code_of({{2, 1, {}}}), "");
  EXPECT_EQ(code_of({}), "bad-loss-term");
  EXPECT_EQ(code_of({{9, 1, {}}}), "bad-loss-term");
  EXPECT_EQ(code_of({{2, -1, {}}}), "bad-loss-term");
  EXPECT_EQ(code_of({{2, 1, {0, 3}}}), "bad-loss-term");
  EXPECT_EQ(code_of({{plain, 1, {}}}), "not-trainable");
}

/// The loss of a Softmax layer is that of its scores; so is an Output's behind it.
TEST(Network, TakesASoftmaxForItsScores) {
  ModelBuilder builder;
  const LayerId scores = builder.linear(builder.input({4}), 3);
  const LayerId softmax = builder.add(LayerType::softmax, {scores});
  const model::Model model = builder.finish(softmax);
  const Dataset data = random_data(model, 10, 3, 1);
  const auto samples = all_samples(data);
  std::vector<std::vector<float>> gradients;
  for (const LayerId layer : {scores, softmax, model.output()}) {
    Network network = make_network(model, {{layer, 1, {}}});
    gradients.push_back(network.gradient({data, samples}, scores));
    gradients.push_back(network.probabilities({data, samples}, layer));
  }
  EXPECT_EQ(gradients[0], gradients[2]);
  EXPECT_EQ(gradients[0], gradients[4]);
  EXPECT_EQ(gradients[1], gradients[3]);
  EXPECT_EQ(gradients[1], gradients[5]);
}

/// Momentum 0.9 and the estimate by n - 1: from 0 and 1, with a batch of -1 and 3 behind a layer that passes them on.
TEST(Network, RunningStatisticsFollowTheBatches) {
  ModelBuilder builder;
  const LayerId same = builder.linear(builder.input({1}), 1);
  const LayerId normalised = builder.add(LayerType::batch_normalization, {same});
  const model::Model model = builder.finish(builder.linear(normalised, 2));
  Network network = make_network(model, {{model.output(), 1, {}}}, {.rate = 0});
  network.parameters(same)[0] = 1;
  Dataset data = random_data(model, 2, 2, 1);
  data.inputs[0].values = {-1, 3};
  const auto samples = all_samples(data);
  ASSERT_TRUE(network.step({data, samples}));
  const std::vector<float> once = network.weights()[2].floats;
  EXPECT_FLOAT_EQ(once[2], 0.1F);             // mean 1
  EXPECT_FLOAT_EQ(once[3], 0.9F + 0.1F * 8);  // variance 8
  ASSERT_TRUE(network.step({data, samples}));
  EXPECT_FLOAT_EQ(network.weights()[2].floats[2], 0.19F);
}

TEST(Network, KeepsRealWeightsOfBinaryLayersWithinOne) {
  ModelBuilder builder;
  model::LayerParameters parameters;
  parameters.outputs = 3;
  const model::Model model = builder.finish(builder.add(LayerType::binary_fc, {builder.input({6})}, parameters));
  Network network = make_network(model, {{model.output(), 1, {}}}, {.rate = 500, .momentum = 0});
  const Dataset data = random_data(model, 20, 3, 1);
  train(network, data, 5, 20);
  int at_the_end = 0;
  for (const float weight : network.parameters(1).first(18)) {
    EXPECT_LE(std::abs(weight), 1);
    at_the_end += std::abs(weight) == 1 ? 1 : 0;
  }
  EXPECT_GT(at_the_end, 0);
}

}  // namespace
}  // namespace tiercut::training
