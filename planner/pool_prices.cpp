// SPDX-License-Identifier: Apache-2.0
#include "planner/pool_prices.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::planner {

PoolPrices::PoolPrices(const BlockRelaxation& relaxation)
    : relaxation_(relaxation), prices_(relaxation.pools().size()) {}

bool PoolPrices::follow(const std::vector<deployment::MemoryUse>& uses, double value) {
  constexpr double close = 1e-4;
  bool moves = false;
  for (std::size_t pool = 0; pool < prices_.size(); ++pool) {
    const auto& own = relaxation_.pools()[pool];
    const auto use = std::find_if(uses.begin(), uses.end(), [&](const deployment::MemoryUse& other) {
      return other.device == own.device && other.pool == own.pool;
    });
    const double over = use == uses.end() ? -1 : (use->total() - use->usable).value();
    Price& price = prices_[pool];
    if (over > 0)
      price.low = price.now;
    else
      price.high = price.now;
    if (std::isfinite(price.high) && price.high - price.low <= close * price.high) continue;
    const double before = price.now;
    if (std::isinf(price.high))
      price.now = std::max(2 * price.now, value / over);
    else
      price.now = (price.low + price.high) / 2;
    moves = moves || price.now != before;
  }
  return moves;
}

std::vector<double> PoolPrices::by_pool() const {
  std::vector<double> prices;
  for (const Price& price : prices_) prices.push_back(price.now);
  return prices;
}

std::vector<double> PoolPrices::by_place() const {
  std::vector<double> prices;
  for (const int pool : relaxation_.pool_of()) prices.push_back(prices_[static_cast<std::size_t>(pool)].now);
  return prices;
}

}  // namespace tiercut::planner
