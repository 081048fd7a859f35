// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// How far two sets of measurements are apart, and how well a ranking was foretold.
namespace tiercut::validation {

/// Kolmogorov-Smirnov: the largest difference of the two empirical distribution functions, 0..1. Both ascending, not
/// empty; infinite values count as values.
double kolmogorov_smirnov(std::span<const double> a, std::span<const double> b);

/// First Wasserstein distance: the area between the two empirical distribution functions, in the unit of the values.
/// Both ascending, not empty, finite.
double wasserstein(std::span<const double> a, std::span<const double> b);

/// Kendall's tau-b of paired values (Kendall, Biometrika 1945): 1 when one orders as the other, -1 when the other way
/// round; ties count half. 0 when either is all ties. Time O(n^2).
double kendall_tau(std::span<const double> a, std::span<const double> b);

/// The cost of trusting the prediction: what is measured of the choice that is predicted to be the best (the first of
/// equals), over the best measured, less 1. At least one choice; measured ones positive.
struct Choice {
  std::size_t chosen = 0, best = 0;  ///< indices: predicted best, measured best
  double regret = 0;
};
Choice choose(std::span<const double> predicted, std::span<const double> measured);

/// Adds up to the target as well as weights >= 0 allow: argmin over x >= least of sum of w_i (t_i - a_i x)^2, by
/// coordinate descent. `rows[i]` is a_i; columns that no row has stay at 0 (or at their least, when that is above).
std::vector<double> bounded_least_squares(const std::vector<std::vector<double>>& rows, std::span<const double> target,
                                          std::span<const double> weights, std::span<const double> least);

}  // namespace tiercut::validation
