// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "training/learning_network.hpp"

namespace tiercut::training {

/// The loss of a network in float64, layer by layer by the kernels' reference, so that finite differences of it have
/// many digits. Nothing is shared with training/.
///
/// A sign has no useful derivative. It is replaced by what its straight-through gradient is the derivative of: around
/// the point at which anchor() was called, sign(w) becomes sign(w0) + w - w0, and sign(z) becomes sign(z0) +
/// clip(z) - clip(z0), clip being to [-1, 1]. At that point it is the sign itself. Nor has the maximum of equal values
/// a derivative, and sums of signs are often equal: pooling in a binary block takes what was the first largest there.
class ReferenceNetwork {
 public:
  ReferenceNetwork(const model::Model& model, std::vector<LossTerm> loss) : model_(model), loss_(std::move(loss)) {}

  std::vector<std::vector<float>> parameters;  ///< by layer, as Network::parameters()

  /// The loss at the current parameters, which become the point that signs are replaced around.
  double anchor(const Batch& batch);
  double loss(const Batch& batch);
  /// Its derivative by one parameter, by differences of fourth order over steps of 2^-16.
  double derivative(const Batch& batch, model::LayerId layer, std::size_t parameter);

 private:
  using Tensor = std::vector<std::vector<double>>;  // by sample
  Tensor compute(model::LayerId id, const std::vector<const Tensor*>& inputs);
  Tensor by_reference(const model::Layer& layer, const std::vector<float>& floats,
                      const std::vector<const Tensor*>& inputs) const;
  Tensor normalised(const model::Layer& layer, const Tensor& x, std::span<const float> scales) const;
  Tensor binary_conv_p(model::LayerId id, const Tensor& x);
  Tensor pooled(const model::Layer& block, const model::TensorShape& from, const Tensor& x,
                std::vector<std::vector<std::size_t>>& places) const;
  std::vector<float> effective_weights(model::LayerId id, std::size_t count) const;
  double loss_of(const LossTerm& term, const Batch& batch, const Tensor& scores) const;

  const model::Model& model_;
  std::vector<LossTerm> loss_;
  bool is_anchoring_ = false;
  std::vector<std::vector<float>> anchored_parameters_;
  std::vector<Tensor> anchored_signs_;                                  // by layer: what the sign was taken of
  std::vector<std::vector<std::vector<std::size_t>>> anchored_maxima_;  // by layer, sample, output: where it was
};

}  // namespace tiercut::training
