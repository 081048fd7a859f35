// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/statistics.hpp"
#include "deployment/stage_graph.hpp"

namespace tiercut::planner {

/// One possible course of a sample: which exits were conclusive among those that were asked.
struct Outcome {
  double probability = 0;
  std::vector<std::int8_t> exits;  ///< by exit: 1 conclusive, 0 inconclusive, -1 not asked
  int answered_by = -1;            ///< index of the exit, or exits.size() for the final answer
  double right = 0;                ///< with an exit trace: probability of this course with a right answer
  Span latency{};
  deployment::Terms terms{};              ///< sums to latency, exactly
  std::vector<deployment::StageId> path;  ///< the stages that decided it, first to last
};

/// What one sample costs each resource and link, on average over the outcomes (wasted work included).
struct Load {
  std::vector<Seconds> busy;   ///< by resource, all copies together
  std::vector<Bytes> payload;  ///< by resource; links only
  std::vector<Bytes> control;
};

/// One sample in an otherwise idle system, at nominal costs.
struct Estimate {
  std::vector<Outcome> outcomes;   ///< probabilities sum to 1; in the order found (conclusive first)
  Summary latency_s;               ///< of the mixture
  std::optional<double> accuracy;  ///< share of samples answered rightly; only with an exit trace
  Load load;
};

/// Interprets the stage graph for one sample, under the rules of the simulator: a unit and a link serve their stages in
/// order of (ready time, stage). Time O(stages log stages) an outcome; outcomes are found by asking exits as they come
/// up, so a chain of K exits has K + 1. Fails with too-many-outcomes beyond 4096. A TCP connection is warm when a
/// sample's messages come closer together than its idle restart, else cold.
Result<Estimate> estimate(const deployment::StageGraph& graph);

/// Mean latency only, as the planner's inner loop needs it.
Result<Summary> estimate_latency(const deployment::StageGraph& graph);

}  // namespace tiercut::planner
