// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/kernel_kinds.hpp"

#include <stdexcept>

namespace tiercut::kernels {
namespace {

using model::Encoding;
using model::LayerParameters;
using model::LayerType;
using profiles::Extent;

struct Options {
  std::int64_t outputs = 0;
  int groups = 1;
  model::Window window{}, pool{};
};
LayerParameters with(const Options& options) {
  LayerParameters parameters;
  parameters.outputs = options.outputs;
  parameters.groups = options.groups;
  parameters.window = options.window;
  parameters.pool = options.pool;
  return parameters;
}

CountedLayer vector_to(std::int64_t outputs, std::int64_t inputs, Encoding encoding = Encoding::f32) {
  return {.parameters = with({.outputs = outputs}), .inputs = {{{inputs}, encoding}}};
}

model::Window window(int kernel, int stride, int pad) { return {kernel, kernel, stride, stride, pad, pad}; }

CountedLayer image_to(const Options& options, std::int64_t channels, std::int64_t side,
                      Encoding encoding = Encoding::f32) {
  return {.parameters = with(options), .inputs = {{{channels, side, side}, encoding}}};
}

CountedLayer convolution(std::int64_t outputs, std::int64_t channels, std::int64_t side, int kernel) {
  return image_to({.outputs = outputs, .window = window(kernel, 1, kernel / 2)}, channels, side);
}

CountedLayer depthwise(int channels, std::int64_t side) {
  return image_to({.outputs = channels, .groups = channels, .window = window(3, 1, 1)}, channels, side);
}

CountedLayer pooling(std::int64_t channels, std::int64_t side) {
  return image_to({.window = window(2, 2, 0)}, channels, side);
}

/// DDNN's block: convolution 3x3, stride 1, padding 1; pooling 3x3, stride 2, padding 1.
CountedLayer conv_p(std::int64_t outputs, std::int64_t channels, std::int64_t side, Encoding encoding) {
  return image_to({.outputs = outputs, .window = window(3, 1, 1), .pool = window(3, 2, 1)}, channels, side, encoding);
}

CountedLayer join(std::size_t count, std::int64_t channels, Encoding encoding = Encoding::f32) {
  return {.parameters = {}, .inputs = std::vector<CountedLayer::Input>(count, {{channels, 16, 16}, encoding})};
}

std::vector<KernelKind::Feature> all_elements() { return {{{Extent::elements, 1}}}; }
std::vector<KernelKind::Feature> elements_of_all_inputs() { return {{{Extent::elements, 1}, {Extent::inputs, 1}}}; }

KernelKind elementwise(std::string name, LayerType type) {
  return {std::move(name), type, {}, all_elements(), {image_to({}, 16, 8), image_to({}, 16, 32)}, 0, 8};
}

/// The first input is only copied. Three stand for the two to six that join: off by a fifth at six, a third at two.
KernelKind joining(std::string name, LayerType type, bool is_packed) {
  const Encoding encoding = is_packed ? Encoding::bit : Encoding::f32;
  KernelKind kind{std::move(name), type, {}, elements_of_all_inputs(), {join(3, 8, encoding), join(3, 32, encoding)}};
  if (is_packed) {
    kind.when.packed_input = true;
  } else {
    kind.streamed_bytes = 6;  // 4 in, and 4 out for every second input
  }
  return kind;
}

KernelKind windows(std::string name, LayerType type, std::vector<CountedLayer> layers) {
  // Elements, and rows of them.
  return {std::move(name),
          type,
          {},
          {{{Extent::groups, 1}, {Extent::depth, 1}, {Extent::pixels, 1}},
           {{Extent::groups, 1}, {Extent::depth, 1}, {Extent::height, 1}}},
          std::move(layers)};
}

KernelKind of_convolution(std::string name, int kernel) {
  return {std::move(name),
          LayerType::convolution,
          {},
          // Products, and patches laid out once for all filters.
          {{{Extent::groups, 1}, {Extent::filters, 1}, {Extent::depth, 1}, {Extent::pixels, 1}},
           {{Extent::groups, 1}, {Extent::depth, 1}, {Extent::pixels, 1}}},
          {convolution(16, 32, 16, kernel), convolution(128, 32, 16, kernel), convolution(16, 96, 16, kernel)}};
}

KernelKind of_binary_fc(std::string name, bool is_packed) {
  const Encoding encoding = is_packed ? Encoding::bit : Encoding::f32;
  KernelKind kind{std::move(name),
                  LayerType::binary_fc,
                  {},
                  {{{Extent::filters, 1}}, {{Extent::filters, 1}, {Extent::depth, is_packed ? 64.0 : 1.0}}},
                  {vector_to(64, 256, encoding), vector_to(256, 256, encoding), vector_to(256, 2048, encoding)}};
  if (is_packed) kind.when.packed_input = true;
  return kind;
}

KernelKind of_conv_p(std::string name, bool is_packed) {
  const Encoding encoding = is_packed ? Encoding::bit : Encoding::f32;
  const int few = is_packed ? 64 : 3, many = is_packed ? 128 : 12;
  const double step = is_packed ? 64 : 1;
  KernelKind kind{std::move(name),
                  LayerType::binary_conv_p,
                  {},
                  {{{Extent::filters, 1}, {Extent::pixels, 1}},
                   {{Extent::filters, 1}, {Extent::depth, step}, {Extent::pixels, 1}},
                   {{Extent::depth, step}, {Extent::pixels, 1}}},
                  {conv_p(8, few, 16, encoding), conv_p(32, few, 16, encoding), conv_p(32, many, 16, encoding),
                   conv_p(8, few, 32, encoding)}};
  if (is_packed) kind.when.packed_input = true;
  return kind;
}

std::vector<KernelKind> make() {
  KernelKind linear{"linear",
                    LayerType::linear,
                    {},
                    {{{Extent::filters, 16}}, {{Extent::filters, 16}, {Extent::depth, 1}}},
                    {vector_to(64, 64), vector_to(256, 64), vector_to(256, 512)}};
  linear.streamed = 1;
  linear.streamed_bytes = 64;
  KernelKind whole = linear;  // the same kernel, over a window that is the whole image
  whole.name = "whole_input";
  whole.type = LayerType::convolution;
  whole.when.whole_input = true;
  whole.layers = {image_to({.outputs = 64, .window = window(4, 1, 0)}, 4, 4),
                  image_to({.outputs = 256, .window = window(4, 1, 0)}, 4, 4),
                  image_to({.outputs = 256, .window = window(4, 1, 0)}, 32, 4)};
  KernelKind depth =
      windows("depthwise", LayerType::convolution, {depthwise(8, 16), depthwise(32, 16), depthwise(8, 48)});
  depth.when.depthwise = true;
  depth.streamed_bytes = 8.0 / 9;  // an element in and one out for nine products
  KernelKind point = of_convolution("pointwise", 1);
  point.when.pointwise = true;
  KernelKind maximum =
      windows("max_pooling", LayerType::max_pooling, {pooling(8, 32), pooling(32, 32), pooling(8, 96)});
  maximum.streamed_bytes = 5;  // an element in, and one out for every four
  KernelKind average = maximum;
  average.name = "avg_pooling";
  average.type = LayerType::avg_pooling;
  return {std::move(linear),
          std::move(depth),
          std::move(whole),
          std::move(point),
          of_convolution("convolution", 3),
          std::move(maximum),
          std::move(average),
          elementwise("batch_normalization", LayerType::batch_normalization),
          elementwise("relu", LayerType::relu),
          elementwise("prelu", LayerType::prelu),
          elementwise("sigmoid", LayerType::sigmoid),
          elementwise("tanh", LayerType::tanh),
          elementwise("threshold", LayerType::threshold),
          elementwise("softmax", LayerType::softmax),
          joining("join_max_bits", LayerType::join_max, true),
          joining("join_max", LayerType::join_max, false),
          joining("join_average", LayerType::join_average, false),
          joining("join_concatenate_bits", LayerType::join_concatenate, true),
          joining("join_concatenate", LayerType::join_concatenate, false),
          joining("join_add", LayerType::join_add, false),
          of_binary_fc("binary_fc_bits", true),
          of_binary_fc("binary_fc", false),
          of_conv_p("binary_conv_p_bits", true),
          of_conv_p("binary_conv_p", false)};
}

}  // namespace

std::span<const KernelKind> kernel_kinds() {
  static const std::vector<KernelKind> kinds = make();
  return kinds;
}

PreparedLayer prepare(LayerType type, const CountedLayer& counted) {
  PreparedLayer prepared;
  for (const CountedLayer::Input& input : counted.inputs) {
    model::Layer& layer = prepared.inputs.emplace_back();
    layer.name = "x";
    layer.shape.extents = layer.input_shape.extents = input.extents;
    layer.encoding = layer.parameters.encoding = input.encoding;
  }
  prepared.layer.name = "y";
  prepared.layer.type = type;
  prepared.layer.parameters = counted.parameters;
  std::vector<const model::Layer*> pointers;
  for (const model::Layer& input : prepared.inputs) {
    prepared.layer.inputs.push_back(static_cast<int>(pointers.size()));
    pointers.push_back(&input);
  }
  if (const std::string misfit = derive(prepared.layer, pointers); !misfit.empty()) throw std::logic_error(misfit);
  return prepared;
}

}  // namespace tiercut::kernels
