// SPDX-License-Identifier: Apache-2.0
#include "training/layers/trainable_layer.hpp"
#include "training/layers/window_maximum.hpp"

namespace tiercut::training {
namespace {

kernels::Side height_of(const model::Layer& layer) {
  return kernels::vertical(layer.parameters.window, layer.input_shape.extents[1], layer.shape.extents[1]);
}
kernels::Side width_of(const model::Layer& layer) {
  return kernels::horizontal(layer.parameters.window, layer.input_shape.extents[2], layer.shape.extents[2]);
}

class MaxPoolingLayer final : public TrainableLayer {
 public:
  explicit MaxPoolingLayer(const model::Layer& layer)
      : channels_(layer.shape.extents[0]), maximum_(height_of(layer), width_of(layer)) {}
  void reserve(Index samples) override { maximum_.reserve(samples * channels_); }
  void forward(const ForwardCall& call) override {
    maximum_.forward(call.samples * channels_, call.inputs[0], call.output);
  }
  void backward(const BackwardCall& call) override {
    float* back = call.input_gradients[0];
    if (back != nullptr) maximum_.backward(call.samples * channels_, call.output_gradient, back);
  }

 private:
  Index channels_;
  WindowMaximum maximum_;
};

/// The mean over a window and its padding, which is worth 0; without what a window rounded up has beyond the padding.
class AvgPoolingLayer final : public TrainableLayer {
 public:
  explicit AvgPoolingLayer(const model::Layer& layer)
      : channels_(layer.shape.extents[0]), height_(height_of(layer)), width_(width_of(layer)) {}

  void forward(const ForwardCall& call) override {
    const float* x = call.inputs[0];
    float* y = call.output;
    for_each_window(call.samples, [&](Index plane, kernels::Range columns, kernels::Range rows, float share) {
      float sum = 0;
      for (Index row = rows.begin; row < rows.end; ++row) {
        for (Index column = columns.begin; column < columns.end; ++column) sum += x[at(plane, row, column)];
      }
      *y++ = sum * share;
    });
  }

  void backward(const BackwardCall& call) override {
    float* back = call.input_gradients[0];
    if (back == nullptr) return;
    std::fill_n(back, call.samples * channels_ * height_.input * width_.input, 0.0F);
    const float* gradient = call.output_gradient;
    for_each_window(call.samples, [&](Index plane, kernels::Range columns, kernels::Range rows, float share) {
      const float part = *gradient++ * share;
      for (Index row = rows.begin; row < rows.end; ++row) {
        for (Index column = columns.begin; column < columns.end; ++column) back[at(plane, row, column)] += part;
      }
    });
  }

 private:
  Index at(Index plane, Index row, Index column) const { return (plane * height_.input + row) * width_.input + column; }

  template <class Body>
  void for_each_window(Index samples, Body&& body) const {
    for (Index plane = 0; plane < samples * channels_; ++plane) {
      for (Index y = 0; y < height_.output; ++y) {
        for (Index x = 0; x < width_.output; ++x) {
          const Index area = height_.covered_with_padding(y) * width_.covered_with_padding(x);
          body(plane, width_.covered(x), height_.covered(y), 1.0F / static_cast<float>(area));
        }
      }
    }
  }

  Index channels_;
  kernels::Side height_, width_;
};

}  // namespace

LayerPointer make_pooling(const model::Layer& layer) {
  if (layer.type == model::LayerType::max_pooling) return std::make_unique<MaxPoolingLayer>(layer);
  return std::make_unique<AvgPoolingLayer>(layer);
}

}  // namespace tiercut::training
