// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/level_costs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tiercut::planner {
namespace {

LevelLimit late_at_most(std::span<const double> latency, double budget, double samples_late, std::size_t samples) {
  LevelLimit limit{"late", {}, samples_late / static_cast<double>(samples)};
  for (const double level : latency) limit.amount.push_back(level > budget ? 1 : 0);
  return limit;
}

double mean_of(std::span<const double> row, std::span<const std::size_t> answered) {
  double sum = 0, samples = 0;
  for (std::size_t k = 0; k < answered.size(); ++k) {
    if (answered[k] == 0) continue;
    sum += row[k] * static_cast<double>(answered[k]);
    samples += static_cast<double>(answered[k]);
  }
  return samples > 0 ? sum / samples : 0;
}

std::vector<std::size_t> used_levels(const LevelCosts& costs) {
  std::vector<std::size_t> levels;
  for (std::size_t k = 0; k + 1 < costs.cost.size(); ++k)
    if (costs.uses_exit(k)) levels.push_back(k);
  levels.push_back(costs.cost.size() - 1);
  return levels;
}

bool never_falls(std::span<const double> row, std::span<const std::size_t> levels) {
  for (std::size_t l = 1; l < levels.size(); ++l)
    if (row[levels[l]] < row[levels[l - 1]]) return false;
  return true;
}

void lower_to_later(std::vector<double>& row, std::span<const std::size_t> levels) {
  for (std::size_t l = levels.size() - 1; l-- > 0;) row[levels[l]] = std::min(row[levels[l]], row[levels[l + 1]]);
}

}  // namespace

LevelLimit late_limit(std::span<const double> latency, double budget, double share, std::size_t samples) {
  const double exact = share * static_cast<double>(samples);
  return late_at_most(latency, budget, std::floor(exact + 1e-9 * std::max(1.0, exact)), samples);
}

LevelLimit percentile_limit(std::span<const double> latency, double budget, double p, std::size_t samples) {
  const double exact = p * static_cast<double>(samples);
  const double rank = std::clamp(std::ceil(exact - 1e-9 * std::max(1.0, exact)), 1.0, static_cast<double>(samples));
  return late_at_most(latency, budget, static_cast<double>(samples) - rank, samples);
}

std::vector<double> weighted_sum(std::span<const double> weights, const std::vector<std::vector<double>>& rows) {
  std::vector<double> sum(rows.empty() ? 0 : rows.front().size(), 0.0);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += weights[r] * rows[r][k];
  return sum;
}

bool is_ordered(const LevelCosts& costs) {
  const auto levels = used_levels(costs);
  return never_falls(costs.cost, levels) && std::all_of(costs.limits.begin(), costs.limits.end(),
                                                        [&](const auto& l) { return never_falls(l.amount, levels); });
}

LevelCosts ordered_below(LevelCosts costs) {
  const auto levels = used_levels(costs);
  lower_to_later(costs.cost, levels);
  for (auto& limit : costs.limits) lower_to_later(limit.amount, levels);
  return costs;
}

double mean_cost(const LevelCosts& costs, std::span<const std::size_t> answered) {
  return mean_of(costs.cost, answered);
}

double mean_amount(const LevelLimit& limit, std::span<const std::size_t> answered) {
  return mean_of(limit.amount, answered);
}

double with_tolerance(double most) { return most + 1e-9 * std::abs(most); }

bool keeps_limits(const LevelCosts& costs, std::span<const std::size_t> answered) {
  return std::all_of(costs.limits.begin(), costs.limits.end(), [&](const LevelLimit& limit) {
    return mean_amount(limit, answered) <= with_tolerance(limit.most);
  });
}

}  // namespace tiercut::planner
