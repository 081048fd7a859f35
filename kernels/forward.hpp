// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernel.hpp"
#include "model/model.hpp"

namespace tiercut::kernels {

/// Layers of a model run in series with buffers of their own: a whole network, or the segment that a call executes.
/// After construction run() allocates nothing.
class ForwardPass {
 public:
  /// `layers` ascending; weights by layer id of the model (random_weights(layer, seed + id) when empty).
  static Result<ForwardPass> make(const model::Model& model, std::vector<model::LayerId> layers,
                                  const std::vector<LayerWeights>& weights, ThreadPool& threads,
                                  std::string_view backend = {}, std::uint64_t seed = 1);
  ForwardPass(ForwardPass&&) noexcept;
  ForwardPass& operator=(ForwardPass&&) noexcept;
  ~ForwardPass();

  /// The buffer of a tensor: of an outside input (fill it before run) or of any layer of the segment (read it after).
  Buffer& tensor(model::LayerId producer);
  void run();
  std::string backends_used() const;  ///< `highway, eigen`
  std::size_t bytes() const;          ///< weights, tensors and scratch

 private:
  ForwardPass();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::kernels
