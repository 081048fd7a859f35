// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/cuda/cuda_kernel.hpp"
#include "kernels/cuda/device.h"
#include "kernels/joins.hpp"

namespace tiercut::kernels {
namespace {

using model::Layer;
using model::LayerType;
using Inputs = std::span<const Layer* const>;

int side(std::int64_t extent) { return static_cast<int>(extent); }

cuda::Window window_of(const Layer& layer) {
  const auto &in = layer.input_shape.extents, &out = layer.shape.extents;
  const model::Window& w = layer.parameters.window;
  return {side(in[0]),    side(in[1]),     side(in[2]),    side(out[1]), side(out[2]), w.kernel_height,
          w.kernel_width, w.stride_height, w.stride_width, w.pad_height, w.pad_width};
}

bool is_whole_input(const Layer& layer) {
  const model::Window& w = layer.parameters.window;
  return layer.parameters.groups == 1 && w.pad_height == 0 && w.pad_width == 0 &&
         w.kernel_height == layer.input_shape.extents[1] && w.kernel_width == layer.input_shape.extents[2];
}

/// Linear and Convolution: weights, then a bias an output.
class Product final : public CudaKernel {
 public:
  Product(const Layer& layer, Inputs inputs, const LayerWeights& weights)
      : CudaKernel(layer, inputs), layer_(layer), weights_(weights.floats) {
    if (layer.parameters.has_bias) {
      bias_ = weights_.floats() + (weights.floats.size() - static_cast<std::size_t>(layer.parameters.outputs));
    }
  }

 private:
  void start() override {
    const int outputs = side(layer_.parameters.outputs), groups = layer_.parameters.groups;
    if (layer_.type == LayerType::linear || is_whole_input(layer_)) {
      return cuda::linear(weights_.floats(), bias_, input(), output(), outputs, elements_of(0));
    }
    cuda::Window window = window_of(layer_);
    if (window.channels == groups) {
      return cuda::depthwise(window, outputs / groups, weights_.floats(), bias_, input(), output());
    }
    window.channels /= groups;
    cuda::convolution(window, groups, outputs / groups, weights_.floats(), bias_, input(), output());
  }

  Layer layer_;
  DeviceBuffer weights_;
  const float* bias_ = nullptr;
};

class ScaledChannels final : public CudaKernel {
 public:
  ScaledChannels(const Layer& layer, Inputs inputs, const LayerWeights& weights)
      : CudaKernel(layer, inputs), channels_(side(layer.shape.extents[0])) {
    const auto channels = static_cast<std::size_t>(channels_);
    const std::vector<float>& floats = weights.floats;
    std::vector<float> scale(channels, 1), negative(channels), shift(channels, 0);
    for (std::size_t c = 0; c < channels; ++c) {
      if (layer.type == LayerType::prelu) {
        negative[c] = floats[layer.parameters.is_per_channel ? c : 0];
        continue;
      }
      const double factor = floats[c] / std::sqrt(double{floats[3 * channels + c]} + double{batch_norm_epsilon});
      scale[c] = negative[c] = static_cast<float>(factor);
      shift[c] = static_cast<float>(floats[channels + c] - floats[2 * channels + c] * factor);
    }
    scale_ = DeviceBuffer(scale), negative_ = DeviceBuffer(negative), shift_ = DeviceBuffer(shift);
  }

 private:
  void start() override {
    cuda::scale_channels(scale_.floats(), negative_.floats(), shift_.floats(), input(), output(), channels_,
                         elements() / channels_);
  }

  int channels_;
  DeviceBuffer scale_, negative_, shift_;
};

class Join final : public CudaKernel {
 public:
  Join(const Layer& layer, Inputs inputs) : CudaKernel(layer, inputs), type_(layer.type) {}

 private:
  void start() override {
    cuda::copy(output(), input(), static_cast<std::size_t>(elements()) * sizeof(float));
    for (std::size_t i = 1; i < inputs(); ++i) {
      (type_ == LayerType::join_max ? cuda::max_with : cuda::add_to)(input(i), output(), elements());
    }
    if (type_ == LayerType::join_average) cuda::divide(static_cast<float>(inputs()), output(), elements());
  }

  LayerType type_;
};

class Concatenated final : public CudaKernel {
 public:
  Concatenated(const Layer& layer, Inputs layers) : CudaKernel(layer, layers), plan_(layer, layers) {}

 private:
  void start() override {
    const int stride = elements() / static_cast<int>(plan_.repeats);
    int at = 0;
    for (std::size_t i = 0; i < inputs(); ++i) {
      const int run = static_cast<int>(plan_.runs[i]);
      cuda::place(input(i), output() + at, static_cast<int>(plan_.repeats), run, stride);
      at += run;
    }
  }

  Concatenation plan_;
};

/// One call of device.h on the first input.
class Simple final : public CudaKernel {
 public:
  using Call = std::function<void(const float* x, float* y, int count)>;
  Simple(const Layer& layer, Inputs inputs, Call call) : CudaKernel(layer, inputs), call_(std::move(call)) {}

 private:
  void start() override { call_(input(), output(), elements()); }
  Call call_;
};

/// The largest float that is not above x, so that comparing floats with it is comparing them with x.
float floor_to_float(double x) {
  const auto nearest = static_cast<float>(x);
  return nearest > x ? std::nextafter(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

Simple::Call simple_call(const Layer& layer) {
  switch (layer.type) {
    case LayerType::max_pooling:
      return [window = window_of(layer)](const float* x, float* y, int) { cuda::max_pooling(window, x, y); };
    case LayerType::avg_pooling:
      return [window = window_of(layer)](const float* x, float* y, int) { cuda::avg_pooling(window, x, y); };
    case LayerType::relu:
      return cuda::relu;
    case LayerType::sigmoid:
      return cuda::sigmoid;
    case LayerType::tanh:
      return cuda::tanh_of;
    case LayerType::softmax:
      return cuda::softmax;
    case LayerType::threshold:
      return [limit = floor_to_float(layer.parameters.threshold), value = static_cast<float>(layer.parameters.value)](
                 const float* x, float* y, int count) { cuda::threshold(limit, value, x, y, count); };
    case LayerType::flatten:
    case LayerType::output:
      return [](const float* x, float* y, int count) {
        cuda::copy(y, x, static_cast<std::size_t>(count) * sizeof(float));
      };
    default:
      return {};
  }
}

}  // namespace

std::unique_ptr<Kernel> make_cuda_kernel(const Layer& layer, Inputs inputs, const LayerWeights& weights) {
  switch (layer.type) {
    case LayerType::linear:
    case LayerType::convolution:
      return std::make_unique<Product>(layer, inputs, weights);
    case LayerType::batch_normalization:
    case LayerType::prelu:
      return std::make_unique<ScaledChannels>(layer, inputs, weights);
    case LayerType::join_max:
    case LayerType::join_average:
    case LayerType::join_add:
      return std::make_unique<Join>(layer, inputs);
    case LayerType::join_concatenate:
      return std::make_unique<Concatenated>(layer, inputs);
    default:
      break;
  }
  Simple::Call call = simple_call(layer);
  return call ? std::make_unique<Simple>(layer, inputs, std::move(call)) : nullptr;
}

}  // namespace tiercut::kernels
