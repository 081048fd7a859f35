// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deployment/plan.hpp"

namespace tiercut::report {

/// `fc1 .. fc3 on pi; fc4 on cloud`.
std::string split_text(const scenarios::Scenario& scenario, const deployment::Plan& plan);

/// `all on pi` when nothing is divided, else as split_text.
std::string plan_words(const scenarios::Scenario& scenario, const deployment::Plan& plan);

}  // namespace tiercut::report
