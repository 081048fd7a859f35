// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {
namespace {

using model::LayerType;

/// y = value(x), and the gradient times slope(x, y). Layers of one kind share the loops.
template <class Function>
class ActivationLayer final : public TrainableLayer {
 public:
  ActivationLayer(const model::Layer& layer, Function function)
      : elements_(layer.shape.elements()), function_(function) {}

  void forward(const ForwardCall& call) override {
    function_.apply(call.inputs[0], call.output, call.samples * elements_);
  }
  void backward(const BackwardCall& call) override {
    float* __restrict back = call.input_gradients[0];
    if (back == nullptr) return;
    const float *x = call.inputs[0], *y = call.output, *gradient = call.output_gradient;
    for (Index i = 0; i < call.samples * elements_; ++i) back[i] = function_.pull_back(x[i], y[i], gradient[i]);
  }

 private:
  Index elements_;
  Function function_;
};

// Comparisons are such that NaN goes through.
struct Relu {
  void apply(const float* x, float* y, Index count) const {
    for (Index i = 0; i < count; ++i) y[i] = x[i] < 0 ? 0 : x[i];
  }
  static float pull_back(float x, float, float gradient) { return x > 0 ? gradient : 0; }
};

struct Threshold {
  float threshold, value;
  void apply(const float* x, float* y, Index count) const {
    for (Index i = 0; i < count; ++i) y[i] = x[i] <= threshold ? value : x[i];
  }
  float pull_back(float x, float, float gradient) const { return x > threshold ? gradient : 0; }
};

struct Sigmoid {
  const VectorMaths* maths;
  void apply(const float* x, float* y, Index count) const { maths->sigmoid(x, y, count); }
  static float pull_back(float, float y, float gradient) { return gradient * y * (1 - y); }
};

struct Tanh {
  const VectorMaths* maths;
  void apply(const float* x, float* y, Index count) const { maths->tanh(x, y, count); }
  static float pull_back(float, float y, float gradient) { return gradient * (1 - y * y); }
};

class PreluLayer final : public TrainableLayer {
 public:
  explicit PreluLayer(const model::Layer& layer)
      : channels_(layer.parameters.is_per_channel ? layer.shape.extents[0] : 1),
        plane_(layer.shape.elements() / channels_),
        sums_(static_cast<std::size_t>(channels_)) {
    parameters_ = {FloatBuffer(sums_.size()), FloatBuffer(sums_.size()), 0, 0};
  }

  void forward(const ForwardCall& call) override {
    for (Index i = 0; i < call.samples * channels_; ++i) {
      const float slope = parameters_.values.data()[i % channels_];
      const float* x = call.inputs[0] + i * plane_;
      float* y = call.output + i * plane_;
      for (Index k = 0; k < plane_; ++k) y[k] = x[k] * (x[k] >= 0 ? 1 : slope);
    }
  }

  void backward(const BackwardCall& call) override {
    std::ranges::fill(sums_, 0.0);
    for (Index i = 0; i < call.samples * channels_; ++i) {
      const float slope = parameters_.values.data()[i % channels_];
      const float *x = call.inputs[0] + i * plane_, *gradient = call.output_gradient + i * plane_;
      double sum = 0;
      for (Index k = 0; k < plane_; ++k) sum += x[k] >= 0 ? 0 : double{gradient[k]} * double{x[k]};
      sums_[static_cast<std::size_t>(i % channels_)] += sum;
      if (call.input_gradients[0] == nullptr) continue;
      float* back = call.input_gradients[0] + i * plane_;
      for (Index k = 0; k < plane_; ++k) back[k] = gradient[k] * (x[k] >= 0 ? 1 : slope);
    }
    std::ranges::transform(sums_, parameters_.gradient.data(), [](double sum) { return static_cast<float>(sum); });
  }

 private:
  Index channels_, plane_;
  std::vector<double> sums_;
};

/// The largest float that is not above x, so that comparing floats with it is comparing them with x.
float floor_to_float(double x) {
  const auto nearest = static_cast<float>(x);
  return nearest > x ? std::nextafter(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

}  // namespace

LayerPointer make_activation(const model::Layer& layer) {
  switch (layer.type) {
    case LayerType::relu:
      return std::make_unique<ActivationLayer<Relu>>(layer, Relu{});
    case LayerType::threshold:
      return std::make_unique<ActivationLayer<Threshold>>(
          layer, Threshold{floor_to_float(layer.parameters.threshold), static_cast<float>(layer.parameters.value)});
    case LayerType::sigmoid:
      return std::make_unique<ActivationLayer<Sigmoid>>(layer, Sigmoid{&vector_maths()});
    case LayerType::tanh:
      return std::make_unique<ActivationLayer<Tanh>>(layer, Tanh{&vector_maths()});
    default:
      return std::make_unique<PreluLayer>(layer);
  }
}

}  // namespace tiercut::training
