// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

/// The text of a layer, every input named, so that its place in the file does not matter.
std::string emit(const Model& model, const Layer& layer) {
  std::string text = "  - {name: " + layer.name + ", type: " + std::string(to_text(layer.type));
  if (layer.type == LayerType::input) {
    text += ", shape: [";
    for (const std::int64_t extent : layer.shape.extents) text += std::to_string(extent) + ", ";
    text += "]";
  } else {
    text += ", input: [";
    for (const LayerId input : layer.inputs) text += model.layer(input).name + ", ";
    text += "]";
  }
  const LayerParameters& parameters = layer.parameters;
  if (parameters.outputs > 0) text += ", outputs: " + std::to_string(parameters.outputs);
  if (layer.type == LayerType::convolution || layer.type == LayerType::max_pooling) {
    const Window& window = parameters.window;
    text += ", kernel: [" + std::to_string(window.kernel_height) + ", " + std::to_string(window.kernel_width) + "]" +
            ", stride: " + std::to_string(window.stride_height) + ", padding: " + std::to_string(window.pad_height);
  }
  return text + "}\n";
}

std::string emit(const Model& model, const std::vector<LayerId>& order) {
  std::string text = "schema: tiercut/model/1\nname: random\nlayers:\n";
  for (const LayerId id : order) text += emit(model, model.layer(id));
  if (!model.exits.empty()) text += "exits:\n";
  for (const Exit& exit : model.exits) text += "  " + exit.name + ": {layer: " + model.layer(exit.layer).name + "}\n";
  return text;
}

Layer random_layer(const std::string& name, LayerId before, const TensorShape& shape) {
  LayerParameters parameters;
  const int kind = *rc::gen::inRange(0, 5);
  if (kind == 0 || !shape.is_image()) {
    if (kind > 2) return make_layer(name, LayerType::tanh, {before});
    return make_layer(name, LayerType::linear, {before}, with_outputs(*rc::gen::inRange(2, 50)));
  }
  const auto side = static_cast<int>(std::min(shape.extents[1], shape.extents[2]));
  const int kernel = *rc::gen::inRange(1, std::min(side, 5) + 1);
  const int stride = *rc::gen::inRange(1, 4);
  const int pad = *rc::gen::inRange(0, kernel / 2 + 1);
  parameters.window = {kernel, kernel, stride, stride, pad, pad};
  if (kind == 1) return make_layer(name, LayerType::max_pooling, {before}, parameters);
  if (kind == 2) return make_layer(name, LayerType::relu, {before});
  parameters.outputs = *rc::gen::inRange(2, 20);
  return make_layer(name, LayerType::convolution, {before}, parameters);
}

/// A chain of random layers, with up to two branches that leave it and end in exits.
Model random_model() {
  Model model;
  model.name = "random";
  model.layers.push_back(
      make_input("image", {*rc::gen::inRange(1, 5), *rc::gen::inRange(8, 40), *rc::gen::inRange(8, 40)}));
  RC_ASSERT(derive(model.layers[0], {}).empty());
  std::vector<LayerId> trunk = {0};
  const int depth = *rc::gen::inRange(1, 10);
  for (int i = 0; i < depth; ++i) {
    Layer layer = random_layer("layer" + std::to_string(i), trunk.back(), model.layer(trunk.back()).shape);
    RC_ASSERT(derive(layer, {&model.layer(trunk.back())}).empty());
    model.layers.push_back(std::move(layer));
    trunk.push_back(model.layer_count() - 1);
  }
  const int classes = 60;  // more than any branch has, so that each class maps to itself
  model.layers.push_back(make_layer("scores", LayerType::linear, {trunk.back()}, with_outputs(classes)));
  model.layers.push_back(make_layer("answer", LayerType::output, {model.layer_count() - 1}));
  const int branches = *rc::gen::inRange(0, 3);
  for (int i = 0; i < branches; ++i) {
    const LayerId from = trunk[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(trunk.size())))];
    const int width = *rc::gen::inRange(2, classes);
    model.layers.push_back(make_layer("side" + std::to_string(i), LayerType::linear, {from}, with_outputs(width)));
    Exit exit{"exit" + std::to_string(i), model.layer_count() - 1, Confidence::normalized_entropy, {}, {}};
    for (int branch_class = 0; branch_class < width; ++branch_class) {
      exit.answers.push_back(branch_class);
      exit.class_map.push_back(branch_class);
    }
    model.exits.push_back(std::move(exit));
  }
  const Result<void> finished = model.finish();
  RC_ASSERT(finished.has_value());
  return model;
}

std::vector<LayerId> file_order(const Model& model) {
  std::vector<LayerId> order;
  for (LayerId id = 0; id < model.layer_count(); ++id) order.push_back(id);
  return order;
}

ModelPointer read_back(const std::string& text) {
  const Result<Document> document = parse_document(text, "random.yaml");
  RC_ASSERT(document.has_value());
  Result<ModelPointer> model = model_from(*document);
  if (!model) RC_FAIL(to_text(model.error()) + text);
  return *model;
}

void assert_same(const Model& one, const Model& other) {
  RC_ASSERT(one.total_weights() == other.total_weights());
  RC_ASSERT(one.total_macs() == other.total_macs());
  RC_ASSERT(one.total_weight_bytes() == other.total_weight_bytes());
  for (const Layer& layer : one.layers) {
    const LayerId id = other.find(layer.name);
    RC_ASSERT(id >= 0);
    RC_ASSERT(other.layer(id).shape == layer.shape);
    RC_ASSERT(other.level(id) == one.level(one.find(layer.name)));
  }
}

RC_GTEST_PROP(ModelProperty, ReadingBackWhatWasBuiltGivesTheSame, ()) {
  const Model model = random_model();
  assert_same(model, *read_back(emit(model, file_order(model))));
}

RC_GTEST_PROP(ModelProperty, OrderOfLayersInTheFileIsIrrelevant, ()) {
  const Model model = random_model();
  std::vector<LayerId> order = file_order(model);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(i)))]);
  }
  assert_same(model, *read_back(emit(model, order)));
}

RC_GTEST_PROP(ModelProperty, WhatALayerNeedsHasNoHigherLevel, ()) {
  const Model model = random_model();
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    for (const LayerId input : model.layer(id).inputs) RC_ASSERT(model.level(input) <= model.level(id));
  }
  for (int level = 0; level < static_cast<int>(model.exits.size()); ++level) {
    RC_ASSERT(model.level(model.answer_layer(level)) <= level);
  }
  RC_ASSERT(model.is_chain_with_exits());
}

// A sliding window's places, counted one by one instead of by the formula.
RC_GTEST_PROP(ModelProperty, PoolingExtentEqualsTheCountOfWindows, ()) {
  const int extent = *rc::gen::inRange(1, 40), kernel = *rc::gen::inRange(1, 8), stride = *rc::gen::inRange(1, 8);
  const int pad = *rc::gen::inRange(0, kernel / 2 + 1);
  const bool is_ceil = *rc::gen::arbitrary<bool>();
  RC_PRE(kernel <= extent + 2 * pad);
  int count = 0;
  for (int start = -pad; start < extent + pad; start += stride) {
    const bool is_whole = start + kernel <= extent + pad;
    const bool sees_new_input = start < extent && start - stride + kernel < extent + pad;
    if (is_whole || (is_ceil && sees_new_input)) ++count;
  }
  LayerParameters parameters;
  parameters.window = {kernel, kernel, stride, stride, pad, pad};
  parameters.is_ceil = is_ceil;
  Layer input = make_input("in", {1, extent, extent});
  RC_ASSERT(derive(input, {}).empty());
  Layer pool = make_layer("pool", LayerType::max_pooling, {0}, parameters);
  RC_ASSERT(derive(pool, {&input}).empty());
  RC_ASSERT(pool.shape.extents[1] == count);
}

}  // namespace
}  // namespace tiercut::model
