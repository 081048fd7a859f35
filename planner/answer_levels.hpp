// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::planner {

/// A deployment as thresholds see it: a sample is answered at the first of these exits that is conclusive for it, else
/// by the whole network, and its latency depends on nothing else.
struct AnswerLevels {
  std::vector<int> order;     ///< exits of the model, in the order in which they win; those that never do left out
  std::vector<Span> latency;  ///< beside `order`, then of the final answer
  bool is_exact = true;       ///< false: courses with one answer differ in latency or order; then the least values
  /// Only when asked for, in rows by level: mean payload on all links (B), then busy time of each resource (s), of a
  /// sample that is answered there. Wasted work included.
  std::vector<std::vector<double>> amounts = {};
};

/// By running every course that the exits can take; `graph` must state probabilities strictly between 0 and 1 and have
/// no replay. Nothing when some course is never answered, or there are more than 4096.
std::optional<AnswerLevels> answer_levels(const deployment::StageGraph& graph, bool with_amounts = false);

}  // namespace tiercut::planner
