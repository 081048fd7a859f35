// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/planner.hpp"

namespace tiercut::planner {

/// Everything on one place, for each place; and where an exit's branch shares only inputs with the rest, the branch on
/// one place and the rest on another.
std::vector<Baseline> price_baselines(const scenarios::Scenario& scenario);

}  // namespace tiercut::planner
