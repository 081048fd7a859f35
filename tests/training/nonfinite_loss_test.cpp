// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

struct Fixture {
  model::Model model;
  LayerId first, second;
  Dataset data;
  std::vector<std::size_t> samples;

  Fixture() {
    ModelBuilder builder;
    first = builder.linear(builder.input({4}), 5);
    second = builder.linear(builder.add(LayerType::batch_normalization, {first}), 3);
    model = builder.finish(second);
    data = random_data(model, 12, 3, 1);
    samples = all_samples(data);
  }
};

void expect_refusal(Network& network, const Fixture& with, const std::string& message, const std::string& hint) {
  const std::string before = network.state();
  const Result<StepResult> step = network.step({with.data, with.samples});
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error()[0].code, "loss-not-finite");
  EXPECT_NE(step.error()[0].message.find(message), std::string::npos) << step.error()[0].message;
  EXPECT_NE(step.error()[0].hint.find(hint), std::string::npos) << step.error()[0].hint;
  EXPECT_EQ(network.state(), before);
}

TEST(NonFiniteLoss, NamesTheFirstLayerAndChangesNothing) {
  const Fixture with;
  Network network = make_network(with.model, {{with.second, 1, {}}}, {.rate = 0.25});
  ASSERT_TRUE(network.step({with.data, with.samples}));
  network.parameters(with.first)[2] = INFINITY;
  expect_refusal(network, with, "`layer1` (Linear) is the first layer whose output is not finite",
                 "smaller learning rate than 0.25");
}

TEST(NonFiniteLoss, NamesTheLayerThatOverflowsInThePass) {
  const Fixture with;
  Network network = make_network(with.model, {{with.second, 1, {}}});
  for (float& value : network.parameters(with.second)) value = 3e38F;
  expect_refusal(network, with, "`layer3` (Linear)", "learning rate");
}

TEST(NonFiniteLoss, NamesTheSampleWhoseDataAreTheCause) {
  Fixture with;
  with.data.inputs[0].values[4 * 7 + 1] = NAN;
  Network network = make_network(with.model, {{with.second, 1, {}}});
  expect_refusal(network, with, "sample 7 of input `input0` is not finite", "check the data");
}

/// A rate so large that weights overflow within some steps: an error, never a network of NaN.
TEST(NonFiniteLoss, StopsTrainingThatDiverges) {
  ModelBuilder builder;
  const LayerId hidden = builder.add(LayerType::relu, {builder.linear(builder.input({4}), 5)});
  const model::Model model = builder.finish(builder.linear(hidden, 3));
  const Dataset data = random_data(model, 12, 3, 1);
  const auto samples = all_samples(data);
  Network network = make_network(model, {{model.output(), 1, {}}}, {.rate = 1e20});
  std::string code;
  for (int i = 0; i < 20 && code.empty(); ++i) {
    const Result<StepResult> step = network.step({data, samples});
    if (!step) code = step.error()[0].code;
  }
  EXPECT_EQ(code, "loss-not-finite");
}

/// A sign is finite whatever it is the sign of.
TEST(NonFiniteLoss, IsSeenThroughSigns) {
  ModelBuilder builder;
  model::LayerParameters block;
  block.outputs = 2;
  const LayerId image = builder.convolution(builder.input({1, 3, 3}), 2, 3, 1);
  const model::Model model = builder.finish(builder.linear(builder.add(LayerType::binary_conv_p, {image}, block), 2));
  const Dataset data = random_data(model, 4, 2, 1);
  const auto samples = all_samples(data);
  Network network = make_network(model, {{model.output(), 1, {}}});
  network.parameters(image)[0] = NAN;
  const Result<StepResult> step = network.step({data, samples});
  ASSERT_FALSE(step);
  EXPECT_NE(step.error()[0].message.find("`layer1` (Convolution)"), std::string::npos) << step.error()[0].message;
}

/// By hand: hidden values 0.5, scores +-3e38 and the wrong class wanted, so the gradient is 1.5e38 a hidden value,
/// 3.75e37 before the sigmoid, and 3.75e39 for the weight of an input of 100: beyond float32, though the loss is not.
TEST(NonFiniteLoss, IsAlsoAGradientThatIsNotFinite) {
  ModelBuilder builder;
  const LayerId first = builder.linear(builder.input({2}), 2);
  const LayerId hidden = builder.add(LayerType::sigmoid, {first});
  const model::Model model = builder.finish(builder.linear(hidden, 2));
  Dataset data = random_data(model, 4, 2, 1);
  for (float& value : data.inputs[0].values) value = 100;
  const auto samples = all_samples(data);
  Network network = make_network(model, {{model.output(), 1, {}}});
  std::ranges::fill(network.parameters(first), 0.0F);
  auto last = network.parameters(3);
  std::ranges::fill(last, 0.0F);
  last[0] = last[1] = 3e38F;
  last[2] = last[3] = -3e38F;
  const std::string before = network.state();
  data.labels = {1, 1, 1, 1};
  const Result<StepResult> step = network.step({data, samples});
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error()[0].code, "loss-not-finite");
  EXPECT_NE(step.error()[0].message.find("gradient of `layer1`"), std::string::npos) << step.error()[0].message;
  EXPECT_EQ(network.state(), before);
}

}  // namespace
}  // namespace tiercut::training
