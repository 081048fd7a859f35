// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {
namespace {

/// Over all elements of a sample, which are its classes. As a loss it is never run: see loss.hpp.
class SoftmaxLayer final : public TrainableLayer {
 public:
  explicit SoftmaxLayer(const model::Layer& layer) : classes_(layer.shape.elements()) {}

  void forward(const ForwardCall& call) override {
    for (Index i = 0; i < call.samples; ++i) {
      const float* x = call.inputs[0] + i * classes_;
      float* y = call.output + i * classes_;
      const float largest = *std::max_element(x, x + classes_);
      double sum = 0;
      for (Index k = 0; k < classes_; ++k) sum += double{y[k] = std::exp(x[k] - largest)};
      for (Index k = 0; k < classes_; ++k) y[k] = static_cast<float>(y[k] / sum);
    }
  }

  void backward(const BackwardCall& call) override {
    if (call.input_gradients[0] == nullptr) return;
    for (Index i = 0; i < call.samples; ++i) {
      const float *y = call.output + i * classes_, *gradient = call.output_gradient + i * classes_;
      float* back = call.input_gradients[0] + i * classes_;
      double mean = 0;
      for (Index k = 0; k < classes_; ++k) mean += double{y[k]} * double{gradient[k]};
      for (Index k = 0; k < classes_; ++k) back[k] = static_cast<float>(y[k] * (gradient[k] - mean));
    }
  }

 private:
  Index classes_;
};

}  // namespace

LayerPointer make_softmax(const model::Layer& layer) { return std::make_unique<SoftmaxLayer>(layer); }

}  // namespace tiercut::training
