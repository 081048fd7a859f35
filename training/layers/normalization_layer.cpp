// SPDX-License-Identifier: Apache-2.0
#include "training/layers/normalization.hpp"
#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {
namespace {

class NormalizationLayer final : public TrainableLayer {
 public:
  explicit NormalizationLayer(const model::Layer& layer)
      : normalization_(layer.shape.extents[0], layer.shape.elements() / layer.shape.extents[0]) {
    const auto count = 2 * static_cast<std::size_t>(normalization_.channels());
    parameters_ = {FloatBuffer(count), FloatBuffer(count), 0, 0};
  }

  std::span<float> statistics() override { return normalization_.running(); }
  void update_statistics() override { normalization_.update_running(); }

  void forward(const ForwardCall& call) override {
    if (call.mode == Mode::training) {
      normalization_.forward(call.samples, call.inputs[0], gamma(), beta(), call.output);
    } else {
      answer(call.samples, call.inputs[0], call.output);
    }
  }

  void backward(const BackwardCall& call) override {
    float* gradient = parameters_.gradient.data();
    normalization_.backward(call.samples, call.inputs[0], gamma(), call.output_gradient, call.input_gradients[0],
                            gradient, gradient + normalization_.channels());
  }

 private:
  const float* gamma() const { return parameters_.values.data(); }
  const float* beta() const { return gamma() + normalization_.channels(); }

  void answer(Index samples, const float* x, float* y) const {
    const Index channels = normalization_.channels(), plane = normalization_.plane();
    for (Index c = 0; c < channels; ++c) {
      const Normalization::Channel by = normalization_.answering(c, gamma(), beta());
      const double factor = by.gamma / by.deviation;
      const auto scale = static_cast<float>(factor), shift = static_cast<float>(by.beta - by.mean * factor);
      for (Index sample = 0; sample < samples; ++sample) {
        const Index first = (sample * channels + c) * plane;
        for (Index i = first; i < first + plane; ++i) y[i] = x[i] * scale + shift;
      }
    }
  }

  Normalization normalization_;
};

}  // namespace

LayerPointer make_normalization(const model::Layer& layer) { return std::make_unique<NormalizationLayer>(layer); }

}  // namespace tiercut::training
