// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment/stage_graph.hpp"

namespace tiercut::simulator {

/// A warning (code answer-unreachable) when, from some moment on, no sample can have an answer, because what is out for
/// good stands in every way to it. Joins go on without what is lost as far as their quorum and deadline allow.
Diagnostics fault_warnings(const deployment::StageGraph& graph);

}  // namespace tiercut::simulator
