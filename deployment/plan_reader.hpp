// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/document.hpp"
#include "deployment/plan.hpp"

/// From a checked plan document to a plan (internal to the folder).
namespace tiercut::deployment {

Result<PlanDocument> plan_from(const Document& document, const scenarios::Scenario& scenario, Diagnostics& warnings);

}  // namespace tiercut::deployment
