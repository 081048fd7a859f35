// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deployment/stage_graph.hpp"

namespace tiercut::report {

/// The nominal terms of a stage by itself: no waiting, no window. Their sum is what it adds to a latency in an idle
/// system, less those.
deployment::Terms own_terms(const deployment::StageGraph& graph, const deployment::Stage& stage);

Span sum(const deployment::Terms& terms);

/// `compute 30.00 ms, exit check 10.00 us`: the terms that are not zero, joined by `separator`.
std::string terms_text(const deployment::Terms& terms, const std::string& separator = ", ");

}  // namespace tiercut::report
