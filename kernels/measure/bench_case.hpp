// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/observation.hpp"
#include "model/model.hpp"

namespace tiercut::kernels {

/// One thing to measure: a layer, or layers of a model run in series, with the caches warm or cold.
struct BenchCase {
  std::string key;                            ///< says all that its time depends on; unique in a campaign
  std::shared_ptr<const model::Model> model;  ///< need not be finished: only its layers are used
  std::vector<model::LayerId> layers;         ///< ascending, without Input and Output
  std::string segment;                        ///< empty for a single layer
  CacheState cache = CacheState::warm;
  model::Layer layer;  ///< the layer, or the totals of the segment
};

/// `Convolution 3x231x231 -> 96x56x56 k11 s4`: equal for layers that cost the same, whatever they are called.
std::string key_of(const model::Model& model, model::LayerId layer, CacheState cache = CacheState::warm);

/// A layer of a model; Input, Output and Flatten (another name for the same memory) are no cases.
BenchCase case_of_layer(std::shared_ptr<const model::Model> model, model::LayerId layer, CacheState cache);

/// Layers in series; Input and Output layers among them are left out. `name` goes into the key.
BenchCase case_of_segment(std::shared_ptr<const model::Model> model, std::vector<model::LayerId> layers,
                          std::string name, CacheState cache = CacheState::warm);

/// What an input of a single layer is.
struct InputTensor {
  std::vector<std::int64_t> extents;
  model::Encoding encoding = model::Encoding::f32;
};

/// A layer by itself; empty when its parameters do not fit its inputs.
std::optional<BenchCase> case_of(model::LayerType type, const model::LayerParameters& parameters,
                                 const std::vector<InputTensor>& inputs, CacheState cache = CacheState::warm);

/// Whether the layer does anything that can be timed.
bool is_timed(model::LayerType type);

/// Memory that preparing and running it takes at most: weights as read and as packed, tensors, scratch.
double bytes_needed(const BenchCase& bench_case);

}  // namespace tiercut::kernels
