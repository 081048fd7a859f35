// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_norm.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace tiercut::kernels {
namespace {

// Floats in ascending order as consecutive integers, -infinity to +infinity; both zeros are 0.
constexpr std::int64_t infinity_rank = 0x7f800000;
float float_of_rank(std::int64_t rank) {
  const float magnitude = std::bit_cast<float>(static_cast<std::uint32_t>(rank < 0 ? -rank : rank));
  return rank < 0 ? -magnitude : magnitude;
}

/// The first of first .. last that passes, or last + 1; `passes` turns from false to true at most once.
template <class Passes>
std::int64_t first_that(std::int64_t first, std::int64_t last, Passes&& passes) {
  std::int64_t end = last + 1;
  while (first < end) {
    const std::int64_t middle = first + (end - first) / 2;
    if (passes(middle)) {
      end = middle;
    } else {
      first = middle + 1;
    }
  }
  return end;
}

struct RankInterval {
  std::int64_t low, high;  // low > high: empty
};

// Every operation of the normalisation is monotone under rounding, so what passes is an interval.
template <class Value>
RankInterval interval_of(const BinaryNorm& norm, std::size_t output, std::int64_t lowest, std::int64_t highest,
                         Value&& value) {
  const auto passes = [&](std::int64_t rank) { return norm(output, value(rank)) >= 0; };
  const double gamma = norm.gamma(output);
  if (gamma > 0) return {first_that(lowest, highest, passes), highest};
  if (gamma < 0) return {lowest, first_that(lowest, highest, [&](std::int64_t rank) { return !passes(rank); }) - 1};
  // Zero times infinity is no number, hence no +1.
  const bool is_finite_only = std::isinf(value(highest));
  if (passes(0)) return {lowest + (is_finite_only ? 1 : 0), highest - (is_finite_only ? 1 : 0)};
  return {1, 0};
}

}  // namespace

BinaryNorm::BinaryNorm(const std::vector<float>& parameters) : rows_(parameters.size() / 4) {
  const std::size_t count = rows_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const double variance = parameters[3 * count + i];
    rows_[i] = {parameters[i], parameters[count + i], parameters[2 * count + i],
                std::sqrt(variance + double{batch_norm_epsilon})};
  }
}

double BinaryNorm::operator()(std::size_t output, double x) const {
  const Row& row = rows_[output];
  return row.gamma * (x - row.mean) / row.deviation + row.beta;
}

std::vector<SignInterval<float>> float_sign_intervals(const BinaryNorm& norm) {
  std::vector<SignInterval<float>> intervals;
  for (std::size_t i = 0; i < norm.outputs(); ++i) {
    const RankInterval ranks =
        interval_of(norm, i, -infinity_rank, infinity_rank, [](std::int64_t r) { return double{float_of_rank(r)}; });
    constexpr float infinity = std::numeric_limits<float>::infinity();
    intervals.push_back(ranks.low > ranks.high
                            ? SignInterval<float>{infinity, -infinity}
                            : SignInterval<float>{float_of_rank(ranks.low), float_of_rank(ranks.high)});
  }
  return intervals;
}

std::vector<SignInterval<std::int32_t>> integer_sign_intervals(const BinaryNorm& norm, std::int64_t products) {
  std::vector<SignInterval<std::int32_t>> intervals;
  for (std::size_t i = 0; i < norm.outputs(); ++i) {
    const RankInterval ranks =
        interval_of(norm, i, -products, products, [](std::int64_t r) { return static_cast<double>(r); });
    intervals.push_back(ranks.low > ranks.high ? SignInterval<std::int32_t>{1, 0}
                                               : SignInterval<std::int32_t>{static_cast<std::int32_t>(ranks.low),
                                                                            static_cast<std::int32_t>(ranks.high)});
  }
  return intervals;
}

}  // namespace tiercut::kernels
