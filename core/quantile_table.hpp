// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace tiercut {

/// A distribution as measured: its quantiles at fixed levels, straight lines between them. Closer at both ends, where
/// the tails are.
class QuantileTable {
 public:
  static constexpr std::size_t size = 56;
  /// 0, 0.005, 0.01, 0.02, 0.04, ..., 0.98, 0.99, 0.995, 0.999, 1.
  static const std::array<double, size>& levels();

  /// Of ascending values, one at least; between two of them a quantile is interpolated at rank p (n - 1).
  static QuantileTable of(std::span<const double> sorted);
  /// From the quantiles themselves. Nothing when they are not `size` finite ascending numbers.
  static std::shared_ptr<const QuantileTable> from(std::span<const double> quantiles);

  double at(double p) const;  ///< 0 <= p <= 1
  double mean() const;        ///< of the distribution that the lines describe, exactly
  double deviation() const;   ///< the same: standard deviation
  const std::array<double, size>& values() const { return values_; }

  /// Every value times `factor` (>= 0) plus `offset`.
  QuantileTable moved(double factor, double offset) const;

 private:
  std::array<double, size> values_{};
};
using QuantilePointer = std::shared_ptr<const QuantileTable>;

}  // namespace tiercut
