// SPDX-License-Identifier: Apache-2.0
#include "planner/block_relaxation.hpp"

#include <algorithm>

#include "deployment/grouping.hpp"
#include "deployment/places.hpp"
#include "planner/block_search.hpp"

namespace tiercut::planner {

using model::LayerId;

namespace {

constexpr double infinity = BlockSearch::infinity;
constexpr double ticks_a_second = 1e12;

}  // namespace

bool BlockRelaxation::applies(const scenarios::Scenario& scenario, const Candidates& candidates) {
  if (candidates.places.size() > 64) return false;
  const auto& uses = candidates.plan.uses_exit;
  if (std::find(uses.begin(), uses.end(), true) != uses.end()) return false;
  return std::none_of(candidates.layers.begin(), candidates.layers.end(),
                      [&](LayerId id) { return deployment::partial_join(scenario, id) != nullptr; });
}

BlockRelaxation::BlockRelaxation(const scenarios::Scenario& scenario, const Candidates& candidates,
                                 const Bounds& bounds, bool has_memory_limits)
    : scenario_(scenario),
      candidates_(candidates),
      bounds_(bounds),
      places_(candidates.places.size()),
      blocks_(graph_blocks(scenario, candidates)),
      may_(candidates.by_layer) {
  price();
  find_pools(has_memory_limits);
}

void BlockRelaxation::price() {
  const std::size_t count = scenario_.model->layers.size() * places_;
  share_.assign(count, infinity);
  alone_.assign(count, infinity);
  opening_.assign(places_, infinity);
  for (std::size_t p = 0; p < places_; ++p) {
    CallPricer pricer(scenario_, candidates_.places[p]);
    is_layered_.push_back(pricer.runs_layer_by_layer());
    for (const LayerId id : candidates_.layers) {
      const auto& may = may_[static_cast<std::size_t>(id)];
      if (std::find(may.begin(), may.end(), static_cast<int>(p)) == may.end()) continue;
      const std::size_t i = index(id, static_cast<int>(p));
      const auto whole = static_cast<double>(pricer.least_cost_of(id).picoseconds());
      share_[i] = pricer.runs_layer_by_layer() ? whole : pricer.least_seconds(id) * ticks_a_second;
      // A call rounds once, and what it costs as a whole may round down where its first layer alone rounds up.
      alone_[i] = pricer.runs_layer_by_layer() ? whole : std::max(0.0, whole - 1);
      opening_[p] = std::min(opening_[p], std::max(0.0, alone_[i] - share_[i]));
    }
    if (opening_[p] == infinity) opening_[p] = 0;
  }
}

void BlockRelaxation::find_pools(bool has_memory_limits) {
  for (const auto& place : candidates_.places) {
    const auto& device = scenario_.device(place.device);
    const int number = deployment::unit_at(scenario_, place).memory_pool;
    const auto& pool = device.profile->pools[static_cast<std::size_t>(number)];
    const auto found = std::find_if(pools_.begin(), pools_.end(), [&](const Pool& other) {
      return other.device == place.device && other.pool == number;
    });
    pool_of_.push_back(static_cast<int>(found - pools_.begin()));
    if (found != pools_.end()) continue;
    const Bytes room = device.usable_memory.value_or(pool.usable) - pool.runtime_footprint;
    pools_.push_back({place.device, number, room.value()});
  }
  if (!has_memory_limits) return;
  for (const LayerId id : candidates_.layers)
    std::erase_if(may_[static_cast<std::size_t>(id)], [&](int p) {
      const Pool& pool = pools_[static_cast<std::size_t>(pool_of_[static_cast<std::size_t>(p)])];
      return scenario_.model->layer(id).weight_bytes.value() > pool.room;
    });
}

RelaxedPlan BlockRelaxation::solve(const Search& search) const {
  std::vector<double> prices(places_, 0);
  double refund = 0;
  for (std::size_t pool = 0; pool < search.prices.size(); ++pool) refund += search.prices[pool] * pools_[pool].room;
  for (std::size_t p = 0; p < places_ && !search.prices.empty(); ++p)
    prices[p] = search.prices[static_cast<std::size_t>(pool_of_[p])];
  const double ceiling = search.ceiling_s * ticks_a_second + refund;

  RelaxedPlan result;
  const std::size_t starts = places_;
  std::vector<double> least(starts, infinity), found(starts, infinity);
  std::vector<std::vector<BlockSearch::Ends>> ways;  // by block and start place
  const auto to_go = [&](LayerId id, std::size_t place) {
    const auto time = bounds_.to_go(id, static_cast<int>(place), 0);
    return time >= Bounds::never ? infinity : static_cast<double>(std::max<std::int64_t>(0, time));
  };
  std::vector<std::vector<int>> came_from;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const GraphBlock& block = blocks_[b];
    if (search.should_stop && search.should_stop() && b > 0) {
      double bound = ceiling;
      for (std::size_t p = 0; p < starts; ++p) bound = std::min(bound, least[p] + to_go(block.start, p));
      result.is_exact = false;
      result.bound_s = (bound - refund) / ticks_a_second * (1 - 1e-12);
      return result;
    }
    const BlockSearch inside(*this, block, prices);
    auto& own = ways.emplace_back(starts);
    std::vector<double> next_least(starts, infinity), next_found(starts, infinity);
    auto& from = came_from.emplace_back(starts, -1);
    for (std::size_t p = 0; p < starts; ++p) {
      if (b == 0 ? p > 0 : least[p] == infinity) continue;
      const double before = b == 0 ? 0 : least[p];
      std::vector<double> limit(starts, infinity);
      for (std::size_t q = 0; q < starts; ++q) {
        const double after = to_go(block.layers.back(), q);
        limit[q] = after < infinity ? ceiling - before - after : -infinity;
      }
      own[p] = inside.run(b == 0 ? -1 : static_cast<int>(p), limit, search.width);
      result.labels += own[p].labels;
      result.is_exact = result.is_exact && own[p].is_exact;
      for (std::size_t q = 0; q < starts; ++q) {
        if (limit[q] == -infinity) continue;
        next_least[q] = std::min(next_least[q], before + own[p].bound[q]);
        const double value = (b == 0 ? 0 : found[p]) + own[p].found[q];
        if (value >= next_found[q]) continue;
        next_found[q] = value;
        from[q] = static_cast<int>(p);
      }
    }
    least = std::move(next_least);
    found = std::move(next_found);
  }
  double bound = ceiling;
  int best = -1;
  double best_value = infinity;
  for (std::size_t p = 0; p < starts; ++p) {
    const double back = to_go(blocks_.back().layers.back(), p);
    bound = std::min(bound, least[p] + back);
    if (found[p] + back >= best_value) continue;
    best_value = found[p] + back;
    best = static_cast<int>(p);
  }
  result.bound_s = (bound - refund) / ticks_a_second * (1 - 1e-12);
  if (best < 0) return result;

  result.places.assign(scenario_.model->layers.size(), -1);
  for (std::size_t b = blocks_.size(); b-- > 0;) {
    const int before = came_from[b][static_cast<std::size_t>(best)];
    const auto& places = ways[b][static_cast<std::size_t>(before)].places[static_cast<std::size_t>(best)];
    for (std::size_t i = 0; i < places.size(); ++i) {
      result.places[static_cast<std::size_t>(blocks_[b].layers[i])] = places[i];
    }
    best = before;
  }
  return result;
}

}  // namespace tiercut::planner
