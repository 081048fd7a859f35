// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "training/layers/normalization.hpp"
#include "training/layers/patches.hpp"
#include "training/layers/trainable_layer.hpp"
#include "training/layers/window_maximum.hpp"

// The gradient of a sign is taken to be that of the identity where the sign's argument is within [-1, 1] and 0 beyond
// (straight-through estimator). Weights are clipped to where it is the identity.
namespace tiercut::training {
namespace {

/// Real weights with their signs, and what is normalised behind them; parameters are weights, gamma, beta.
class BinaryLayer : public TrainableLayer {
 public:
  std::span<float> statistics() override { return normalization_.running(); }
  void update_statistics() override { normalization_.update_running(); }

 protected:
  BinaryLayer(Index weights, Index outputs, Index plane)
      : weights_(weights), normalization_(outputs, plane), signs_(static_cast<std::size_t>(weights)) {
    const auto count = static_cast<std::size_t>(weights + 2 * outputs);
    parameters_ = {FloatBuffer(count), FloatBuffer(count), signs_.size(), signs_.size()};
  }

  const float* signs() {
    const float* weights = parameters_.values.data();
    for (Index i = 0; i < weights_; ++i) signs_.data()[i] = weights[i] >= 0 ? 1.0F : -1.0F;
    return signs_.data();
  }
  const float* gamma() const { return parameters_.values.data() + weights_; }
  const float* beta() const { return gamma() + normalization_.channels(); }
  float* gamma_gradient() { return parameters_.gradient.data() + weights_; }
  float* beta_gradient() { return gamma_gradient() + normalization_.channels(); }

  const VectorMaths& maths_ = vector_maths();
  Index weights_;
  Normalization normalization_;
  FloatBuffer signs_;
};

class BinaryFcLayer final : public BinaryLayer {
 public:
  explicit BinaryFcLayer(const model::Layer& layer)
      : BinaryLayer(layer.input_shape.elements() * layer.parameters.outputs, layer.parameters.outputs, 1),
        inputs_(layer.input_shape.elements()),
        outputs_(layer.parameters.outputs) {}

  void reserve(Index samples) override {
    sums_.reserve(static_cast<std::size_t>(samples * outputs_));
    back_.reserve(static_cast<std::size_t>(samples * outputs_));
  }

  void forward(const ForwardCall& call) override {
    const Index count = call.samples * outputs_;
    std::fill_n(sums_.data(), count, 0.0F);
    maths_.add_product({call.inputs[0], call.samples, inputs_}, {signs(), outputs_, inputs_, true}, sums_.data());
    if (call.mode == Mode::training) {
      normalization_.forward(call.samples, sums_.data(), gamma(), beta(), call.output);
      return;
    }
    for (Index o = 0; o < outputs_; ++o) {
      const Normalization::Channel normalised = normalization_.answering(o, gamma(), beta());
      for (Index i = o; i < count; i += outputs_) call.output[i] = static_cast<float>(normalised(sums_.data()[i]));
    }
  }

  void backward(const BackwardCall& call) override {
    normalization_.backward(call.samples, sums_.data(), gamma(), call.output_gradient, back_.data(), gamma_gradient(),
                            beta_gradient());
    std::fill_n(parameters_.gradient.data(), weights_, 0.0F);
    maths_.add_product({back_.data(), call.samples, outputs_, true}, {call.inputs[0], call.samples, inputs_},
                       parameters_.gradient.data());
    float* back = call.input_gradients[0];
    if (back == nullptr) return;
    std::fill_n(back, call.samples * inputs_, 0.0F);
    maths_.add_product({back_.data(), call.samples, outputs_}, {signs_.data(), outputs_, inputs_}, back);
  }

 private:
  Index inputs_, outputs_;
  FloatBuffer sums_, back_;
};

class BinaryConvPLayer final : public BinaryLayer {
 public:
  BinaryConvPLayer(const model::Layer& layer, PatchProducts products)
      : BinaryLayer(products.weights(), products.outputs(), layer.shape.extents[1] * layer.shape.extents[2]),
        products_(std::move(products)),
        maximum_(kernels::vertical(layer.parameters.pool, products_.height(), layer.shape.extents[1]),
                 kernels::horizontal(layer.parameters.pool, products_.width(), layer.shape.extents[2])),
        sums_of_sample_(products_.outputs() * products_.height() * products_.width()),
        elements_(layer.shape.elements()) {}

  void reserve(Index samples) override {
    products_.reserve(samples);
    maximum_.reserve(samples * products_.outputs());
    sums_.reserve(static_cast<std::size_t>(samples * sums_of_sample_));
    for (FloatBuffer* buffer : {&pooled_, &normalised_, &back_}) {
      buffer->reserve(static_cast<std::size_t>(samples * elements_));
    }
  }

  void forward(const ForwardCall& call) override {
    products_.forward(call.samples, call.inputs[0], signs(), nullptr, sums_.data());
    maximum_.forward(call.samples * products_.outputs(), sums_.data(), pooled_.data());
    if (call.mode == Mode::answering) return answer(call.samples, call.output);
    normalization_.forward(call.samples, pooled_.data(), gamma(), beta(), normalised_.data());
    const float* z = normalised_.data();
    // A sign would hide what is no number.
    for (Index i = 0; i < call.samples * elements_; ++i) call.output[i] = z[i] >= 0 ? 1 : z[i] < 0 ? -1 : z[i];
  }

  void backward(const BackwardCall& call) override {
    const float* __restrict z = normalised_.data();
    const float* __restrict gradient = call.output_gradient;
    float* __restrict back = back_.data();
    for (Index i = 0; i < call.samples * elements_; ++i) {
      back[i] = std::abs(z[i]) <= 1 ? gradient[i] : 0;
    }
    normalization_.backward(call.samples, pooled_.data(), gamma(), back_.data(), back_.data(), gamma_gradient(),
                            beta_gradient());
    // The sums themselves are not needed any more; their gradient takes their place.
    maximum_.backward(call.samples * products_.outputs(), back_.data(), sums_.data());
    products_.backward(call.samples, call.inputs[0], signs_.data(), sums_.data(), parameters_.gradient.data(),
                       call.input_gradients[0]);
  }

 private:
  void answer(Index samples, float* y) const {
    const Index plane = maximum_.pixels(), channels = products_.outputs();
    for (Index c = 0; c < channels; ++c) {
      const Normalization::Channel normalised = normalization_.answering(c, gamma(), beta());
      for (Index sample = 0; sample < samples; ++sample) {
        const Index first = (sample * channels + c) * plane;
        for (Index i = first; i < first + plane; ++i) y[i] = normalised(pooled_.data()[i]) >= 0 ? 1.0F : -1.0F;
      }
    }
  }

  PatchProducts products_;
  WindowMaximum maximum_;
  Index sums_of_sample_, elements_;
  FloatBuffer sums_, pooled_, normalised_, back_;
};

}  // namespace

LayerPointer make_binary_fc(const model::Layer& layer) { return std::make_unique<BinaryFcLayer>(layer); }

LayerPointer make_binary_conv_p(const model::Layer& layer) {
  return std::make_unique<BinaryConvPLayer>(
      layer, PatchProducts(layer.input_shape, layer.parameters.window, layer.parameters.outputs, 1));
}

}  // namespace tiercut::training
