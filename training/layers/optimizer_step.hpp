// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/layers/trainable_layer.hpp"
#include "training/learning_network.hpp"

namespace tiercut::training {

/// What an optimiser remembers of a layer: SGD's velocity, Adam's moments (internal to training/layers/).
struct Moments {
  FloatBuffer first, second;
};

Moments make_moments(const Optimizer& optimizer, const Parameters& parameters);

/// The step numbered `number` (from 1). SGD: v = momentum v + g, w -= rate v, or rate (g + momentum v) with Nesterov
/// (Sutskever et al. 2013, as rearranged by Bengio et al. 2013). Adam: Kingma and Ba 2015, algorithm 1.
void take_step(const Optimizer& optimizer, std::int64_t number, Parameters& parameters, Moments& moments);

/// Fails with bad-optimizer, naming each value that is out of range.
Result<void> check(const Optimizer& optimizer);

}  // namespace tiercut::training
