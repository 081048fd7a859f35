// SPDX-License-Identifier: Apache-2.0
#include "core/quantile_table.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tiercut {

const std::array<double, QuantileTable::size>& QuantileTable::levels() {
  static const std::array<double, size> all = [] {
    std::array<double, size> levels{};
    std::size_t next = 0;
    for (const double level : {0.0, 0.005, 0.01}) levels[next++] = level;
    for (int percent = 2; percent <= 98; percent += 2) levels[next++] = percent / 100.0;
    for (const double level : {0.99, 0.995, 0.999, 1.0}) levels[next++] = level;
    return levels;
  }();
  return all;
}

QuantileTable QuantileTable::of(std::span<const double> sorted) {
  if (sorted.empty()) throw std::logic_error("quantiles of no values");
  QuantileTable table;
  const double last = static_cast<double>(sorted.size() - 1);
  for (std::size_t i = 0; i < size; ++i) {
    const double rank = levels()[i] * last;
    const auto below = static_cast<std::size_t>(rank);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double share = rank - static_cast<double>(below);
    table.values_[i] = sorted[below] + share * (sorted[above] - sorted[below]);
  }
  return table;
}

QuantilePointer QuantileTable::from(std::span<const double> quantiles) {
  if (quantiles.size() != size || !std::is_sorted(quantiles.begin(), quantiles.end())) return nullptr;
  if (!std::all_of(quantiles.begin(), quantiles.end(), [](double value) { return std::isfinite(value); })) {
    return nullptr;
  }
  auto table = std::make_shared<QuantileTable>();
  std::copy(quantiles.begin(), quantiles.end(), table->values_.begin());
  return table;
}

double QuantileTable::at(double p) const {
  const auto& all = levels();
  const auto above = std::upper_bound(all.begin(), all.end(), p);
  if (above == all.end()) return values_.back();
  if (above == all.begin()) return values_.front();
  const auto i = static_cast<std::size_t>(above - all.begin());
  const double share = (p - all[i - 1]) / (all[i] - all[i - 1]);
  return values_[i - 1] + share * (values_[i] - values_[i - 1]);
}

double QuantileTable::mean() const {
  double sum = 0;
  for (std::size_t i = 1; i < size; ++i) {
    sum += (levels()[i] - levels()[i - 1]) * (values_[i] + values_[i - 1]) / 2;
  }
  return sum;
}

double QuantileTable::deviation() const {
  const double middle = mean();
  double sum = 0;
  for (std::size_t i = 1; i < size; ++i) {
    const double a = values_[i - 1] - middle, b = values_[i] - middle;
    sum += (levels()[i] - levels()[i - 1]) * (a * a + a * b + b * b) / 3;
  }
  return std::sqrt(sum);
}

QuantileTable QuantileTable::moved(double factor, double offset) const {
  QuantileTable table = *this;
  for (double& value : table.values_) value = value * factor + offset;
  return table;
}

}  // namespace tiercut
