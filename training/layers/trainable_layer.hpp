// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "training/layers/float_buffer.hpp"
#include "training/layers/vector_maths.hpp"

/// One layer's forward and backward pass over a batch (internal to training/layers/). A tensor of a batch is
/// [samples][elements], float32 without gaps; bits are +1 and -1.
namespace tiercut::training {

/// Training takes a batch's own statistics, answering the running ones and float64 signs, as deployment does.
enum class Mode { training, answering };

struct ForwardCall {
  Index samples;
  Mode mode;
  std::span<const float* const> inputs;  ///< null where a join's input is absent
  float* output;
};

/// After a forward call in training mode with the same samples and inputs.
struct BackwardCall {
  Index samples;
  std::span<const float* const> inputs;
  const float* output;
  const float* output_gradient;
  std::span<float* const> input_gradients;  ///< written, not added to; null where none is wanted
};

/// Values that learn, and what the optimiser has to know of them.
struct Parameters {
  FloatBuffer values, gradient;
  std::size_t decayed = 0;  ///< how many of the first are weights, which weight decay draws to 0
  std::size_t clipped = 0;  ///< how many of the first are kept within [-1, 1]
};

class TrainableLayer {
 public:
  virtual ~TrainableLayer() = default;
  virtual void reserve(Index samples) { (void)samples; }  ///< scratch memory for batches of so many
  virtual void forward(const ForwardCall& call) = 0;
  virtual void backward(const BackwardCall& call) = 0;  ///< writes parameters().gradient too

  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  /// Means, then variances, that answers are normalised by; empty for most layers.
  virtual std::span<float> statistics() { return {}; }
  /// Moves them towards those of the last forward call in training mode.
  virtual void update_statistics() {}

 protected:
  Parameters parameters_;
};

using LayerPointer = std::unique_ptr<TrainableLayer>;
using LayerInputs = std::span<const model::Layer* const>;

/// Makers by kind. Input, Flatten and Output have none: a pass over them computes nothing.
LayerPointer make_linear(const model::Layer& layer);
LayerPointer make_convolution(const model::Layer& layer);
LayerPointer make_pooling(const model::Layer& layer);
LayerPointer make_normalization(const model::Layer& layer);
LayerPointer make_activation(const model::Layer& layer);
LayerPointer make_softmax(const model::Layer& layer);
LayerPointer make_join(const model::Layer& layer, LayerInputs inputs);
LayerPointer make_binary_fc(const model::Layer& layer);
LayerPointer make_binary_conv_p(const model::Layer& layer);
LayerPointer make_layer(const model::Layer& layer, LayerInputs inputs);

/// The same elements in the same order as its input.
inline bool is_renaming(model::LayerType type) {
  return type == model::LayerType::flatten || type == model::LayerType::output;
}

}  // namespace tiercut::training
