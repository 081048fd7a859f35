// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "model/model.hpp"

namespace tiercut::kernels {

/// Confidence of class probabilities (non-negative, summing to 1), computed in float64 as all interpreters compare it.
double normalized_entropy(
    std::span<const float> probabilities);  ///< -sum x log x / log C, in [0, 1]; 0 for one class (DDNN III-D)
double max_probability(std::span<const float> probabilities);
double margin(std::span<const float> probabilities);  ///< largest less second largest; 1 for one class
double confidence(model::Confidence measure, std::span<const float> probabilities);

}  // namespace tiercut::kernels
