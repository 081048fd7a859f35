// SPDX-License-Identifier: Apache-2.0
#include "training_case.hpp"

#include <fmt/format.h>

#include <numeric>
#include <stdexcept>

namespace tiercut::training {

using model::LayerId;
using model::LayerParameters;
using model::LayerType;

LayerId ModelBuilder::input(std::vector<std::int64_t> extents) {
  model::Layer layer;
  layer.name = fmt::format("input{}", model_.layer_count());
  layer.shape.extents = std::move(extents);
  if (const std::string misfit = derive(layer, {}); !misfit.empty()) throw std::invalid_argument(misfit);
  model_.layers.push_back(std::move(layer));
  return model_.layer_count() - 1;
}

LayerId ModelBuilder::add(LayerType type, std::vector<LayerId> inputs, LayerParameters parameters) {
  model::Layer layer;
  layer.name = fmt::format("layer{}", model_.layer_count());
  layer.type = type;
  layer.inputs = std::move(inputs);
  layer.parameters = parameters;
  std::vector<const model::Layer*> sources;
  for (const LayerId id : layer.inputs) sources.push_back(&model_.layer(id));
  if (const std::string misfit = derive(layer, sources); !misfit.empty()) throw std::invalid_argument(misfit);
  model_.layers.push_back(std::move(layer));
  return model_.layer_count() - 1;
}

LayerId ModelBuilder::linear(LayerId from, std::int64_t outputs, bool has_bias) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  parameters.has_bias = has_bias;
  return add(LayerType::linear, {from}, parameters);
}

LayerId ModelBuilder::convolution(LayerId from, std::int64_t outputs, int kernel, int padding) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  parameters.window = {kernel, kernel, 1, 1, padding, padding};
  return add(LayerType::convolution, {from}, parameters);
}

model::Model ModelBuilder::finish(LayerId answer, const std::vector<LayerId>& exits) {
  add(LayerType::output, {answer});
  for (const LayerId id : exits) {
    model::Exit exit;
    exit.name = "exit" + std::to_string(id);
    exit.layer = id;
    for (int k = 0; k < static_cast<int>(model_.layer(id).shape.elements()); ++k) {
      exit.answers.push_back(k);
      exit.class_map.push_back(k);
    }
    model_.exits.push_back(std::move(exit));
  }
  model_.name = "tested";
  if (const Result<void> finished = model_.finish(); !finished) throw std::invalid_argument(to_text(finished.error()));
  return std::move(model_);
}

Dataset random_data(const model::Model& model, std::size_t samples, int classes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> value;
  Dataset data;
  data.name = "random";
  data.classes = classes;
  for (const LayerId id : model.inputs()) {
    DataInput input{model.layer(id).name, model.layer(id).shape, {}};
    input.values.resize(samples * static_cast<std::size_t>(input.shape.elements()));
    for (float& x : input.values) x = value(random);
    data.inputs.push_back(std::move(input));
  }
  for (std::size_t i = 0; i < samples; ++i) {
    data.labels.push_back(std::uniform_int_distribution<int>(0, classes - 1)(random));
  }
  return data;
}

std::vector<std::size_t> all_samples(const Dataset& data) {
  std::vector<std::size_t> samples(data.size());
  std::iota(samples.begin(), samples.end(), std::size_t{0});
  return samples;
}

Network make_network(const model::Model& model, std::vector<LossTerm> loss, const Optimizer& optimizer,
                     std::uint64_t seed) {
  Result<Network> made = Network::make(model, std::move(loss), optimizer, seed);
  if (!made) throw std::runtime_error(to_text(made.error()));
  return std::move(*made);
}

namespace {

model::Window random_window(std::mt19937_64& random, bool is_pool) {
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  model::Window window;
  window.kernel_height = draw(1, 3);
  window.kernel_width = draw(1, 3);
  window.stride_height = draw(1, 3);
  window.stride_width = draw(1, 3);
  window.pad_height = draw(0, is_pool ? window.kernel_height / 2 : 2);
  window.pad_width = draw(0, is_pool ? window.kernel_width / 2 : 2);
  return window;
}

/// Images for what needs them, and for half of the other cases.
bool takes_image(LayerType type, std::uint64_t seed) {
  switch (type) {
    case LayerType::convolution:
    case LayerType::binary_conv_p:
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return true;
    default:
      return seed % 2 == 0;
  }
}

}  // namespace

TypeCase random_case_of(LayerType type, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  ModelBuilder builder;
  const bool is_image = takes_image(type, seed);
  LayerParameters parameters;
  parameters.groups = type == LayerType::convolution ? draw(1, 2) : 1;
  parameters.outputs = parameters.groups * draw(1, 3);
  parameters.has_bias = draw(0, 1) == 1;
  parameters.is_per_channel = draw(0, 1) == 1;
  parameters.is_ceil = draw(0, 1) == 1;
  parameters.threshold = draw(-3, 3) / 7.0;
  parameters.value = draw(-3, 3) / 7.0;
  const bool is_pooling = type == LayerType::max_pooling || type == LayerType::avg_pooling;
  parameters.window = random_window(random, is_pooling);
  parameters.pool = random_window(random, true);
  // A convolution with a stride may leave little for the pool behind it.
  if (type == LayerType::binary_conv_p) parameters.window.stride_height = parameters.window.stride_width = 1;
  parameters.axis = type == LayerType::join_concatenate && is_image ? draw(0, 2) : 0;
  const LayerId image =
      is_image ? builder.input({2, draw(4, 6), draw(4, 6)}) : builder.input({std::int64_t{draw(3, 7)}});
  const int channels = parameters.groups * draw(1, 2), features = draw(2, 5);
  std::vector<LayerId> before;
  const int inputs = model::is_join(type) ? draw(1, 3) : 1;
  for (int i = 0; i < inputs; ++i) {
    before.push_back(is_image ? builder.convolution(image, channels, 3, 1) : builder.linear(image, features));
  }
  TypeCase made;
  made.tested = builder.add(type, before, parameters);
  made.scores = builder.linear(made.tested, 3);
  made.model = builder.finish(made.scores);
  return made;
}

std::string describe(const model::Layer& layer) {
  const model::Window &w = layer.parameters.window, &p = layer.parameters.pool;
  return fmt::format("{} {} -> {}, window {}x{}/{}x{}+{}x{}, pool {}x{}/{}x{}+{}x{}, groups {}, ceil {}, axis {}",
                     to_text(layer.type), to_text(layer.input_shape), to_text(layer.shape), w.kernel_height,
                     w.kernel_width, w.stride_height, w.stride_width, w.pad_height, w.pad_width, p.kernel_height,
                     p.kernel_width, p.stride_height, p.stride_width, p.pad_height, p.pad_width,
                     layer.parameters.groups, layer.parameters.is_ceil, layer.parameters.axis);
}

std::vector<LayerType> computed_types() {
  std::vector<LayerType> types;
  for (int i = 0; i < model::layer_type_count; ++i) {
    const auto type = static_cast<LayerType>(i);
    if (type != LayerType::input && type != LayerType::output) types.push_back(type);
  }
  return types;
}

}  // namespace tiercut::training
