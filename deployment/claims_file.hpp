// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/document.hpp"
#include "core/schema.hpp"
#include "deployment/threshold_claims.hpp"

/// The `thresholds` section of a plan file (internal to the folder).
namespace tiercut::deployment {

ShapePointer claims_shape();
std::string claims_text(const ThresholdClaims& claims);
ThresholdClaims claims_from(const Node& node);

/// A record of the latency statistics, all required.
ShapePointer latency_shape(const std::string& meaning);
std::string latency_text(const Summary& summary, const std::string& indent);
Summary latency_from(const Node& node);

}  // namespace tiercut::deployment
