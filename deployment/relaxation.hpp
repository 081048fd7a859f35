// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/plan.hpp"

namespace tiercut::deployment {

/// A lower bound on the mean latency of any placement with the exits and policy of `plan`, by relaxation: every answer
/// costs at least the critical path of its layers, each at the cheapest place by the least price a law can give it as
/// part of any call, and at least the links between the devices that the workload fixes. Queues, transfers between
/// places and guards are left out. Zero where a layer has no law (a table only).
double mean_latency_bound(const scenarios::Scenario& scenario, const Plan& plan);

/// By answer (exits of the model, then the final one) the least time it takes by that relaxation, whatever runs where.
std::vector<double> least_answer_times(const scenarios::Scenario& scenario);

}  // namespace tiercut::deployment
