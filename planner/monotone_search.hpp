// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace tiercut::planner {

/// The greatest x in [low, high] with f(x) <= limit, for a function that never falls; nothing when f(low) > limit.
/// Interpolates, so a straight line is solved in a handful of evaluations; exact for every monotone function.
std::optional<std::int64_t> last_within(const std::function<double(std::int64_t)>& f, double limit, std::int64_t low,
                                        std::int64_t high);

}  // namespace tiercut::planner
