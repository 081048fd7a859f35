// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/lowering.hpp"
#include "planner/block_relaxation.hpp"

namespace tiercut::planner {

/// Prices of memory, raised where a plan overfills a pool and lowered where it leaves room, until they are known to a
/// part in a few thousand: by doubling, then by halving the interval, pool by pool. Any prices of at least 0 give a
/// bound (Lagrange); those at which a pool is just filled give good ones.
class PoolPrices {
 public:
  explicit PoolPrices(const BlockRelaxation& relaxation);

  /// Takes in what the plan found at these prices needs. `value`: what the first price is to make of the bytes that are
  /// over, ps. False when nothing moves any more.
  bool follow(const std::vector<deployment::MemoryUse>& uses, double value);
  std::vector<double> by_pool() const;   ///< ps a byte
  std::vector<double> by_place() const;  ///< likewise

 private:
  struct Price {
    double now = 0, low = 0;
    double high = std::numeric_limits<double>::infinity();
  };
  const BlockRelaxation& relaxation_;
  std::vector<Price> prices_;
};

}  // namespace tiercut::planner
