// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {

/// Fresh values of a layer, by seed and the layer's name. Weights: uniform, by Glorot and Bengio 2010 (sqrt(6 / (in +
/// out))), or by He et al. 2015 (sqrt(6 / in)) where a ReLU or PReLU follows, behind normalisation, pooling or
/// renaming at most. Biases and shifts 0, scales 1, slopes of PReLU 0.25.
void set_initial_values(const model::Model& model, model::LayerId id, std::uint64_t seed, TrainableLayer& layer);

}  // namespace tiercut::training
