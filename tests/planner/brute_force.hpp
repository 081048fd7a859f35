// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "scenarios/scenario.hpp"

namespace tiercut::testing {

/// What is best over every placement of every layer on every place, each lowered and estimated.
struct BruteForce {
  std::size_t placements = 0;
  std::optional<double> best_mean_s;        ///< among those that keep memory and requirement
  std::optional<double> least_statistic_s;  ///< among those that keep memory
};

/// Nothing when there are more than `most` placements.
std::optional<BruteForce> brute_force(const scenarios::Scenario& scenario, std::size_t most);

}  // namespace tiercut::testing
