// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "planner/sensitivity.hpp"

/// What moves a decision, for people and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

std::string sensitivity_text(const scenarios::Scenario& scenario, const planner::Sensitivity& result);
std::string sensitivity_json(const scenarios::Scenario& scenario, const planner::Sensitivity& result);

/// `11.79 ms`, `6.352 Mbit/s`, `0.6090`: a knob's value with its unit.
std::string knob_text(const planner::Knob& knob, double value);

/// `latency_s`, ...: the key of such a value in JSON, by its unit.
std::string unit_of(const planner::Knob& knob);

}  // namespace tiercut::report
