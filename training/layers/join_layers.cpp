// SPDX-License-Identifier: Apache-2.0
#include "kernels/joins.hpp"
#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {
namespace {

using model::LayerType;

/// Maximum, average and sum over the inputs that are present.
class CombiningLayer final : public TrainableLayer {
 public:
  explicit CombiningLayer(const model::Layer& layer) : type_(layer.type), elements_(layer.shape.elements()) {}

  void forward(const ForwardCall& call) override {
    const Index count = call.samples * elements_;
    float* __restrict y = call.output;
    Index present = 0;
    for (const float* x : call.inputs) {
      if (x == nullptr) continue;
      if (++present == 1) {
        std::copy_n(x, count, y);
      } else if (type_ == LayerType::join_max) {
        for (Index i = 0; i < count; ++i) y[i] = x[i] > y[i] || x[i] != x[i] ? x[i] : y[i];
      } else {
        for (Index i = 0; i < count; ++i) y[i] += x[i];
      }
    }
    if (type_ != LayerType::join_average) return;
    for (Index i = 0; i < count; ++i) y[i] /= static_cast<float>(present);
  }

  void backward(const BackwardCall& call) override {
    const Index count = call.samples * elements_;
    if (type_ == LayerType::join_max) return share_among_largest(call, count);
    const float share = type_ == LayerType::join_average ? 1.0F / static_cast<float>(call.inputs.size()) : 1.0F;
    for (float* back : call.input_gradients) {
      if (back == nullptr) continue;
      for (Index i = 0; i < count; ++i) back[i] = call.output_gradient[i] * share;
    }
  }

 private:
  // Equal shares, so that the order of the devices is irrelevant: among signs, ties are the rule.
  static void share_among_largest(const BackwardCall& call, Index count) {
    for (Index i = 0; i < count; ++i) {
      float ties = 0;
      for (const float* x : call.inputs) ties += x[i] == call.output[i] ? 1.0F : 0.0F;
      const float share = ties > 0 ? call.output_gradient[i] / ties : call.output_gradient[i];
      for (std::size_t input = 0; input < call.inputs.size(); ++input) {
        float* back = call.input_gradients[input];
        if (back != nullptr) back[i] = call.inputs[input][i] == call.output[i] ? share : 0;
      }
    }
  }

  LayerType type_;
  Index elements_;
};

class ConcatenatingLayer final : public TrainableLayer {
 public:
  ConcatenatingLayer(const model::Layer& layer, LayerInputs inputs) : plan_(layer, inputs) {}

  void forward(const ForwardCall& call) override {
    float* to = call.output;
    for_each_run(call.samples, [&](std::size_t input, std::size_t first, std::size_t count) {
      const float* from = call.inputs[input];
      to = from == nullptr ? std::fill_n(to, count, 0.0F) : std::copy_n(from + first, count, to);
    });
  }

  void backward(const BackwardCall& call) override {
    const float* from = call.output_gradient;
    for_each_run(call.samples, [&](std::size_t input, std::size_t first, std::size_t count) {
      float* back = call.input_gradients[input];
      if (back != nullptr) std::copy_n(from, count, back + first);
      from += count;
    });
  }

 private:
  template <class Body>
  void for_each_run(Index samples, Body&& body) const {
    const std::size_t repeats = plan_.repeats * static_cast<std::size_t>(samples);
    for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
      for (std::size_t input = 0; input < plan_.runs.size(); ++input) {
        body(input, repeat * plan_.runs[input], plan_.runs[input]);
      }
    }
  }

  kernels::Concatenation plan_;
};

}  // namespace

LayerPointer make_join(const model::Layer& layer, LayerInputs inputs) {
  if (layer.type == LayerType::join_concatenate) return std::make_unique<ConcatenatingLayer>(layer, inputs);
  return std::make_unique<CombiningLayer>(layer);
}

}  // namespace tiercut::training
