// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/planner.hpp"

/// Whether a plan keeps what the scenario asks (internal to planner/).
namespace tiercut::planner {

/// The pools that a plan overfills.
std::vector<deployment::MemoryUse> pools_over(const scenarios::Scenario& scenario, const deployment::Plan& plan);

/// On the picosecond grid; true without a requirement.
bool meets_latency(const scenarios::Scenario& scenario, const Summary& latency);

/// `latency max <= 40 ms`.
std::string name_of_requirement(const scenarios::Scenario& scenario);
/// `memory of pi`.
std::string name_of_pool(const scenarios::Scenario& scenario, const deployment::MemoryUse& use);

/// The unnecessary zeros left out, rounded down or up in the sixth digit after the point: `11.79 ms`.
std::string milliseconds(double seconds, bool rounds_up);

/// Lowers and estimates the plan; status by memory and latency, conflicts named. Bounds are left to the caller.
Result<PlanningResult> judged(const scenarios::Scenario& scenario, const deployment::Plan& plan);
void set_bound(PlanningResult& result, double bound);

}  // namespace tiercut::planner
