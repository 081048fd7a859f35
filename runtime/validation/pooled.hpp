// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "core/quantile_table.hpp"
#include "core/statistics.hpp"

/// What several runs say of one thing, taken together (internal to runtime/validation/).
namespace tiercut::validation {

/// What is known of a kind of stage from several runs: of each the weight and the value.
struct Pooled {
  std::vector<double> weights, values;
  void add(double weight, double value) {
    weights.push_back(weight);
    values.push_back(value);
  }
  double mean() const {
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      sum += weights[i] * values[i];
      weight += weights[i];
    }
    return weight > 0 ? sum / weight : 0;
  }
};

/// Degrees of freedom that all other groups count for.
inline constexpr double freedom_of_others = 3;

/// How values scatter within groups of them, each about its own mean.
struct Within {
  double squares = 0, freedom = 0;
  int groups = 0;
  /// In units of `one`.
  void add(const Pooled& pooled, double one = 1) {
    RunningMean mean;
    for (const double value : pooled.values) mean.add(value / one);
    ++groups;
    if (mean.count() < 2) return;
    const auto degrees = static_cast<double>(mean.count() - 1);
    squares += degrees * mean.variance();
    freedom += degrees;
  }
  void add(const Within& other) {
    squares += other.squares;
    freedom += other.freedom;
    groups += other.groups;
  }
  double variance() const { return freedom > 0 ? squares / freedom : 0; }
  /// Of one more value about the mean of those of its group: two runs say little of how runs differ, so what all others
  /// show counts as some more of them. Nothing when nobody shows anything.
  std::optional<double> of_next(const Within& all) const {
    if (all.freedom <= 0) return std::nullopt;
    const double shrunk = (squares + freedom_of_others * all.variance()) / (freedom + freedom_of_others);
    const double in_a_group = 1 + freedom / std::max(1, groups);
    return std::sqrt(shrunk * (1 + 1 / in_a_group));
  }
};

/// Quantiles about 0 of several stages as one: averaged level by level, by weight.
class PooledShape {
 public:
  void add(double weight, const QuantileTable& table) {
    weight_ += weight;
    for (std::size_t i = 0; i < QuantileTable::size; ++i) sums_[i] += weight * table.values()[i];
  }
  QuantilePointer table() const {
    if (weight_ <= 0) return nullptr;
    std::array<double, QuantileTable::size> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = sums_[i] / weight_;
    return QuantileTable::from(values);
  }

 private:
  double weight_ = 0;
  std::array<double, QuantileTable::size> sums_{};
};

}  // namespace tiercut::validation
