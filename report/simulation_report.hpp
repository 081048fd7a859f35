// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/statistics.hpp"
#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"
#include "planner/estimate.hpp"
#include "scenarios/scenario.hpp"
#include "simulator/simulator.hpp"

/// What the simulator says of a plan, for people and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

/// What was simulated. All pointers outlive the call.
struct SimulatedRun {
  const scenarios::Scenario& scenario;
  const deployment::Plan& plan;
  const deployment::StageGraph& graph;
  const simulator::SimulationResult& result;
  /// By statistic: between which latencies, in seconds, 90 % of runs as long as this are expected; with a calibration.
  std::optional<std::array<std::pair<double, double>, all_statistics.size()>> intervals{};
  /// Of `result` when it is that of several simulations.
  struct Replicated {
    std::int64_t count = 0;
    double confidence = 0;
    std::array<std::optional<Interval>, all_statistics.size()> intervals;  ///< where expectations lie, seconds
  };
  std::optional<Replicated> replicated{};

  std::int64_t arrivals() const {
    return result.samples + result.warm_up * (replicated ? replicated->count : std::int64_t{1});
  }
};

std::string simulation_text(const SimulatedRun& run);
std::string simulation_json(const SimulatedRun& run);

/// A warning (code overload) for each unit and link that gets at least as much work as it can do, by the estimate's
/// load; its queue grows as long as samples arrive, and the latency depends on how long that is.
Diagnostics overload_warnings(const deployment::StageGraph& graph, const planner::Load& load);

}  // namespace tiercut::report
