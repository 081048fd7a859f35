// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/kernel.hpp"

namespace tiercut::kernels {

/// `layer` on a backend that has it for float inputs only: packed inputs are expanded to +1 and -1 before. Null when
/// the backend does not support it that way either, or when the layer's output would have to be bits.
std::unique_ptr<Kernel> with_unpacked_inputs(const Backend& backend, const model::Layer& layer,
                                             std::span<const model::Layer* const> inputs, const LayerWeights& weights,
                                             ThreadPool& threads);

}  // namespace tiercut::kernels
