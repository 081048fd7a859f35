// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/kernel.hpp"

namespace tiercut::kernels {

/// A concatenation (internal to kernels/ and training/) as runs of elements: `repeats` times, of each input in turn its next `run` elements.
struct Concatenation {
  std::size_t repeats = 1;
  std::vector<std::size_t> runs;

  Concatenation(const model::Layer& layer, std::span<const model::Layer* const> inputs) {
    const auto axis = static_cast<std::size_t>(layer.parameters.axis);
    std::size_t inner = 1;
    for (std::size_t i = 0; i < layer.shape.extents.size(); ++i) {
      (i < axis ? repeats : inner) *= i == axis ? 1 : static_cast<std::size_t>(layer.shape.extents[i]);
    }
    for (const model::Layer* input : inputs) {
      runs.push_back(static_cast<std::size_t>(input->shape.extents[axis]) * inner);
    }
  }
};

}  // namespace tiercut::kernels
