// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
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

using Chosen = std::vector<std::size_t>;  ///< indices of samples

/// Regressions of one set of samples on one set of candidate terms, over any part of the samples.
class TermRegression {
 public:
  TermRegression(std::span<const Sample> samples, std::span<const profiles::FeatureTerm> candidates);

  /// Some of the terms, each with its time.
  struct Fit {
    std::vector<std::size_t> terms;  ///< indices among the terms that say something
    std::vector<double> times;       ///< seconds a step, > 0
  };

  /// Those of the terms that predict the chosen samples best: least squares of relative errors with times >= 0, terms
  /// added one by one as in active sets, samples far off the others weighing less (Huber's weights), and terms left out
  /// that explain too little. `terms`: which candidates may be used; all when empty.
  Fit fit(const Chosen& samples, std::span<const std::size_t> terms = {}) const;

  /// Predicted / measured.
  double ratio(const Fit& fit, std::size_t sample) const;

  std::vector<profiles::FeatureTerm> terms_of(const Fit& fit) const;

 private:
  std::size_t samples_;
  std::vector<profiles::FeatureTerm> candidates_;  ///< those that say something, once each
  std::vector<double> columns_;                    ///< features over measured times, a column a candidate
  std::vector<bool> is_backed_;                    ///< as columns_: whether the sample has much of the term
  std::vector<double> weights_;
};

/// TermRegression::fit of all samples.
std::vector<profiles::FeatureTerm> fit_terms(std::span<const Sample> samples,
                                             std::span<const profiles::FeatureTerm> candidates);

}  // namespace tiercut::kernels
