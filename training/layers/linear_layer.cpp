// SPDX-License-Identifier: Apache-2.0
#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {
namespace {

class LinearLayer final : public TrainableLayer {
 public:
  explicit LinearLayer(const model::Layer& layer)
      : inputs_(layer.input_shape.elements()),
        outputs_(layer.parameters.outputs),
        has_bias_(layer.parameters.has_bias) {
    const auto weights = static_cast<std::size_t>(inputs_ * outputs_);
    const std::size_t count = weights + (has_bias_ ? static_cast<std::size_t>(outputs_) : 0);
    parameters_ = {FloatBuffer(count), FloatBuffer(count), weights, 0};
  }

  void forward(const ForwardCall& call) override {
    const float* weights = parameters_.values.data();
    for (Index i = 0; i < call.samples; ++i) {
      float* row = call.output + i * outputs_;
      if (has_bias_) {
        std::copy_n(weights + inputs_ * outputs_, outputs_, row);
      } else {
        std::fill_n(row, outputs_, 0.0F);
      }
    }
    maths_.add_product({call.inputs[0], call.samples, inputs_}, {weights, outputs_, inputs_, true}, call.output);
  }

  void backward(const BackwardCall& call) override {
    float* gradient = parameters_.gradient.data();
    parameters_.gradient.fill(0);
    maths_.add_product({call.output_gradient, call.samples, outputs_, true}, {call.inputs[0], call.samples, inputs_},
                       gradient);
    if (has_bias_) {
      float* bias = gradient + inputs_ * outputs_;
      for (Index i = 0; i < call.samples; ++i) {
        const float* row = call.output_gradient + i * outputs_;
        for (Index o = 0; o < outputs_; ++o) bias[o] += row[o];
      }
    }
    float* back = call.input_gradients[0];
    if (back == nullptr) return;
    std::fill_n(back, call.samples * inputs_, 0.0F);
    maths_.add_product({call.output_gradient, call.samples, outputs_}, {parameters_.values.data(), outputs_, inputs_},
                       back);
  }

 private:
  const VectorMaths& maths_ = vector_maths();
  Index inputs_, outputs_;
  bool has_bias_;
};

}  // namespace

LayerPointer make_linear(const model::Layer& layer) { return std::make_unique<LinearLayer>(layer); }

}  // namespace tiercut::training
