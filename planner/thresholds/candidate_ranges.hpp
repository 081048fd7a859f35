// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "planner/thresholds/cost_terms.hpp"

namespace tiercut::planner {

/// For each exit from some depth on, the candidates that a choice better than the incumbent can have. Charges that the
/// highest allowed thresholds cannot escape limit how low the others may go; cost and limits, with the others as low
/// as allowed, how high each may stay; in turns until nothing moves (docs/thresholds.md).
class CandidateRanges {
 public:
  CandidateRanges(const ReducedTrace& trace, const CostTerms& terms);

  /// `row`: the samples that reach exit `depth`, with the sums and slack there. False when no choice costs less than
  /// `incumbent`.
  bool tighten(const std::uint64_t* row, std::size_t depth, const Sums& sums, std::uint64_t slack, double incumbent);

  std::uint32_t first(std::size_t exit) const { return first_[exit]; }
  std::uint32_t last(std::size_t exit) const { return last_[exit]; }

 private:
  bool lower_by_charges(std::size_t depth, std::uint64_t slack);
  bool raise_by_cost(std::size_t depth, const Sums& sums, double incumbent, bool& has_moved);
  /// Least cost when exit j takes candidate c and the later ones are as low as allowed; infinite over a limit.
  double least_cost(std::size_t j, std::uint32_t c, Sums sums);
  std::uint64_t* before(std::size_t exit) { return before_.data() + exit * trace_.words; }
  std::uint64_t* certain(std::size_t exit) { return certain_.data() + exit * trace_.words; }

  const ReducedTrace& trace_;
  const CostTerms& terms_;
  std::array<std::uint32_t, max_exits> first_{}, last_{};
  std::vector<std::uint64_t> before_;   // by exit: samples that reach it when the exits before are as low as allowed
  std::vector<std::uint64_t> certain_;  // by exit: samples that cannot have stopped before it free of charge
  std::vector<std::uint64_t> counted_, scratch_;
};

}  // namespace tiercut::planner
