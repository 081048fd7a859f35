// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
#include <vector>

#include "planner/bounds.hpp"
#include "planner/graph_blocks.hpp"

namespace tiercut::planner {

/// What the relaxation found.
struct RelaxedPlan {
  double bound_s = 0;       ///< no plan that keeps the memory limits takes less
  std::vector<int> places;  ///< by layer, of the plan that it found cheapest; empty: none below the ceiling
  std::size_t labels = 0;   ///< looked into
  bool is_exact = true;     ///< false: labels were dropped, or it was stopped
};

/// A lower bound on the latency of graphs with one answer, and a plan that comes near it: a dynamic program over blocks
/// (times add up from one end of a block to the next) and, within a block, over labels along the topological order. A
/// label holds when each tensor that is still needed can be there, and how long each unit is busy with what the block
/// gave it. Left out are waiting for links, windows, that tensors leave only at the end of a call, what a call's layers
/// evict of each other, and what else a unit does meanwhile. What it has that a critical path has not: a unit runs one
/// layer at a time. Memory comes in as a price a byte of weights in a pool (Lagrange), which keeps it a lower bound.
class BlockRelaxation {
 public:
  /// Whether it can say anything: one answer, no join that goes on without some of its inputs, at most 64 places.
  static bool applies(const scenarios::Scenario& scenario, const Candidates& candidates);

  BlockRelaxation(const scenarios::Scenario& scenario, const Candidates& candidates, const Bounds& bounds,
                  bool has_memory_limits);

  struct Search {
    std::vector<double> prices{};                                ///< picoseconds a byte, by pool; empty: none
    std::size_t width = 256;                                     ///< labels kept at a position
    double ceiling_s = std::numeric_limits<double>::infinity();  ///< plans that take as long are of no interest
    std::function<bool()> should_stop = {};
  };
  RelaxedPlan solve(const Search& search) const;

  struct Pool {
    scenarios::DeviceRef device;
    int pool = 0;
    double room = 0;  ///< bytes for weights
  };
  const std::vector<Pool>& pools() const { return pools_; }
  const std::vector<int>& pool_of() const { return pool_of_; }  ///< by place

 private:
  friend class BlockSearch;
  std::size_t index(model::LayerId layer, int place) const {
    return static_cast<std::size_t>(layer) * places_ + static_cast<std::size_t>(place);
  }
  bool shares_device(int a, int b) const {
    return candidates_.places[static_cast<std::size_t>(a)].device ==
           candidates_.places[static_cast<std::size_t>(b)].device;
  }
  void price();
  void find_pools(bool has_memory_limits);

  const scenarios::Scenario& scenario_;
  const Candidates& candidates_;
  const Bounds& bounds_;
  std::size_t places_;
  std::vector<GraphBlock> blocks_;
  std::vector<double> share_, alone_;  // ps: added to a call, and in a call that begins with it
  std::vector<bool> is_layered_;       // by place
  std::vector<double> opening_;        // by place: what a new call costs beyond its layers' shares
  std::vector<Pool> pools_;
  std::vector<int> pool_of_;           // by place
  std::vector<std::vector<int>> may_;  // by layer: candidates that can hold it
};

}  // namespace tiercut::planner
