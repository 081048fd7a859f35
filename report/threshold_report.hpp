// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deployment/threshold_claims.hpp"
#include "report/json_parts.hpp"

/// Private to report: thresholds that were chosen, measured, certified and held out side by side.
namespace tiercut::report {

std::string thresholds_text(const deployment::ThresholdClaims& claims);
Json thresholds_json(const deployment::ThresholdClaims& claims);

}  // namespace tiercut::report
