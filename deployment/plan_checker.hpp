// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deployment/lowering.hpp"
#include "deployment/plan.hpp"

namespace tiercut::deployment {

/// What an independent look at a plan found.
struct CheckReport {
  Diagnostics findings;      ///< errors: the plan does not hold; warnings: it holds, but
  Summary latency_s;         ///< recomputed
  double objective_s = 0;    ///< recomputed: mean latency
  double cheap_bound_s = 0;  ///< a lower bound on any plan's mean latency, by relaxation: every layer at its cheapest
                             ///< place, no links but those the answer must cross
  std::vector<MemoryUse> memory;
  std::optional<PartFigures> measured, held_out;  ///< recounted, of thresholds that were chosen
  bool holds() const { return !has_errors(findings); }
};

/// Verifies a plan against its scenario without the planner or its estimate: hash, places, pins, memory, the
/// latency of every outcome by an evaluation of its own, the requirement, and the claims of the document
/// (objective, statistics, lower bound <= objective, status). Codes: stale-plan, pin-violated, over-memory,
/// requirement-missed, wrong-objective, wrong-latency, wrong-bound, wrong-figures, wrong-certificate, loss-missed, plus
/// those of lowering.
CheckReport check_plan(const scenarios::Scenario& scenario, const PlanDocument& document);

}  // namespace tiercut::deployment
