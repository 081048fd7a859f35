// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "model/layer.hpp"

namespace tiercut::model {
namespace {

// Counts stay exact in a double, where costs are computed from them.
constexpr std::int64_t largest_count = std::int64_t{1} << 53;

std::int64_t product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 1;
  for (const std::int64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result) || result > largest_count) return largest_count + 1;
  }
  return result;
}

std::string type_text(const Layer& layer) { return std::string(to_text(layer.type)); }

struct Extent {
  std::int64_t input;
  int kernel, stride, pad;
};

std::string check_window(const Extent& height, const Extent& width) {
  for (const Extent& side : {height, width}) {
    if (side.kernel < 1) return fmt::format("kernel {} is not positive", side.kernel);
    if (side.stride < 1) return fmt::format("stride {} is not positive", side.stride);
    if (side.pad < 0) return fmt::format("padding {} is negative", side.pad);
  }
  const std::int64_t padded_height = height.input + 2 * std::int64_t{height.pad};
  const std::int64_t padded_width = width.input + 2 * std::int64_t{width.pad};
  if (height.kernel > padded_height || width.kernel > padded_width) {
    return fmt::format("kernel {}x{} is larger than the padded input {}x{}", height.kernel, width.kernel, padded_height,
                       padded_width);
  }
  return {};
}

std::int64_t slide(const Extent& side, bool is_ceil) {
  const std::int64_t room = side.input + 2 * std::int64_t{side.pad} - side.kernel;
  if (!is_ceil) return room / side.stride + 1;
  const std::int64_t count = (room + side.stride - 1) / side.stride + 1;
  // A last window that would see nothing but padding has no value to give.
  return (count - 1) * side.stride >= side.input + side.pad ? count - 1 : count;
}

/// Slides a window over an image of `channels` planes; empty text and the new shape, or why not.
std::string apply(const Window& window, bool is_ceil, std::int64_t channels, const TensorShape& from, TensorShape& to) {
  const Extent height{from.extents[1], window.kernel_height, window.stride_height, window.pad_height};
  const Extent width{from.extents[2], window.kernel_width, window.stride_width, window.pad_width};
  std::string misfit = check_window(height, width);
  if (misfit.empty()) to.extents = {channels, slide(height, is_ceil), slide(width, is_ceil)};
  return misfit;
}

std::string check_pool_padding(const Window& window) {
  if (2 * window.pad_height > window.kernel_height || 2 * window.pad_width > window.kernel_width) {
    return fmt::format("pooling padding {}x{} is more than half the kernel {}x{}", window.pad_height, window.pad_width,
                       window.kernel_height, window.kernel_width);
  }
  return {};
}

std::string require_image(const Layer& layer) {
  if (layer.input_shape.is_image()) return {};
  return fmt::format("{} needs an image [channels, height, width], its input is {}", to_text(layer.type),
                     to_text(layer.input_shape));
}

std::string require_outputs(const Layer& layer) {
  if (layer.parameters.outputs >= 1 && layer.parameters.outputs <= largest_count) return {};
  return fmt::format("{} needs from 1 to 2^53 outputs, not {}", to_text(layer.type), layer.parameters.outputs);
}

void set_weights(Layer& layer, std::int64_t floats, std::int64_t bits = 0) {
  layer.weights = floats + bits;
  layer.weight_bytes = Bytes(4.0 * static_cast<double>(floats) + std::ceil(static_cast<double>(bits) / 8));
}

std::string derive_fully_connected(Layer& layer) {
  if (std::string misfit = require_outputs(layer); !misfit.empty()) return misfit;
  const std::int64_t outputs = layer.parameters.outputs;
  layer.shape.extents = {outputs};
  layer.macs = product({layer.input_shape.elements(), outputs});
  if (layer.type == LayerType::binary_fc) {
    set_weights(layer, product({4, outputs}), layer.macs);
  } else {
    set_weights(layer, layer.macs + (layer.parameters.has_bias ? outputs : 0));
  }
  return {};
}

std::string derive_convolution(Layer& layer) {
  const LayerParameters& parameters = layer.parameters;
  for (const std::string& misfit : {require_image(layer), require_outputs(layer)}) {
    if (!misfit.empty()) return misfit;
  }
  const std::int64_t inputs = layer.input_shape.extents[0];
  const std::int64_t outputs = parameters.outputs;
  const int groups = layer.type == LayerType::convolution ? parameters.groups : 1;
  if (groups < 1 || inputs % groups != 0 || outputs % groups != 0) {
    return fmt::format("{} groups do not divide {} input and {} output channels", groups, inputs, outputs);
  }
  std::string misfit = apply(parameters.window, false, outputs, layer.input_shape, layer.shape);
  if (!misfit.empty()) return misfit;
  const std::int64_t kernels =
      product({outputs, inputs / groups, parameters.window.kernel_height, parameters.window.kernel_width});
  layer.macs = product({kernels, layer.shape.extents[1], layer.shape.extents[2]});
  if (layer.type == LayerType::convolution) {
    set_weights(layer, kernels + (parameters.has_bias ? outputs : 0));
    return {};
  }
  set_weights(layer, product({4, outputs}), kernels);
  layer.encoding = Encoding::bit;
  misfit = check_pool_padding(parameters.pool);
  if (misfit.empty()) {
    const TensorShape convolved = layer.shape;
    misfit = apply(parameters.pool, false, outputs, convolved, layer.shape);
  }
  return misfit.empty() ? misfit : "pool: " + misfit;
}

std::string derive_pooling(Layer& layer) {
  const LayerParameters& parameters = layer.parameters;
  for (const std::string& misfit : {require_image(layer), check_pool_padding(parameters.window)}) {
    if (!misfit.empty()) return misfit;
  }
  return apply(parameters.window, parameters.is_ceil, layer.input_shape.extents[0], layer.input_shape, layer.shape);
}

std::string derive_join(Layer& layer, const std::vector<const Layer*>& inputs) {
  const bool is_concatenate = layer.type == LayerType::join_concatenate;
  const auto axis = static_cast<std::size_t>(layer.parameters.axis);
  layer.shape = layer.input_shape;
  if (is_concatenate && (layer.parameters.axis < 0 || axis >= layer.shape.extents.size())) {
    return fmt::format("axis {} does not exist in {}", layer.parameters.axis, to_text(layer.shape));
  }
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    TensorShape other = inputs[i]->shape;
    std::int64_t appended = 0;
    if (is_concatenate && other.extents.size() > axis) {
      appended = other.extents[axis];
      other.extents[axis] = layer.shape.extents[axis];
    }
    if (other != layer.shape) {
      return fmt::format("{} of `{}` {} and `{}` {}: shapes must be equal{}", to_text(layer.type), inputs[0]->name,
                         to_text(layer.input_shape), inputs[i]->name, to_text(inputs[i]->shape),
                         is_concatenate ? fmt::format(" but for axis {}", axis) : "");
    }
    if (is_concatenate) layer.shape.extents[axis] += appended;
  }
  // A sum or mean of bits is no bit; a selection of values stays in the widest encoding among them.
  if (layer.type == LayerType::join_max || is_concatenate) {
    layer.encoding = (*std::max_element(inputs.begin(), inputs.end(), [](const Layer* a, const Layer* b) {
                       return bits_per_element(a->encoding) < bits_per_element(b->encoding);
                     }))->encoding;
  }
  return {};
}

std::string derive_input(Layer& layer) {
  if (layer.shape.extents.empty()) return "Input needs a shape";
  for (const std::int64_t extent : layer.shape.extents) {
    if (extent < 1) return fmt::format("extent {} is not positive", extent);
  }
  layer.input_shape = layer.shape;
  layer.encoding = layer.parameters.encoding;
  return {};
}

/// Shape, weights, multiply-accumulates and encoding; the sizes follow from them.
std::string derive_by_type(Layer& layer, const std::vector<const Layer*>& inputs) {
  switch (layer.type) {
    case LayerType::input:
      return derive_input(layer);
    case LayerType::linear:
    case LayerType::binary_fc:
      return derive_fully_connected(layer);
    case LayerType::convolution:
    case LayerType::binary_conv_p:
      return derive_convolution(layer);
    case LayerType::max_pooling:
      layer.encoding = inputs[0]->encoding;
      return derive_pooling(layer);
    case LayerType::avg_pooling:
      return derive_pooling(layer);
    case LayerType::join_max:
    case LayerType::join_average:
    case LayerType::join_concatenate:
    case LayerType::join_add:
      return derive_join(layer, inputs);
    case LayerType::flatten:
      layer.encoding = inputs[0]->encoding;
      layer.shape.extents = {layer.input_shape.elements()};
      return {};
    case LayerType::output:
      layer.encoding = inputs[0]->encoding;
      layer.shape = layer.input_shape;
      return {};
    case LayerType::batch_normalization:
      set_weights(layer, product({4, layer.input_shape.extents[0]}));
      layer.shape = layer.input_shape;
      return {};
    case LayerType::prelu:
      set_weights(layer, layer.parameters.is_per_channel ? layer.input_shape.extents[0] : 1);
      layer.shape = layer.input_shape;
      return {};
    case LayerType::relu:
    case LayerType::sigmoid:
    case LayerType::tanh:
    case LayerType::threshold:
    case LayerType::softmax:
      layer.shape = layer.input_shape;
      return {};
  }
  return "unknown layer type";
}

std::string check_input_count(const Layer& layer, std::size_t count) {
  if (layer.type == LayerType::input) return count == 0 ? "" : "Input takes no input";
  if (is_join(layer.type)) return count > 0 ? "" : type_text(layer) + " needs at least one input";
  return count == 1 ? "" : fmt::format("{} takes one input, not {}", to_text(layer.type), count);
}

}  // namespace

std::string derive(Layer& layer, const std::vector<const Layer*>& inputs) {
  if (std::string misfit = check_input_count(layer, inputs.size()); !misfit.empty()) return misfit;
  layer.weights = layer.macs = 0;
  layer.weight_bytes = layer.input_bytes = Bytes();
  layer.encoding = Encoding::f32;
  if (!inputs.empty()) layer.input_shape = inputs[0]->shape;
  for (const Layer* input : inputs) layer.input_bytes += input->output_bytes;
  if (std::string misfit = derive_by_type(layer, inputs); !misfit.empty()) return misfit;
  if (layer.shape.elements() > largest_count || layer.weights > largest_count || layer.macs > largest_count) {
    return "tensor, weights or multiply-accumulates are beyond 2^53";
  }
  layer.output_bytes = size_of(layer.shape, layer.encoding);
  return {};
}

}  // namespace tiercut::model
