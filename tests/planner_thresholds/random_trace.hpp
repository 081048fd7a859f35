// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/random.hpp"
#include "planner/thresholds/level_costs.hpp"
#include "profiles/exit_trace.hpp"

namespace tiercut::planner::testing {

/// A few samples with random classes, scores (many ties, or none) and classes that exits may not answer.
profiles::ExitTrace random_trace(RandomStream& random, std::size_t samples, std::size_t exits);

/// Whole-numbered costs that do not fall with the level, sometimes a limit of each kind, sometimes an unused exit.
LevelCosts random_costs(RandomStream& random, std::size_t samples, std::size_t exits, bool is_ordered);

/// A number of [0, below).
std::size_t draw(RandomStream& random, std::size_t below);

/// The shape of a population: how accurate each level is, how alike the exits judge one sample, and how well
/// confidence tells right from wrong.
struct Population {
  std::vector<double> accuracy = {0.956, 0.966, 0.970, 0.973, 0.973};  ///< last: the final answer
  double correlation = 0.9;
  double confidence_noise = 0.8;
  int classes = 10;
};

/// Synthetic: a sample has one latent margin, of which each level sees a noisy copy; it is right where its copy is
/// positive, and its maximum probability grows with the copy's size. The first `calibration` samples are that part.
profiles::ExitTrace synthetic_trace(const Population& population, std::uint64_t seed, std::size_t samples,
                                    std::size_t calibration);

}  // namespace tiercut::planner::testing
