// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kernels/estimate/boards.hpp"
#include "kernels/estimate/instruction_counts.hpp"
#include "kernels/estimate/kernel_kinds.hpp"

/// From counted instructions to time.
namespace tiercut::kernels {

/// Cycles that a unit takes for such instructions when no memory keeps it waiting.
double cycles_of(const BoardUnit& unit, const InstructionCounts& counts);

/// Seconds of a run, then of a step of each of the kind's features: the numbers that give all its counted layers the
/// time of their instructions. A feature that would come out below zero costs nothing, and the rest is solved without
/// it. Throws when the counts do not fit the kind.
std::vector<double> step_times(const BoardUnit& unit, const KernelKind& kind);

/// Of one layer.
double steps_of(const KernelKind::Feature& feature, const model::Layer& layer);

}  // namespace tiercut::kernels
