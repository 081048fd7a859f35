// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "scenarios/study.hpp"

/// Private to scenarios: the values of a study's axis.
namespace tiercut::scenarios {

/// Reads the axis `name` from its checked entry; complaints go to `diagnostics` (bad-axis, set-syntax, out-of-range).
StudyAxis axis_from(const std::string& name, const Node& node, Diagnostics& diagnostics);

/// The dimension that all texts are quantities of, with their values; plain numbers are ratios. Nothing when there is
/// none.
std::optional<Dimension> common_dimension(const std::vector<std::string>& texts, std::vector<double>& numbers);

/// `steps` values from `from` to `to`, both exact; what lies between is rounded to 12 digits, or 6 of a logarithmic
/// scale, so that every machine has the same ones. steps >= 2; on a logarithmic scale both ends have one sign.
std::vector<double> range_values(double from, double to, int steps, bool is_logarithmic);

}  // namespace tiercut::scenarios
