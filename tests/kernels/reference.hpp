// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kernels/kernel.hpp"

/// Every layer type once more, in float64, straight from its definition and as slowly as that is. It shares no code
/// with kernels/; bits are +1 and -1 here.
namespace tiercut::kernels::reference {

struct Result {
  std::vector<double> values;
  std::vector<double> scale;  ///< sum of the magnitudes that went into a value: what rounding errors are relative to
};

Result forward(const model::Layer& layer, const std::vector<const model::Layer*>& inputs, const LayerWeights& weights,
               const std::vector<std::vector<double>>& values);

}  // namespace tiercut::kernels::reference
