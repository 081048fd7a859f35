// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/bench_case.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tiercut::kernels {
namespace {

using model::Layer;
using model::LayerId;
using model::LayerType;

std::string sides(int height, int width) {
  return height == width ? fmt::format("{}", height) : fmt::format("{}x{}", height, width);
}

std::string window_text(const model::Window& window) {
  std::string text = " k" + sides(window.kernel_height, window.kernel_width);
  if (window.stride_height != 1 || window.stride_width != 1)
    text += " s" + sides(window.stride_height, window.stride_width);
  if (window.pad_height != 0 || window.pad_width != 0) text += " p" + sides(window.pad_height, window.pad_width);
  return text;
}

std::string parameters_text(const Layer& layer) {
  const model::LayerParameters& parameters = layer.parameters;
  switch (layer.type) {
    case LayerType::linear:
      return parameters.has_bias ? "" : " no-bias";
    case LayerType::convolution:
      return window_text(parameters.window) + (parameters.groups > 1 ? fmt::format(" g{}", parameters.groups) : "") +
             (parameters.has_bias ? "" : " no-bias");
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return window_text(parameters.window);
    case LayerType::binary_conv_p:
      return window_text(parameters.window) + " pool" + window_text(parameters.pool);
    case LayerType::prelu:
      return parameters.is_per_channel ? " per-channel" : "";
    case LayerType::join_concatenate:
      return fmt::format(" axis{}", parameters.axis);
    default:
      return "";
  }
}

std::string tensor_text(const Layer& layer) {
  return to_text(layer.shape) + (layer.encoding == model::Encoding::bit ? " bits" : "");
}

std::string with_cache(std::string key, CacheState cache) { return cache == CacheState::cold ? key + " cold" : key; }

Layer totals_of(const model::Model& model, const std::vector<LayerId>& layers, const std::string& name) {
  Layer totals;
  totals.name = name;
  totals.type = LayerType::output;
  for (const LayerId id : layers) {
    const Layer& layer = model.layer(id);
    totals.weights += layer.weights;
    totals.macs += layer.macs;
    totals.weight_bytes += layer.weight_bytes;
    totals.input_bytes += layer.input_bytes;
    totals.output_bytes += layer.output_bytes;
  }
  if (!layers.empty()) {
    totals.input_shape = model.layer(layers.front()).input_shape;
    totals.shape = model.layer(layers.back()).shape;
  }
  return totals;
}

}  // namespace

std::string key_of(const model::Model& model, LayerId id, CacheState cache) {
  const Layer& layer = model.layer(id);
  std::string inputs;
  for (const LayerId input : layer.inputs) inputs += (inputs.empty() ? "" : " + ") + tensor_text(model.layer(input));
  return with_cache(
      fmt::format("{} {} -> {}{}", to_text(layer.type), inputs, tensor_text(layer), parameters_text(layer)), cache);
}

BenchCase case_of_layer(std::shared_ptr<const model::Model> model, LayerId id, CacheState cache) {
  BenchCase made;
  made.key = key_of(*model, id, cache);
  made.layers = {id};
  made.cache = cache;
  made.layer = model->layer(id);
  made.model = std::move(model);
  return made;
}

BenchCase case_of_segment(std::shared_ptr<const model::Model> model, std::vector<LayerId> layers, std::string name,
                          CacheState cache) {
  std::erase_if(layers, [&](LayerId id) {
    const LayerType type = model->layer(id).type;
    return type == LayerType::input || type == LayerType::output;
  });
  BenchCase made;
  made.key = with_cache("segment " + name, cache);
  made.cache = cache;
  made.segment = std::move(name);
  made.layer = totals_of(*model, layers, made.segment);
  made.layers = std::move(layers);
  made.model = std::move(model);
  return made;
}

std::optional<BenchCase> case_of(LayerType type, const model::LayerParameters& parameters,
                                 const std::vector<InputTensor>& inputs, CacheState cache) {
  auto alone = std::make_shared<model::Model>();
  Layer layer;
  layer.type = type;
  layer.parameters = parameters;
  for (const InputTensor& tensor : inputs) {
    Layer input;
    input.shape.extents = tensor.extents;
    input.parameters.encoding = tensor.encoding;
    if (!model::derive(input, {}).empty()) return std::nullopt;
    layer.inputs.push_back(static_cast<LayerId>(alone->layers.size()));
    input.name = fmt::format("input{}", alone->layers.size());
    alone->layers.push_back(std::move(input));
  }
  std::vector<const Layer*> producers;
  for (const Layer& input : alone->layers) producers.push_back(&input);
  if (!model::derive(layer, producers).empty()) return std::nullopt;
  layer.name = "measured";
  const auto id = static_cast<LayerId>(alone->layers.size());
  alone->layers.push_back(std::move(layer));
  return case_of_layer(std::move(alone), id, cache);
}

bool is_timed(LayerType type) {
  return type != LayerType::input && type != LayerType::output && type != LayerType::flatten;
}

double bytes_needed(const BenchCase& bench_case) {
  double largest = 0;
  for (const LayerId id : bench_case.layers)
    largest = std::max(largest, bench_case.model->layer(id).weight_bytes.value());
  // Weights are held by the kernels; those of the layer that is being packed stand beside them once more, and a
  // convolution may unfold its input.
  return bench_case.layer.weight_bytes.value() + 2 * largest + 4 * bench_case.layer.input_bytes.value() +
         2 * bench_case.layer.output_bytes.value();
}

}  // namespace tiercut::kernels
