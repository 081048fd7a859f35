// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <vector>

#include "planner/thresholds/candidate_ranges.hpp"
#include "planner/thresholds/cost_terms.hpp"

namespace tiercut::planner {

/// When to stop early. What is found until then is returned with a valid lower bound.
struct SearchLimits {
  std::uint64_t nodes = std::numeric_limits<std::uint64_t>::max();
  double seconds = std::numeric_limits<double>::infinity();
  std::function<bool()> should_stop = {};  ///< asked now and then; for interrupts
};

struct SearchFound {
  bool is_better = false;                                 ///< than the incumbent that was handed in
  std::vector<std::uint32_t> candidates;                  ///< by reduced exit
  double cost = std::numeric_limits<double>::infinity();  ///< sum over samples
  double lower_bound = 0;                                 ///< sum over samples; `cost` when finished
  bool is_finished = true;
  std::uint64_t nodes = 0;  ///< threshold prefixes whose survivors were counted
};

/// Best-first search over threshold prefixes of a reduced trace under ordered costs (docs/thresholds.md).
class ThresholdSearch {
 public:
  /// `budget` at most that of the reduction.
  ThresholdSearch(const ReducedTrace& trace, const LevelCosts& costs, std::uint64_t budget);

  /// No thresholds cost less than this, as a sum over samples; infinite when none exist.
  double root_bound() const { return root_bound_; }

  /// The best thresholds that cost less than `incumbent` (sum over samples).
  SearchFound run(double incumbent, const SearchLimits& limits);

 private:
  struct Node {
    double bound = 0;
    std::uint64_t slack = 0;
    std::uint32_t depth = 0;
    std::array<std::uint32_t, max_exits> path{};
  };
  /// Nodes lie still; only their bounds move through the heap.
  struct Open {
    double bound = 0;
    std::uint32_t node = 0;
    bool operator<(const Open& other) const { return bound != other.bound ? bound > other.bound : node < other.node; }
  };
  struct Child {
    std::uint32_t candidate;
    std::uint64_t charge;
  };

  double bound(const std::uint64_t* row, std::size_t depth, Sums sums, std::uint64_t slack) const;
  void open(const Node& node);
  Node take_best();
  void start_with_descent();
  void expand(const Node& node, std::vector<Node>& children);
  void finish(const std::uint64_t* row, const Sums& sums, std::uint64_t slack, Node& node);
  void dive(const Node& node);
  bool is_over();
  std::uint64_t* row_of(std::size_t depth) const { return rows_.data() + depth * trace_.words; }

  const ReducedTrace& trace_;
  CostTerms terms_;
  CandidateRanges ranges_;
  double root_bound_ = 0;
  mutable std::vector<std::uint64_t> rows_;
  std::priority_queue<Open> open_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_;  // of nodes_
  SearchFound found_;
  SearchLimits limits_;
  std::int64_t started_ns_ = 0;
  std::uint64_t expanded_ = 0;
  bool is_stopped_ = false;
};

}  // namespace tiercut::planner
