// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "core/random.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::testing {

/// What is best over every placement, every choice of exits and every threshold at a score of the calibration part;
/// each deployment by the plan checker's own replay, each sample by itself. Nothing when there are more than `most`
/// of them.
struct JointOracle {
  std::size_t deployments = 0;             ///< placements times thresholds
  std::optional<double> best_s;            ///< of the objective, among those that keep memory and requirement
  std::optional<std::int64_t> least_loss;  ///< likewise
};
std::optional<JointOracle> joint_oracle(const scenarios::Scenario& scenario, std::size_t most);

/// How many it would look at.
double joint_deployments(const scenarios::Scenario& scenario);

/// A small trace with both parts, open thresholds at most exits, and a requirement that is sometimes out of reach.
void ask_for_thresholds(scenarios::Scenario& scenario, RandomStream& random);

}  // namespace tiercut::testing
