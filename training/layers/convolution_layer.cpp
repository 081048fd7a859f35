// SPDX-License-Identifier: Apache-2.0
#include "training/layers/patches.hpp"
#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {
namespace {

class ConvolutionLayer final : public TrainableLayer {
 public:
  explicit ConvolutionLayer(const model::Layer& layer)
      : products_(layer.input_shape, layer.parameters.window, layer.parameters.outputs, layer.parameters.groups),
        has_bias_(layer.parameters.has_bias) {
    const auto weights = static_cast<std::size_t>(products_.weights());
    const std::size_t count = weights + (has_bias_ ? static_cast<std::size_t>(products_.outputs()) : 0);
    parameters_ = {FloatBuffer(count), FloatBuffer(count), weights, 0};
  }

  void reserve(Index samples) override { products_.reserve(samples); }

  void forward(const ForwardCall& call) override {
    const float* weights = parameters_.values.data();
    products_.forward(call.samples, call.inputs[0], weights, has_bias_ ? weights + products_.weights() : nullptr,
                      call.output);
  }

  void backward(const BackwardCall& call) override {
    float* gradient = parameters_.gradient.data();
    products_.backward(call.samples, call.inputs[0], parameters_.values.data(), call.output_gradient, gradient,
                       call.input_gradients[0]);
    if (!has_bias_) return;
    const Index pixels = products_.height() * products_.width();
    for (Index output = 0; output < products_.outputs(); ++output) {
      double sum = 0;
      for (Index i = 0; i < call.samples; ++i) {
        sum += maths_.sum(call.output_gradient + (i * products_.outputs() + output) * pixels, pixels);
      }
      gradient[products_.weights() + output] = static_cast<float>(sum);
    }
  }

 private:
  const VectorMaths& maths_ = vector_maths();
  PatchProducts products_;
  bool has_bias_;
};

}  // namespace

LayerPointer make_convolution(const model::Layer& layer) { return std::make_unique<ConvolutionLayer>(layer); }

}  // namespace tiercut::training
