// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/statistics.hpp"
#include "deployment/lowering.hpp"
#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"
#include "planner/estimate.hpp"
#include "planner/planner.hpp"

/// Private to report: pieces that several JSON results share. A number that is not finite becomes null.
namespace tiercut::report {

using Json = nlohmann::ordered_json;

Json json_of(const Summary& summary);                                     ///< {mean, p50, p90, p95, p99, max}
Json json_of(const std::array<double, deployment::term_count>& terms_s);  ///< {queue_s, ...}
Json json_of(const Diagnostics& notes);                                   ///< [{severity, code, message, ...}]
Json placement_json(const scenarios::Scenario& scenario, const deployment::Plan& plan);
Json requirement_json(const scenarios::Scenario& scenario, const Summary& latency_s);  ///< null without one
Json memory_json(const scenarios::Scenario& scenario, const std::vector<deployment::MemoryUse>& memory);
Json finite_or_null(double seconds);
Json plan_object(const scenarios::Scenario& scenario, const planner::PlanningResult& result);  ///< of plan_json

/// Adds `scenario`, `scenario_hash` and `version`.
void add_origin(Json& result, const scenarios::Scenario& scenario);

/// Indented by two, ended by a newline.
std::string dump(const Json& result);

}  // namespace tiercut::report
