// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/schema.hpp"
#include "core/statistics.hpp"
#include "deployment/threshold_claims.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::deployment {

using Place = scenarios::Scenario::Place;

/// The decisions a deployment consists of: for each layer its device and unit; for each exit whether it is used,
/// how it escalates and (with an exit trace) its threshold; for each cut tensor its encoding.
struct Plan {
  std::vector<Place> placement;                         ///< by layer; Input and Output layers follow the workload
  std::vector<bool> uses_exit;                          ///< by exit
  std::vector<scenarios::Escalation> escalation;        ///< by exit
  std::vector<std::optional<double>> thresholds;        ///< by exit; none without a trace
  std::map<model::LayerId, model::Encoding> encodings;  ///< of tensors sent in another encoding than their own
  bool cancel = false;
};

/// All layers on one place, exits and policy as the scenario says; Input layers at their sources, Output where the
/// answer is wanted.
Plan undivided(const scenarios::Scenario& scenario, Place place);

/// A plan where every layer follows its pin. Fails with unpinned-layer when a layer has none.
Result<Plan> pinned(const scenarios::Scenario& scenario);

/// By exit: the plan's threshold, else the scenario's; none for exits that the plan does not use.
std::vector<std::optional<double>> thresholds_of(const scenarios::Scenario& scenario, const Plan& plan);

enum class PlanStatus { optimal, feasible, infeasible };
std::string_view to_text(PlanStatus status);

/// A plan as it stands in a file: the decisions and what was claimed of them.
struct PlanDocument {
  Plan plan;
  std::string file;
  std::string scenario_file;  ///< as written in the plan
  std::string scenario_hash;
  std::string made_by;  ///< `tiercut 0.1.0`
  PlanStatus status = PlanStatus::feasible;
  std::string method;
  double objective_s = 0;
  double lower_bound_s = 0;
  double gap = 0;
  std::optional<Summary> latency_s;           ///< predicted
  std::optional<ThresholdClaims> thresholds;  ///< when they were chosen with the placement
};

/// The file format `tiercut/plan/1`.
const Format& plan_format();
std::string to_yaml(const PlanDocument& document, const scenarios::Scenario& scenario);

/// Reads a plan for a scenario: names of layers, devices, units and exits are resolved; missing, unknown and doubly
/// placed layers are errors. A hash that is not the scenario's is a warning in `warnings` (stale-plan), an error to the
/// checker.
Result<PlanDocument> read_plan(const std::string& path, const scenarios::Scenario& scenario, Diagnostics& warnings);

/// The same for a document that was read before (with Defects::keep), as often as one likes.
Result<PlanDocument> read_plan(const Document& document, const scenarios::Scenario& scenario, Diagnostics& warnings);

/// The places and the use of exits of a plan for `from`, in a scenario that differs from it in values; all else is as
/// `to` says. Layers, devices, units and exits are found by their names; fails with plan-unfit when one is not there.
Result<Plan> transferred(const Plan& plan, const scenarios::Scenario& from, const scenarios::Scenario& to);

/// The scenario file named inside a plan file, resolved beside the plan; for verbs that get only the plan.
Result<std::string> scenario_of_plan(const std::string& path);

}  // namespace tiercut::deployment
