// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tiercut::planner {

/// The mean over all samples of `amount` at the level that answers may be at most `most`.
struct LevelLimit {
  std::string name;            ///< `late`, `bytes on up`, `energy of pi`
  std::vector<double> amount;  ///< by level, of one sample answered there
  double most = 0;
};

/// What a placement makes of an outcome: what one sample costs by the level that answers it (mean latency, bytes,
/// energy, load of a stage, or a weighted sum of them), and what is limited. The search is fastest and exact where
/// costs and amounts do not fall from one used level to the next.
struct LevelCosts {
  std::string name;          ///< of the placement, for people
  std::vector<double> cost;  ///< by level, finite
  std::vector<LevelLimit> limits = {};
  std::vector<bool> uses = {};  ///< by exit; empty: all. Entries of unused levels are not looked at.

  bool uses_exit(std::size_t exit) const { return uses.empty() || uses[exit]; }
};

/// At most floor(share * samples) samples may take longer than `budget`; by level the latency. P(latency > budget) of
/// a trace, as a limit on survivors.
LevelLimit late_limit(std::span<const double> latency, double budget, double share, std::size_t samples);

/// The nearest-rank percentile `p` of the latency is at most `budget` (rank ceil(p * samples), core/statistics.hpp).
LevelLimit percentile_limit(std::span<const double> latency, double budget, double p, std::size_t samples);

/// Sum of weight * row, level by level; for weighted objectives.
std::vector<double> weighted_sum(std::span<const double> weights, const std::vector<std::vector<double>>& rows);

/// Whether neither costs nor limited amounts fall from a used level to the next.
bool is_ordered(const LevelCosts& costs);

/// The largest ordered costs below the given ones: each level gets the least of itself and all later ones.
LevelCosts ordered_below(LevelCosts costs);

/// Mean cost of an outcome, and the mean amount of each limit.
double mean_cost(const LevelCosts& costs, std::span<const std::size_t> answered);
double mean_amount(const LevelLimit& limit, std::span<const std::size_t> answered);

/// Whether every limit is kept; sums may exceed it by a rounding error of 1e-9 of the limit.
bool keeps_limits(const LevelCosts& costs, std::span<const std::size_t> answered);

/// `most` with that rounding error added.
double with_tolerance(double most);

}  // namespace tiercut::planner
