// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "planner/bounds.hpp"

namespace tiercut::planner {

/// A plan found fast: the order of `candidates.layers` is cut into runs, each of which is one call at one place; a cut
/// sends every tensor that is needed behind it, one after the other. A dynamic program over prefixes finds the cheapest
/// of these; what a real deployment does at the same time or sends only once makes it better. `prices`: ps a byte of
/// weights, by place. Place by layer; empty when no such plan costs less than `ceiling_s`. Time O(n^2 places).
std::vector<int> prefix_plan(const scenarios::Scenario& scenario, const Candidates& candidates, const Bounds& bounds,
                             const std::vector<double>& prices,
                             double ceiling_s = std::numeric_limits<double>::infinity());

}  // namespace tiercut::planner
