// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "kernels/estimate/boards.hpp"
#include "profiles/cost_law.hpp"

/// Profiles of our kernels on boards that nobody here can measure. Method and error: docs/estimates.md.
namespace tiercut::kernels {

/// What layers cost on a unit, a law for each layer type (one for all on a roofline).
std::vector<profiles::CostLaw> estimated_laws(const BoardUnit& unit);

/// The profile `BOARD/tiercut`, which extends BOARD. Fails with unknown-board.
Result<std::string> estimated_profile_yaml(const std::string& board);

}  // namespace tiercut::kernels
