// SPDX-License-Identifier: Apache-2.0
#include "profiles/layer_extents.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::profiles {
namespace {

using model::LayerType;

constexpr std::array<std::string_view, extent_count> names = {
    "groups",         "filters",       "depth",       "pixels",         "height",        "width",        "channels",
    "input_channels", "input_height",  "input_width", "input_pixels",   "kernel_height", "kernel_width", "pool_height",
    "pool_width",     "output_pixels", "elements",    "input_elements", "inputs",        "row_depth",    "weight_bytes",
    "input_bytes",    "output_bytes",  "working_set", "footprint"};
static_assert(!names.back().empty(), "every extent has a name");

struct ImageSize {
  double channels, height, width;
};
ImageSize size_of(const model::TensorShape& shape) {
  if (!shape.is_image()) return {static_cast<double>(shape.elements()), 1, 1};
  return {static_cast<double>(shape.extents[0]), static_cast<double>(shape.extents[1]),
          static_cast<double>(shape.extents[2])};
}

double positions(double input, int kernel, int stride, int pad) {
  return std::floor((input + 2.0 * pad - kernel) / stride) + 1;
}

bool has_window(LayerType type) {
  return type == LayerType::convolution || type == LayerType::max_pooling || type == LayerType::avg_pooling ||
         type == LayerType::binary_conv_p;
}

void set_bytes(LayerExtents& to, double weights, double inputs, double outputs) {
  to[Extent::weight_bytes] = weights;
  to[Extent::input_bytes] = inputs;
  to[Extent::output_bytes] = outputs;
  to[Extent::working_set] = to[Extent::footprint] = weights + inputs + outputs;
}

void set_window(LayerExtents& to, const model::Layer& layer, const ImageSize& input) {
  const model::Window& window = layer.parameters.window;
  const bool is_unpadded = window.pad_height == 0 && window.pad_width == 0;
  const bool is_unit_step = window.stride_height == 1 && window.stride_width == 1;
  to[Extent::kernel_height] = window.kernel_height;
  to[Extent::kernel_width] = window.kernel_width;
  to.kernel = window.kernel_height == window.kernel_width ? window.kernel_height : 0;
  to.stride = window.stride_height == window.stride_width ? window.stride_height : 0;
  to.is_padded = !is_unpadded;
  to.is_whole_input = is_unpadded && window.kernel_height == input.height && window.kernel_width == input.width;
  to.is_pointwise = layer.type == LayerType::convolution && to.kernel == 1 && is_unit_step && is_unpadded;
  to.is_single_filter = layer.type == LayerType::convolution && layer.parameters.groups == layer.parameters.outputs;
  to.is_depthwise = layer.type == LayerType::convolution && layer.parameters.groups == input.channels;
  if (layer.type != LayerType::binary_conv_p) return;
  const model::Window& pool = layer.parameters.pool;
  to[Extent::height] = positions(input.height, window.kernel_height, window.stride_height, window.pad_height);
  to[Extent::width] = positions(input.width, window.kernel_width, window.stride_width, window.pad_width);
  to[Extent::pool_height] = pool.kernel_height;
  to[Extent::pool_width] = pool.kernel_width;
}

}  // namespace

std::string_view to_text(Extent extent) { return names[static_cast<std::size_t>(extent)]; }

bool is_in_bytes(Extent extent) { return extent >= Extent::weight_bytes; }

LayerExtents extents_of(const model::Layer& layer) {
  LayerExtents to;
  to.values.fill(1);
  const ImageSize input = size_of(layer.input_shape), output = size_of(layer.shape);
  to[Extent::channels] = output.channels;
  to[Extent::height] = output.height;
  to[Extent::width] = output.width;
  to[Extent::input_channels] = input.channels;
  to[Extent::input_height] = input.height;
  to[Extent::input_width] = input.width;
  to[Extent::input_pixels] = input.height * input.width;
  to[Extent::output_pixels] = output.height * output.width;
  to[Extent::input_elements] = input.channels * input.height * input.width;
  to[Extent::elements] = output.channels * output.height * output.width;
  to[Extent::inputs] = std::max<double>(1, static_cast<double>(layer.inputs.size()));
  set_bytes(to, layer.weight_bytes.value(), layer.input_bytes.value(), layer.output_bytes.value());
  const double all_inputs = layer.type == LayerType::join_concatenate ? to[Extent::elements]
                                                                      : to[Extent::input_elements] * to[Extent::inputs];
  to.is_packed_input = layer.input_bytes.value() < all_inputs && all_inputs >= 2;
  if (has_window(layer.type)) set_window(to, layer, input);
  to[Extent::pixels] = to[Extent::height] * to[Extent::width];
  to.is_flat = to[Extent::pixels] == 1;
  to[Extent::row_depth] = to[Extent::kernel_width];
  switch (layer.type) {
    case LayerType::linear:
    case LayerType::binary_fc:
      to[Extent::filters] = output.channels;
      to[Extent::depth] = to[Extent::row_depth] = to[Extent::input_elements];
      break;
    case LayerType::convolution:
    case LayerType::binary_conv_p:
      to[Extent::groups] = layer.type == LayerType::convolution ? layer.parameters.groups : 1;
      to[Extent::filters] = output.channels / to[Extent::groups];
      to[Extent::row_depth] = input.channels / to[Extent::groups] * to[Extent::kernel_width];
      to[Extent::depth] = to[Extent::row_depth] * to[Extent::kernel_height];
      break;
    default:
      to[Extent::groups] = output.channels;
      to[Extent::depth] = to[Extent::kernel_height] * to[Extent::kernel_width];
      break;
  }
  return to;
}

LayerExtents square_linear(double weights) {
  LayerExtents to;
  to.values.fill(1);
  to.is_flat = true;
  const double side = std::sqrt(weights);
  for (Extent extent : {Extent::filters, Extent::depth, Extent::row_depth, Extent::channels, Extent::input_channels,
                        Extent::elements, Extent::input_elements})
    to[extent] = side;
  set_bytes(to, 4 * weights, 4 * side, 4 * side);
  return to;
}

bool Condition::holds(const LayerExtents& layer) const {
  const auto agrees = [](const auto& wanted, auto actual) { return !wanted || *wanted == actual; };
  return agrees(depthwise, layer.is_depthwise) && agrees(single_filter, layer.is_single_filter) &&
         agrees(pointwise, layer.is_pointwise) && agrees(whole_input, layer.is_whole_input) &&
         agrees(padded, layer.is_padded) && agrees(flat, layer.is_flat) &&
         agrees(packed_input, layer.is_packed_input) && agrees(kernel, layer.kernel) && agrees(stride, layer.stride) &&
         std::ranges::all_of(below, [&](const Limit& limit) { return layer[limit.extent] < limit.less_than; });
}

std::optional<Condition> Condition::and_also(const Condition& other) const {
  Condition both = *this;
  bool is_new = false, is_contrary = false;
  const auto add = [&](auto& own, const auto& more) {
    if (!more) return;
    if (own && *own != *more) is_contrary = true;
    if (!own) is_new = true;
    own = more;
  };
  add(both.depthwise, other.depthwise);
  add(both.single_filter, other.single_filter);
  add(both.pointwise, other.pointwise);
  add(both.whole_input, other.whole_input);
  add(both.padded, other.padded);
  add(both.flat, other.flat);
  add(both.packed_input, other.packed_input);
  add(both.kernel, other.kernel);
  add(both.stride, other.stride);
  for (const Limit& limit : other.below) {
    const auto own = std::ranges::find(both.below, limit.extent, &Limit::extent);
    if (own == both.below.end()) {
      both.below.push_back(limit);
      is_new = true;
    } else if (limit.less_than < own->less_than) {
      own->less_than = limit.less_than;
      is_new = true;
    }
  }
  if (is_contrary || !is_new) return std::nullopt;
  std::ranges::sort(both.below, {}, &Limit::extent);
  return both;
}

}  // namespace tiercut::profiles
