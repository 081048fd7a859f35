// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "profiles/feature_law.hpp"

/// Terms of a feature law from observations (internal to law fitting).
namespace tiercut::kernels {

/// x >= 0 that minimises x' G x / 2 - b' x, by active sets (Lawson and Hanson, Solving Least Squares Problems, ch. 23).
/// `gram` is G = A' A, row by row; `moments` is b = A' y.
std::vector<double> non_negative_least_squares(std::span<const double> gram, std::span<const double> moments);

struct Sample {
  profiles::LayerExtents extents;
  double seconds = 0;  ///< > 0
  double weight = 1;   ///< of its squared relative error
};

/// Those of the candidate terms that predict the samples best, with their times: least squares of relative errors,
/// times >= 0, samples far off the others weighing less (Huber's weights), and no term that explains too little.
std::vector<profiles::FeatureTerm> fit_terms(std::span<const Sample> samples,
                                             std::span<const profiles::FeatureTerm> candidates);

}  // namespace tiercut::kernels
