// SPDX-License-Identifier: Apache-2.0
#include "kernel_case.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <stdexcept>

namespace tiercut::kernels {
namespace {

using model::Encoding;
using model::LayerParameters;
using model::LayerType;

bool is_binary(LayerType type) { return type == LayerType::binary_fc || type == LayerType::binary_conv_p; }

std::vector<double> random_values(std::size_t count, Encoding encoding, bool are_whole, std::mt19937_64& random) {
  std::uniform_int_distribution<int> whole(-8, 8), coin(0, 1);
  std::uniform_real_distribution<float> real(-2, 2);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(encoding == Encoding::bit ? 2 * coin(random) - 1
                     : are_whole               ? whole(random)
                                               : double{real(random)});
  }
  return values;
}

model::Window random_window(const Draw& draw, int height, int width, bool is_pool) {
  model::Window window;
  window.kernel_height = draw(1, 5);
  window.kernel_width = draw(1, 5);
  window.stride_height = draw(1, 6);
  window.stride_width = draw(1, 6);
  window.pad_height = draw(0, is_pool ? window.kernel_height / 2 : 3);
  window.pad_width = draw(0, is_pool ? window.kernel_width / 2 : 3);
  window.kernel_height = std::min(window.kernel_height, height + 2 * window.pad_height);
  window.kernel_width = std::min(window.kernel_width, width + 2 * window.pad_width);
  if (is_pool) {
    window.pad_height = std::min(window.pad_height, window.kernel_height / 2);
    window.pad_width = std::min(window.pad_width, window.kernel_width / 2);
    window.kernel_height = std::min(window.kernel_height, height + 2 * window.pad_height);
    window.kernel_width = std::min(window.kernel_width, width + 2 * window.pad_width);
  }
  return window;
}

std::vector<InputSpec> random_join_inputs(const Draw& draw, LayerType type, LayerParameters& parameters) {
  const int rank = draw(0, 1) == 0 ? 1 : 3;
  std::vector<std::int64_t> extents;
  for (int d = 0; d < rank; ++d) extents.push_back(draw(1, 9));
  parameters.axis = type == LayerType::join_concatenate ? draw(0, rank - 1) : 0;
  const int kind = draw(0, 2);  // all floats, all bits, mixed
  std::vector<InputSpec> inputs(static_cast<std::size_t>(draw(1, 5)));
  for (InputSpec& input : inputs) {
    input.extents = extents;
    if (type == LayerType::join_concatenate) input.extents[static_cast<std::size_t>(parameters.axis)] = draw(1, 20);
    if (kind == 1 || (kind == 2 && draw(0, 1) == 1)) input.encoding = Encoding::bit;
  }
  return inputs;
}

}  // namespace

std::vector<const model::Layer*> KernelCase::input_pointers() const {
  std::vector<const model::Layer*> pointers;
  for (const model::Layer& input : inputs) pointers.push_back(&input);
  return pointers;
}

bool KernelCase::has_packed_input() const {
  for (const model::Layer& input : inputs) {
    if (input.encoding == Encoding::bit) return true;
  }
  return false;
}

KernelCase make_case(LayerType type, const LayerParameters& parameters, const std::vector<InputSpec>& inputs,
                     std::uint64_t seed) {
  KernelCase made;
  std::mt19937_64 random(seed);
  for (const InputSpec& spec : inputs) {
    model::Layer input;
    input.name = fmt::format("input{}", made.inputs.size());
    input.shape.extents = spec.extents;
    input.parameters.encoding = spec.encoding;
    if (const std::string misfit = model::derive(input, {}); !misfit.empty()) throw std::invalid_argument(misfit);
    made.values.push_back(
        random_values(static_cast<std::size_t>(input.shape.elements()), spec.encoding, is_binary(type), random));
    made.inputs.push_back(std::move(input));
  }
  made.layer.name = "tested";
  made.layer.type = type;
  made.layer.parameters = parameters;
  for (std::size_t i = 0; i < inputs.size(); ++i) made.layer.inputs.push_back(static_cast<int>(i));
  if (const std::string misfit = model::derive(made.layer, made.input_pointers()); !misfit.empty()) {
    throw std::invalid_argument(misfit);
  }
  made.weights = random_weights(made.layer, seed + 1);
  return made;
}

KernelCase random_case(LayerType type, const Draw& draw) {
  LayerParameters parameters;
  parameters.has_bias = draw(0, 1) == 1;
  parameters.is_per_channel = draw(0, 1) == 1;
  parameters.is_ceil = draw(0, 1) == 1;
  parameters.threshold = draw(-4, 4) / 3.0;
  parameters.value = draw(-4, 4) / 3.0;
  const auto seed = static_cast<std::uint64_t>(draw(0, 1'000'000));
  if (is_join(type)) {
    const std::vector<InputSpec> inputs = random_join_inputs(draw, type, parameters);
    return make_case(type, parameters, inputs, seed);
  }
  InputSpec input;
  if (draw(0, 3) == 0) input.encoding = Encoding::bit;
  const int height = draw(1, 12), width = draw(1, 12);
  switch (type) {
    case LayerType::linear:
    case LayerType::binary_fc:
      parameters.outputs = draw(1, 90);
      input.extents = {draw(1, 300)};
      break;
    case LayerType::convolution:
      parameters.groups = draw(0, 1) == 0 ? 1 : draw(1, 4);
      parameters.outputs = parameters.groups * draw(1, 6);
      input.extents = {parameters.groups * draw(1, 5), height, width};
      parameters.window = random_window(draw, height, width, false);
      break;
    case LayerType::binary_conv_p: {
      parameters.outputs = draw(1, 9);
      input.extents = {draw(1, 70), height, width};
      parameters.window = random_window(draw, height, width, false);
      const model::Window& w = parameters.window;
      parameters.pool = random_window(draw, (height + 2 * w.pad_height - w.kernel_height) / w.stride_height + 1,
                                      (width + 2 * w.pad_width - w.kernel_width) / w.stride_width + 1, true);
      break;
    }
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      input.extents = {draw(1, 6), height, width};
      parameters.window = random_window(draw, height, width, true);
      break;
    default:
      input.extents = {draw(1, 20)};
      if (draw(0, 1) == 1) input.extents = {draw(1, 6), height, width};
  }
  return make_case(type, parameters, {input}, seed);
}

KernelCase large_case(LayerType type, bool has_packed_input) {
  LayerParameters parameters;
  InputSpec input;
  input.encoding = has_packed_input ? Encoding::bit : Encoding::f32;
  switch (type) {
    case LayerType::linear:
    case LayerType::binary_fc:
      parameters.outputs = 333;
      input.extents = {has_packed_input ? 9001 : 1001};
      break;
    case LayerType::convolution:
    case LayerType::binary_conv_p:
      // More than one block of outputs, of pixels and of products (see kernels/eigen_convolution.cpp).
      parameters.outputs = 150;
      input.extents = {40, 17, 15};
      parameters.window = {3, 3, 1, 1, 1, 1};
      parameters.pool = {3, 3, 2, 2, 1, 1};
      break;
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      input.extents = {64, 33, 31};
      parameters.window = {3, 3, 2, 2, 1, 1};
      break;
    default:
      input.extents = {37, 61, 59};
  }
  return make_case(type, parameters, std::vector<InputSpec>(is_join(type) ? 3 : 1, input), 11);
}

std::vector<LayerType> computed_types() {
  std::vector<LayerType> types;
  for (int i = 0; i < model::layer_type_count; ++i) {
    if (static_cast<LayerType>(i) != LayerType::input) types.push_back(static_cast<LayerType>(i));
  }
  return types;
}

Buffer filled_buffer(const model::Layer& input, const std::vector<double>& values) {
  Buffer buffer = buffer_for(input.shape, input.encoding);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (input.encoding == Encoding::bit) {
      buffer.words()[i / 64] |= std::uint64_t{values[i] > 0} << i % 64;
    } else {
      buffer.floats()[i] = static_cast<float>(values[i]);
    }
  }
  return buffer;
}

std::vector<double> values_of(const Buffer& buffer, const model::TensorShape& shape, Encoding encoding) {
  std::vector<double> values;
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape.elements()); ++i) {
    const bool is_packed = encoding == Encoding::bit;
    values.push_back(is_packed ? ((buffer.words()[i / 64] >> i % 64 & 1) == 1 ? 1 : -1) : double{buffer.floats()[i]});
  }
  return values;
}

ReadyKernel::ReadyKernel(const KernelCase& kernel_case, ThreadPool& threads, std::string_view backend)
    : output(buffer_for(kernel_case.layer.shape, kernel_case.layer.encoding)) {
  const auto layers = kernel_case.input_pointers();
  Result<MadeKernel> made = make_kernel(kernel_case.layer, layers, kernel_case.weights, threads, backend);
  if (!made && made.error()[0].code == "backend-unsupported") return;
  if (!made) throw std::runtime_error(to_text(made.error()));
  is_supported = true;
  kernel = std::move(made->kernel);
  for (std::size_t i = 0; i < layers.size(); ++i) inputs.push_back(filled_buffer(*layers[i], kernel_case.values[i]));
  for (const Buffer& input : inputs) pointers.push_back(&input);
  // What a kernel forgets to write must not look right by chance.
  for (std::size_t i = 0; i < output.bytes() / 4; ++i) output.floats()[i] = 12345.678F;
}

std::string difference(const std::vector<double>& got, const reference::Result& want, double tolerance) {
  if (got.size() != want.values.size()) return fmt::format("{} values, {} wanted", got.size(), want.values.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double y = want.values[i], nearest = static_cast<float>(y);
    if (std::isnan(y) ? std::isnan(got[i]) : got[i] == nearest) continue;
    if (std::isfinite(y) && std::abs(got[i] - y) <= tolerance * want.scale[i]) continue;
    return fmt::format("value {} is {}, {} wanted (scale {})", i, got[i], y, want.scale[i]);
  }
  return {};
}

double tolerance_of(const KernelCase& kernel_case) { return is_binary(kernel_case.layer.type) ? 0 : 2e-6; }

std::string check_against_reference(const KernelCase& kernel_case, std::string_view backend, int& supported,
                                    int threads) {
  ThreadPool pool(threads);
  ReadyKernel ready(kernel_case, pool, backend);
  if (!ready.is_supported) return {};
  ++supported;
  ready.run();
  const model::Layer& layer = kernel_case.layer;
  const auto want = reference::forward(layer, kernel_case.input_pointers(), kernel_case.weights, kernel_case.values);
  const std::size_t elements = want.values.size();
  if (layer.encoding == Encoding::bit && elements % 64 != 0 && ready.output.words()[elements / 64] >> elements % 64) {
    return describe(kernel_case) + ": bits past the end are set";
  }
  const auto got = values_of(ready.output, layer.shape, layer.encoding);
  const std::string found = difference(got, want, tolerance_of(kernel_case));
  return found.empty() ? found : describe(kernel_case) + ": " + found;
}

std::string describe(const KernelCase& kernel_case) {
  const model::Layer& layer = kernel_case.layer;
  const model::Window &w = layer.parameters.window, &p = layer.parameters.pool;
  std::string text(to_text(layer.type));
  for (const model::Layer& input : kernel_case.inputs) {
    text += fmt::format(" {}{}", to_text(input.shape), input.encoding == Encoding::bit ? " bits" : "");
  }
  return text + fmt::format(" -> {}, window {}x{}/{}x{}+{}x{}, pool {}x{}/{}x{}+{}x{}, groups {}, ceil {}, axis {}",
                            to_text(layer.shape), w.kernel_height, w.kernel_width, w.stride_height, w.stride_width,
                            w.pad_height, w.pad_width, p.kernel_height, p.kernel_width, p.stride_height, p.stride_width,
                            p.pad_height, p.pad_width, layer.parameters.groups, layer.parameters.is_ceil,
                            layer.parameters.axis);
}

}  // namespace tiercut::kernels
