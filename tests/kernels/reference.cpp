// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace tiercut::kernels::reference {
namespace {

using model::LayerType;
using Values = std::vector<double>;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

struct Image {
  const Values& values;
  std::int64_t channels, height, width;
  Image(const Values& from, const model::TensorShape& shape)
      : values(from), channels(shape.extents[0]), height(shape.extents[1]), width(shape.extents[2]) {}
  bool has(std::int64_t y, std::int64_t x) const { return y >= 0 && x >= 0 && y < height && x < width; }
  double at(std::int64_t c, std::int64_t y, std::int64_t x) const {
    return values[index((c * height + y) * width + x)];
  }
};

double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return a > b ? a : b;
}

void push(Result& result, double value, double scale) {
  result.values.push_back(value);
  result.scale.push_back(scale);
}

/// The i-th weight, and which are signs.
struct Weights {
  const LayerWeights& all;
  bool is_binary;
  double operator()(std::int64_t i) const {
    if (!is_binary) return all.floats[index(i)];
    return (all.bits[index(i / 64)] >> (i % 64) & 1) == 1 ? 1.0 : -1.0;
  }
};

double normalised(const LayerWeights& weights, std::int64_t channels, std::int64_t c, double x) {
  const double gamma = weights.floats[index(c)], beta = weights.floats[index(channels + c)];
  const double mean = weights.floats[index(2 * channels + c)], variance = weights.floats[index(3 * channels + c)];
  return gamma * (x - mean) / std::sqrt(variance + static_cast<double>(batch_norm_epsilon)) + beta;
}

double normalised_scale(const LayerWeights& weights, std::int64_t channels, std::int64_t c, double x) {
  const double gamma = weights.floats[index(c)], beta = weights.floats[index(channels + c)];
  const double mean = weights.floats[index(2 * channels + c)], variance = weights.floats[index(3 * channels + c)];
  return std::abs(gamma) * (std::abs(x) + std::abs(mean)) / std::sqrt(variance + 1e-5) + std::abs(beta);
}

Result fully_connected(const model::Layer& layer, const LayerWeights& weights, const Values& x) {
  Result result;
  const bool is_binary = layer.type == LayerType::binary_fc;
  const Weights weight{weights, is_binary};
  const auto inputs = static_cast<std::int64_t>(x.size()), outputs = layer.parameters.outputs;
  for (std::int64_t o = 0; o < outputs; ++o) {
    double sum = 0, scale = 0;
    for (std::int64_t i = 0; i < inputs; ++i) {
      sum += weight(o * inputs + i) * x[index(i)];
      scale += std::abs(weight(o * inputs + i) * x[index(i)]);
    }
    if (is_binary) {
      push(result, normalised(weights, outputs, o, sum), normalised_scale(weights, outputs, o, scale));
    } else {
      const double bias = layer.parameters.has_bias ? weight(outputs * inputs + o) : 0;
      push(result, sum + bias, scale + std::abs(bias));
    }
  }
  return result;
}

/// The convolution's own sums and the shape they have.
Result convolved(const model::Layer& layer, const LayerWeights& weights, const Image& image,
                 model::TensorShape& shape) {
  Result result;
  const bool is_binary = layer.type == LayerType::binary_conv_p;
  const Weights weight{weights, is_binary};
  const model::Window& w = layer.parameters.window;
  const std::int64_t outputs = layer.parameters.outputs, groups = is_binary ? 1 : layer.parameters.groups;
  const std::int64_t depth = image.channels / groups;
  const std::int64_t height = (image.height + 2 * w.pad_height - w.kernel_height) / w.stride_height + 1;
  const std::int64_t width = (image.width + 2 * w.pad_width - w.kernel_width) / w.stride_width + 1;
  shape.extents = {outputs, height, width};
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        double sum = 0, scale = 0;
        for (std::int64_t c = 0; c < depth; ++c) {
          for (std::int64_t ky = 0; ky < w.kernel_height; ++ky) {
            for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
              const std::int64_t from_y = y * w.stride_height + ky - w.pad_height;
              const std::int64_t from_x = x * w.stride_width + kx - w.pad_width;
              if (!image.has(from_y, from_x)) continue;
              const double product = weight(((o * depth + c) * w.kernel_height + ky) * w.kernel_width + kx) *
                                     image.at(o / (outputs / groups) * depth + c, from_y, from_x);
              sum += product;
              scale += std::abs(product);
            }
          }
        }
        const bool has_bias = !is_binary && layer.parameters.has_bias;
        const double bias = has_bias ? weight(outputs * depth * w.kernel_height * w.kernel_width + o) : 0;
        push(result, sum + bias, scale + std::abs(bias));
      }
    }
  }
  return result;
}

/// Windows over an image to one of `to`: the largest value, or the mean over all that the padded image holds.
Result pooled(const model::Window& w, const Image& image, const model::TensorShape& to, bool is_max) {
  Result result;
  for (std::int64_t c = 0; c < image.channels; ++c) {
    for (std::int64_t y = 0; y < to.extents[1]; ++y) {
      for (std::int64_t x = 0; x < to.extents[2]; ++x) {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0, scale = 0, count = 0;
        for (std::int64_t ky = 0; ky < w.kernel_height; ++ky) {
          for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
            const std::int64_t from_y = y * w.stride_height + ky - w.pad_height;
            const std::int64_t from_x = x * w.stride_width + kx - w.pad_width;
            if (from_y < image.height + w.pad_height && from_x < image.width + w.pad_width) ++count;
            if (!image.has(from_y, from_x)) continue;
            largest = maximum(largest, image.at(c, from_y, from_x));
            sum += image.at(c, from_y, from_x);
            scale += std::abs(image.at(c, from_y, from_x));
          }
        }
        is_max ? push(result, largest, 0) : push(result, sum / count, scale / count);
      }
    }
  }
  return result;
}

Result binary_block(const model::Layer& layer, const LayerWeights& weights, const Image& image) {
  model::TensorShape shape;
  const Result sums = convolved(layer, weights, image, shape);
  const Result largest = pooled(layer.parameters.pool, Image(sums.values, shape), layer.shape, true);
  Result result;
  const std::int64_t plane = layer.shape.extents[1] * layer.shape.extents[2];
  for (std::size_t i = 0; i < largest.values.size(); ++i) {
    const std::int64_t c = static_cast<std::int64_t>(i) / plane;
    push(result, normalised(weights, layer.parameters.outputs, c, largest.values[i]) >= 0 ? 1 : -1, 0);
  }
  return result;
}

double activated(const model::LayerParameters& parameters, LayerType type, double x, double slope) {
  switch (type) {
    case LayerType::relu:
      return std::isnan(x) ? x : std::fmax(x, 0);
    case LayerType::prelu:
      return x >= 0 ? x : slope * x;
    case LayerType::sigmoid:
      return 1 / (1 + std::exp(-x));
    case LayerType::tanh:
      return std::tanh(x);
    case LayerType::threshold:
      return std::isnan(x) || x > parameters.threshold ? x : static_cast<float>(parameters.value);
    default:
      throw std::logic_error("no activation");
  }
}

Result elementwise(const model::Layer& layer, const LayerWeights& weights, const Values& x) {
  Result result;
  const std::int64_t channels = layer.shape.extents[0], plane = static_cast<std::int64_t>(x.size()) / channels;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t c = static_cast<std::int64_t>(i) / plane;
    if (layer.type == LayerType::batch_normalization) {
      push(result, normalised(weights, channels, c, x[i]), normalised_scale(weights, channels, c, x[i]));
      continue;
    }
    const bool is_prelu = layer.type == LayerType::prelu;
    const double slope = is_prelu ? weights.floats[layer.parameters.is_per_channel ? index(c) : 0] : 0;
    const double y = activated(layer.parameters, layer.type, x[i], slope);
    push(result, y, layer.type == LayerType::sigmoid || layer.type == LayerType::tanh ? 1 : std::abs(y));
  }
  return result;
}

Result softmax(const Values& x) {
  Result result;
  double largest = x[0], sum = 0;
  for (const double value : x) largest = maximum(largest, value);
  for (const double value : x) sum += std::exp(value - largest);
  for (const double value : x) push(result, std::exp(value - largest) / sum, 1);
  return result;
}

Result combined(LayerType type, const std::vector<Values>& values) {
  Result result;
  for (std::size_t i = 0; i < values[0].size(); ++i) {
    double largest = values[0][i], sum = 0, scale = 0;
    for (const Values& input : values) {
      largest = maximum(largest, input[i]);
      sum += input[i];
      scale += std::abs(input[i]);
    }
    if (type == LayerType::join_max) push(result, largest, 0);
    if (type == LayerType::join_add) push(result, sum, scale);
    if (type == LayerType::join_average) push(result, sum / static_cast<double>(values.size()), scale);
  }
  return result;
}

/// Element by element: where along the axis a position lies says which input it comes from.
Result concatenated(const model::Layer& layer, const std::vector<const model::Layer*>& inputs,
                    const std::vector<Values>& values) {
  Result result;
  const std::vector<std::int64_t>& extents = layer.shape.extents;
  for (std::int64_t i = 0; i < layer.shape.elements(); ++i) {
    std::vector<std::int64_t> position(extents.size());
    std::int64_t rest = i;
    for (std::size_t d = extents.size(); d-- > 0;) {
      position[d] = rest % extents[d];
      rest /= extents[d];
    }
    std::size_t input = 0;
    std::int64_t& along = position[index(layer.parameters.axis)];
    while (along >= inputs[input]->shape.extents[index(layer.parameters.axis)]) {
      along -= inputs[input++]->shape.extents[index(layer.parameters.axis)];
    }
    std::int64_t from = 0;
    for (std::size_t d = 0; d < extents.size(); ++d) from = from * inputs[input]->shape.extents[d] + position[d];
    push(result, values[input][index(from)], 0);
  }
  return result;
}

}  // namespace

Result forward(const model::Layer& layer, const std::vector<const model::Layer*>& inputs, const LayerWeights& weights,
               const std::vector<Values>& values) {
  switch (layer.type) {
    case LayerType::linear:
    case LayerType::binary_fc:
      return fully_connected(layer, weights, values[0]);
    case LayerType::convolution: {
      model::TensorShape shape;
      return convolved(layer, weights, Image(values[0], layer.input_shape), shape);
    }
    case LayerType::binary_conv_p:
      return binary_block(layer, weights, Image(values[0], layer.input_shape));
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return pooled(layer.parameters.window, Image(values[0], layer.input_shape), layer.shape,
                    layer.type == LayerType::max_pooling);
    case LayerType::softmax:
      return softmax(values[0]);
    case LayerType::join_max:
    case LayerType::join_average:
    case LayerType::join_add:
      return combined(layer.type, values);
    case LayerType::join_concatenate:
      return concatenated(layer, inputs, values);
    case LayerType::flatten:
    case LayerType::output:
      return {values[0], Values(values[0].size(), 0)};
    case LayerType::input:
      throw std::logic_error("an input is not computed");
    default:
      return elementwise(layer, weights, values[0]);
  }
}

}  // namespace tiercut::kernels::reference
