// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/thresholds/cost_terms.hpp"

namespace tiercut::planner {

/// Thresholds of a reduced trace with what they cost.
struct DescentPoint {
  std::vector<std::uint32_t> candidates;  ///< by reduced exit
  Sums sums{};
  std::uint64_t charge = 0;  ///< loss above the least
  double violation = 0;      ///< of budget and limits, relative; 0 when feasible
  bool is_feasible = false;
};

/// One threshold at a time to its best value until none moves: no guarantee, but quick; gives searches a start and is
/// a baseline of its own.
class CoordinateDescent {
 public:
  CoordinateDescent(const ReducedTrace& trace, const CostTerms& terms) : trace_(trace), terms_(terms) {}
  DescentPoint run(std::vector<std::uint32_t> start) const;
  DescentPoint evaluate(std::vector<std::uint32_t> candidates) const;

 private:
  /// What the exits from `first` on add, for the samples in `row`.
  void go_on(DescentPoint& point, std::size_t first, std::vector<std::uint64_t>& row) const;
  void judge(DescentPoint& point) const;

  const ReducedTrace& trace_;
  const CostTerms& terms_;
};

}  // namespace tiercut::planner
