// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "deployment/plan.hpp"

namespace tiercut::testing {

/// Calls `look` with every placement of every layer on every place; false, without a call, when there are more than
/// `most`.
bool for_all_placements(const scenarios::Scenario& scenario, std::size_t most,
                        const std::function<void(const deployment::Plan&)>& look);

/// Whether memory and pins allow it.
bool is_deployable(const scenarios::Scenario& scenario, const deployment::Plan& plan);

}  // namespace tiercut::testing
