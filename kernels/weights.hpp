// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel.hpp"

/// How many parameters a layer has in LayerWeights (internal to kernels/, training/ and the tests).
namespace tiercut::kernels {

struct WeightCounts {
  std::size_t floats = 0;
  std::size_t bits = 0;
  std::size_t words() const { return (bits + 63) / 64; }
};
WeightCounts weight_counts(const model::Layer& layer);

/// Inputs that one output element sums over (Linear, Convolution and the binary blocks).
std::int64_t fan_in(const model::Layer& layer);

}  // namespace tiercut::kernels
