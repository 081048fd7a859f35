// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "planner/thresholds/bit_rows.hpp"
#include "planner/thresholds/threshold_problem.hpp"

namespace tiercut::planner {

/// A sample that changes the loss at one exit. `bucket` counts the barrier groups at or above its score: candidate
/// c lets the buckets 0 to c stop.
struct ExitEvent {
  std::uint32_t bit = 0;
  std::uint32_t bucket = 0;
  std::uint32_t exit_charge = 0;     ///< added to the loss if it stops here; then it is a barrier
  std::uint32_t late_charge = 0;     ///< added if it does not stop here
  std::uint32_t certain_charge = 0;  ///< the least exit charge of the sample at any exit where it has one
};

struct LateRow {
  std::uint64_t charge = 0;
  BitRow samples;
};

/// One used exit: candidate thresholds from the highest (0) to the lowest (last) that the budget can admit.
struct ReducedExit {
  std::size_t exit = 0;  ///< in the problem
  std::uint32_t last = 0;
  std::vector<ExitEvent> events;    ///< by bucket, up to `last`; bucket 0 left out
  std::vector<std::uint64_t> rows;  ///< (last + 1) rows: the samples that candidate c does not let stop
  BitRow barriers;
  std::vector<LateRow> late;
  std::vector<ExitChoice> choices;  ///< by candidate
};

/// A problem reduced to what thresholds can change under one loss budget (docs/thresholds.md has the proofs). Losses
/// are counted as charges above the least that each sample can still reach; costs play no part, so that one reduction
/// serves all placements that use the same exits.
struct ReducedTrace {
  bool is_feasible = false;        ///< some thresholds keep the budget as far as the unavoidable loss tells
  std::uint64_t least_loss = 0;    ///< unavoidable
  std::uint64_t slack = 0;         ///< budget - least_loss
  std::size_t samples = 0;         ///< of the problem
  std::size_t never_stop = 0;      ///< samples left out since no exit can let them stop
  std::size_t words = 0;           ///< of a row
  BitRow everyone;                 ///< the samples that are left
  std::vector<ReducedExit> exits;  ///< used ones, in order

  const std::uint64_t* row(std::size_t exit, std::uint32_t candidate) const {
    return exits[exit].rows.data() + static_cast<std::size_t>(candidate) * words;
  }
};

ReducedTrace reduce(const ThresholdProblem& problem, std::uint64_t budget, const std::vector<bool>& uses);

/// Sum of the late charges of the samples in `row`.
std::uint64_t late_charges(const ReducedTrace& trace, std::size_t exit, const std::uint64_t* row);

/// Goes through the candidates of an exit that differ for the samples in `row` and keep `slack`, from the highest to
/// the lowest: visit(candidate, charge).
template <class Visit>
void walk_candidates(const ReducedExit& exit, const std::uint64_t* row, std::uint64_t slack, std::uint64_t late,
                     Visit&& visit) {
  std::uint64_t charged = 0;
  const ExitEvent* event = exit.events.data();
  const ExitEvent* const end = event + exit.events.size();
  while (event != end) {
    const std::uint32_t bucket = event->bucket;
    const std::uint64_t charge_before = charged + late;
    bool has_barrier = false;
    for (; event != end && event->bucket == bucket; ++event) {
      if (!has_bit(row, event->bit)) continue;
      charged += event->exit_charge;
      late -= event->late_charge;
      has_barrier |= event->exit_charge > 0;
    }
    if (!has_barrier) continue;
    if (charge_before <= slack) visit(bucket - 1, charge_before);
    if (charged > slack) return;
  }
  if (charged + late <= slack) visit(exit.last, charged + late);
}

}  // namespace tiercut::planner
