// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "deployment/stage_graph.hpp"
#include "planner/estimate.hpp"
#include "scenarios/scenario.hpp"
#include "simulator/simulator.hpp"

/// A latency as the sum of its named terms. Keys of the JSON: report/README.md.
namespace tiercut::report {

/// Every course a sample may take in an otherwise idle system: its terms, and what each stage on the way that decided
/// it contributes.
std::string explanation_text(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                             const planner::Estimate& estimate);
std::string explanation_json(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                             const planner::Estimate& estimate);

/// One simulated sample.
std::string sample_text(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                        const simulator::Record& record, std::uint64_t seed);
std::string sample_json(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                        const simulator::Record& record, std::uint64_t seed);

/// The slowest samples of a simulation.
struct SlowestSamples {
  std::vector<simulator::Record> records;  ///< slowest first; equally slow ones in the order of their arrival
  std::int64_t simulated = 0;              ///< samples that count
  std::int64_t unanswered = 0;             ///< of these; infinitely late, and not among the records
  std::uint64_t seed = 0;
};
std::string worst_text(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                       const SlowestSamples& slowest);
std::string worst_json(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                       const SlowestSamples& slowest);

}  // namespace tiercut::report
