// SPDX-License-Identifier: Apache-2.0
#include "kernels/forward.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "allocation_count.hpp"
#include "backend_param.hpp"
#include "kernel_case.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerId;
using model::LayerType;
using model::Model;

std::vector<LayerId> all_layers(const Model& model) {
  std::vector<LayerId> ids(static_cast<std::size_t>(model.layer_count()));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

std::vector<LayerWeights> weights_of(const Model& model, std::uint64_t seed) {
  std::vector<LayerWeights> weights;
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    weights.push_back(random_weights(model.layer(id), seed + static_cast<std::uint64_t>(id)));
  }
  return weights;
}

/// Whole numbers, so that binary blocks that see the input are exact.
std::vector<double> input_values(const model::Layer& layer, std::mt19937& random) {
  std::vector<double> values(static_cast<std::size_t>(layer.shape.elements()));
  for (double& value : values) value = std::uniform_int_distribution(-8, 8)(random);
  return values;
}

/// The whole network by the reference, layer by layer in float64.
std::vector<reference::Result> reference_network(const Model& model, const std::vector<LayerWeights>& weights,
                                                 const std::vector<std::vector<double>>& inputs) {
  std::vector<reference::Result> tensors(static_cast<std::size_t>(model.layer_count()));
  for (std::size_t id = 0; id < tensors.size(); ++id) {
    const model::Layer& layer = model.layers[id];
    if (layer.type == LayerType::input) {
      tensors[id].values = inputs[id];
      tensors[id].scale.assign(inputs[id].size(), 0);
      continue;
    }
    std::vector<const model::Layer*> sources;
    std::vector<std::vector<double>> values;
    for (const LayerId input : layer.inputs) {
      sources.push_back(&model.layer(input));
      values.push_back(tensors[static_cast<std::size_t>(input)].values);
    }
    tensors[id] = reference::forward(layer, sources, weights[id], values);
  }
  return tensors;
}

void expect_reference(const Model& model, std::string_view backend) {
  std::mt19937 random(4);
  std::vector<std::vector<double>> inputs(static_cast<std::size_t>(model.layer_count()));
  const std::vector<LayerWeights> weights = weights_of(model, 21);
  ThreadPool threads(2);
  auto pass = ForwardPass::make(model, all_layers(model), weights, threads, backend);
  ASSERT_TRUE(pass) << to_text(pass.error());
  for (const LayerId id : model.inputs()) {
    std::vector<double>& values = inputs[static_cast<std::size_t>(id)] = input_values(model.layer(id), random);
    for (std::size_t i = 0; i < values.size(); ++i) pass->tensor(id).floats()[i] = static_cast<float>(values[i]);
  }
  pass->run();
  const auto want = reference_network(model, weights, inputs);
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const model::Layer& layer = model.layer(id);
    reference::Result expected = want[static_cast<std::size_t>(id)];
    // Errors of the layers before add to the layer's own: relative to the largest that went into the tensor, and wider.
    double scale = 0;
    for (const double value : expected.values) scale = std::max(scale, std::abs(value));
    for (const double own : expected.scale) scale = std::max(scale, own);
    expected.scale.assign(expected.scale.size(), scale);
    EXPECT_EQ(difference(values_of(pass->tensor(id), layer.shape, layer.encoding), expected, 5e-6), "") << layer.name;
  }
  if (!can_count_allocations()) return;
  const long before = allocation_count();
  pass->run();
  EXPECT_EQ(allocation_count() - before, 0);
}

model::ModelPointer zoo(const std::string& name) {
  const auto model = model::read_model(std::string(TIERCUT_SOURCE_DIR) + "/model/zoo/" + name + ".yaml");
  if (!model) throw std::runtime_error(to_text(model.error()));
  return *model;
}

/// image -> convolution, normalisation, PReLU, pooling -> two branches added -> average -> flatten -> linear, softmax.
Model small_convnet() {
  Model model;
  model.name = "small";
  const auto add = [&](LayerType type, std::vector<LayerId> inputs, model::LayerParameters parameters = {}) {
    model::Layer layer;
    layer.name = "layer" + std::to_string(model.layer_count());
    layer.type = type;
    layer.inputs = std::move(inputs);
    layer.parameters = parameters;
    if (type == LayerType::input) layer.shape.extents = {3, 21, 19};
    model.layers.push_back(layer);
    return model.layer_count() - 1;
  };
  const auto window = [](std::int64_t outputs, int groups, int kernel, int stride, int pad) {
    model::LayerParameters parameters;
    parameters.outputs = outputs;
    parameters.groups = groups;
    parameters.window = {kernel, kernel, stride, stride, pad, pad};
    return parameters;
  };
  LayerId at = add(LayerType::convolution, {add(LayerType::input, {})}, window(16, 1, 3, 1, 1));
  model::LayerParameters per_channel;
  per_channel.is_per_channel = true;
  at = add(LayerType::prelu, {add(LayerType::batch_normalization, {at})}, per_channel);
  at = add(LayerType::max_pooling, {at}, window(0, 1, 3, 2, 1));
  const LayerId depthwise = add(LayerType::relu, {add(LayerType::convolution, {at}, window(16, 16, 3, 1, 1))});
  const LayerId grouped = add(LayerType::tanh, {add(LayerType::convolution, {at}, window(16, 2, 5, 1, 2))});
  at = add(LayerType::join_concatenate, {add(LayerType::join_add, {depthwise, grouped}), at});
  at = add(LayerType::flatten, {add(LayerType::avg_pooling, {at}, window(0, 1, 3, 2, 1))});
  at = add(LayerType::softmax, {add(LayerType::linear, {at}, window(10, 1, 1, 1, 0))});
  add(LayerType::output, {at});
  if (const auto finished = model.finish(); !finished) throw std::runtime_error(to_text(finished.error()));
  return model;
}

class Networks : public testing::TestWithParam<std::string> {};

// The named backend alone where it has every layer, else with the others filling in.
void expect_on(const Model& model, const std::string& backend) {
  ThreadPool threads(1);
  const auto alone = ForwardPass::make(model, all_layers(model), {}, threads, backend);
  if (!alone) {
    EXPECT_EQ(alone.error().at(0).code, "backend-unsupported");
  }
  expect_reference(model, alone ? backend : "");
  if (alone) {
    EXPECT_EQ(alone->backends_used(), backend);
  }
}

TEST_P(Networks, BigLittleNet1EqualsTheReference) { expect_on(*zoo("big-little/net1"), GetParam()); }
TEST_P(Networks, DdnnEvaluation2EqualsTheReference) { expect_on(*zoo("ddnn/evaluation-2"), GetParam()); }
TEST_P(Networks, SmallConvnetEqualsTheReference) { expect_on(small_convnet(), GetParam()); }

INSTANTIATE_TEST_SUITE_P(Backends, Networks, every_backend(), backend_title);

TEST(ForwardPass, ASegmentContinuesWhereAnotherEnded) {
  const Model model = small_convnet();
  ThreadPool threads(1);
  const std::vector<LayerWeights> weights = weights_of(model, 9);
  const std::vector<LayerId> all = all_layers(model);
  const std::vector<LayerId> front(all.begin(), all.begin() + 5), back(all.begin() + 5, all.end());
  auto whole = ForwardPass::make(model, all, weights, threads);
  auto first = ForwardPass::make(model, front, weights, threads);
  auto second = ForwardPass::make(model, back, weights, threads);
  ASSERT_TRUE(whole && first && second);
  std::mt19937 random(1);
  const std::vector<double> image = input_values(model.layer(0), random);
  for (std::size_t i = 0; i < image.size(); ++i) {
    whole->tensor(0).floats()[i] = first->tensor(0).floats()[i] = static_cast<float>(image[i]);
  }
  whole->run();
  first->run();
  std::copy_n(first->tensor(4).floats(), model.layer(4).shape.elements(), second->tensor(4).floats());
  second->run();
  const LayerId answer = model.output();
  EXPECT_EQ(std::memcmp(whole->tensor(answer).data(), second->tensor(answer).data(), 40), 0);
  EXPECT_THROW(second->tensor(0), std::out_of_range);
}

TEST(ForwardPass, RandomWeightsFollowTheSeed) {
  const auto model = zoo("big-little/net1");
  ThreadPool threads(1);
  auto given = ForwardPass::make(*model, all_layers(*model), weights_of(*model, 5), threads);
  auto drawn = ForwardPass::make(*model, all_layers(*model), {}, threads, {}, 5);
  auto other = ForwardPass::make(*model, all_layers(*model), {}, threads, {}, 6);
  for (auto* pass : {&given, &drawn, &other}) {
    ASSERT_TRUE(*pass);
    for (int i = 0; i < 784; ++i) (*pass)->tensor(0).floats()[i] = static_cast<float>(i % 5) - 2;
    (*pass)->run();
  }
  const LayerId answer = model->output();
  EXPECT_EQ(std::memcmp(given->tensor(answer).data(), drawn->tensor(answer).data(), 8), 0);
  EXPECT_NE(std::memcmp(given->tensor(answer).data(), other->tensor(answer).data(), 8), 0);
  // 1,286,502 weights and at least one copy of each of the seven tensors: 784 + 2 * 1000 + 2 * 500 + 2 * 2 floats.
  EXPECT_GE(given->bytes(), 4u * (1'286'502 + 3'788));
}

TEST(ForwardPass, RefusesWhatIsAbsentOrDoesNotFit) {
  const auto model = zoo("big-little/net1");
  ThreadPool threads(1);
  const auto absent = ForwardPass::make(*model, all_layers(*model), {}, threads, "abacus");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().at(0).code, "backend-absent");
  const auto short_weights = ForwardPass::make(*model, all_layers(*model), std::vector<LayerWeights>(2), threads);
  ASSERT_FALSE(short_weights);
  EXPECT_EQ(short_weights.error().at(0).code, "bad-weights");
  const auto no_weights = ForwardPass::make(*model, all_layers(*model), std::vector<LayerWeights>(8), threads);
  ASSERT_FALSE(no_weights);
  EXPECT_EQ(no_weights.error().at(0).code, "bad-weights");
  EXPECT_THROW((void)ForwardPass::make(*model, {3, 2}, {}, threads), std::invalid_argument);
}

}  // namespace
}  // namespace tiercut::kernels
