// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "core/statistics.hpp"
#include "deployment/stage_graph.hpp"

namespace tiercut::deployment {

/// Latency of one sample in an idle system at nominal costs when the exits come out as given (by exit of the model), by
/// the contract in deployment/README.md; nothing when no answer is ever delivered. Written for clarity, apart from the
/// planner's estimate: the plan checker holds one against the other. Time O(stages squared).
/// Fair links are exact while messages do not overlap on one; `overlapped` (may be null) is set when they did.
std::optional<Span> replay(const StageGraph& graph, const std::vector<bool>& conclusive, bool* overlapped = nullptr);

/// The exit whose answer is delivered first then, or exits.size() for the final one; nothing without an answer.
std::optional<int> answered_by(const StageGraph& graph, const std::vector<bool>& conclusive);

/// Latency mixture over every combination of the exits that the graph asks. Fails with too-many-outcomes beyond 12.
Result<Summary> replay_mixture(const StageGraph& graph, bool* overlapped = nullptr);

}  // namespace tiercut::deployment
