// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/solve.hpp"

namespace tiercut::planner {

/// The best plan for any graph, with a proven bound. Small graphs by branch and bound alone. Else plans come from
/// undivided deployments, from prefixes of the order, from the relaxation over blocks, and from moving runs of layers,
/// each held against the real estimate; the relaxation also bounds them, and memory limits go into it as prices
/// (Lagrange). Where the best plan meets the bound it is optimal; else branch and bound goes on from it until it ends
/// or its effort does.
Solved search_anytime(const scenarios::Scenario& scenario, const Candidates& candidates, const Goal& goal,
                      const Effort& effort);

}  // namespace tiercut::planner
