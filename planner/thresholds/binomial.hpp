// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tiercut::planner {

/// P(X <= errors) for X binomial with n samples and probability p in [0, 1]; exact up to rounding (relative 1e-10).
double binomial_tail(std::uint64_t n, std::uint64_t errors, double p);

/// The one-sided upper confidence bound of a probability at level 1 - delta (Clopper and Pearson, Biometrika 26, 1934).
double upper_confidence(std::uint64_t n, std::uint64_t errors, double delta);

/// The most errors among n samples with which P <= limit is certified at level 1 - delta; -1 when not even none will.
std::int64_t most_errors(std::uint64_t n, double limit, double delta);

/// The fewest samples, all clean, with which P <= limit is certified at level 1 - delta.
std::uint64_t fewest_samples(double limit, double delta);

}  // namespace tiercut::planner
