// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel.hpp"

/// Batch normalisation behind a binary layer, in float64 and in one order of operations, so that every backend gives
/// the same bits: gamma * (x - mean) / sqrt(variance + epsilon) + beta (internal to kernels/).
namespace tiercut::kernels {

class BinaryNorm {
 public:
  /// `parameters`: gamma, beta, mean, variance, each [outputs].
  explicit BinaryNorm(const std::vector<float>& parameters);
  std::size_t outputs() const { return rows_.size(); }
  double operator()(std::size_t output, double x) const;
  double gamma(std::size_t output) const { return rows_[output].gamma; }

 private:
  struct Row {
    double gamma, beta, mean, deviation;
  };
  std::vector<Row> rows_;
};

/// The x whose normalised value is >= 0, which is +1: low <= x <= high. One end is open wide, or both are (gamma = 0,
/// beta >= 0), or nothing passes (low > high). NaN never passes: a bit cannot hold it, it becomes -1.
template <class Number>
struct SignInterval {
  Number low, high;
  bool holds(Number x) const { return x >= low && x <= high; }
};

/// For float sums; the ends are exact, found by bisection over all floats.
std::vector<SignInterval<float>> float_sign_intervals(const BinaryNorm& norm);
/// For sums of `products` signs, each in -products .. products.
std::vector<SignInterval<std::int32_t>> integer_sign_intervals(const BinaryNorm& norm, std::int64_t products);

}  // namespace tiercut::kernels
