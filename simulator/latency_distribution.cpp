// SPDX-License-Identifier: Apache-2.0
#include "simulator/latency_distribution.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace tiercut::simulator {

namespace {

double in_seconds(long double picoseconds) { return static_cast<double>(picoseconds / 1e12L); }

}  // namespace

void LatencyDistribution::bucket() {
  if (is_bucketed_) return;
  is_bucketed_ = true;
  for (const std::int64_t value : values_) count_in_bucket(value);
  values_ = {};
}

/// A value of n bits lies in octave n, at the place that the 11 bits behind its first say; octave 11 holds all values
/// that have no more bits, each a place of its own.
void LatencyDistribution::count_in_bucket(std::int64_t value) {
  const int bits = std::max(static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value))), steps_bits);
  auto& octave = octaves_[static_cast<std::size_t>(bits)];
  if (!octave) octave = std::make_unique<Octave>();
  const int dropped = std::max(0, bits - steps_bits - 1);
  const std::int64_t place = value >> dropped;
  Bucket& bucket = (*octave)[static_cast<std::size_t>(place) & ((1U << steps_bits) - 1)];
  ++bucket.count;
  bucket.above += static_cast<double>(value - (place << dropped));
}

void LatencyDistribution::close_block() {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < in_block_; ++i) {
    sum_ += static_cast<std::uint64_t>(block_[i]);
    largest_ = std::max(largest_, Span(block_[i]));
    sum += static_cast<double>(block_[i]);
  }
  const double mean = sum / static_cast<double>(in_block_);
  for (std::size_t i = 0; i < in_block_; ++i) {
    const double off = static_cast<double>(block_[i]) - mean;
    squares += off * off;
  }
  if (is_bucketed_) {
    for (std::size_t i = 0; i < in_block_; ++i) count_in_bucket(block_[i]);
  } else {
    values_.insert(values_.end(), block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(in_block_));
  }
  count_ += static_cast<std::int64_t>(in_block_);
  merge(static_cast<double>(in_block_), mean, squares);
  in_block_ = 0;
}

void LatencyDistribution::merge(double count, double mean, double squares) {
  const double all = merged_ + count, difference = mean - mean_;
  mean_ += difference * count / all;
  squares_ += squares + difference * difference * merged_ * count / all;
  merged_ = all;
}

void LatencyDistribution::add_all(LatencyDistribution& other) {
  if (other.in_block_ > 0) other.close_block();
  count_ += other.count_;
  sum_ += other.sum_;
  largest_ = std::max(largest_, other.largest_);
  values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  is_bucketed_ = is_bucketed_ || other.is_bucketed_;
  for (std::size_t o = 0; o < octaves_.size(); ++o) {
    if (!other.octaves_[o]) continue;
    if (!octaves_[o]) octaves_[o] = std::make_unique<Octave>();
    for (std::size_t i = 0; i < octaves_[o]->size(); ++i) {
      (*octaves_[o])[i].count += (*other.octaves_[o])[i].count;
      (*octaves_[o])[i].above += (*other.octaves_[o])[i].above;
    }
  }
  if (other.merged_ > 0) merge(other.merged_, other.mean_, other.squares_);
}

double LatencyDistribution::ranked_bucket(std::int64_t rank) const {
  for (std::size_t o = 0; o < octaves_.size(); ++o) {
    if (!octaves_[o]) continue;
    const auto& octave = *octaves_[o];
    for (std::size_t i = 0; i < octave.size(); ++i) {
      rank -= octave[i].count;
      if (rank > 0) continue;
      const int dropped = std::max(0, static_cast<int>(o) - steps_bits - 1);
      const std::int64_t first_place = o == steps_bits ? 0 : 1 << steps_bits;
      const auto lower = static_cast<long double>((first_place + static_cast<std::int64_t>(i)) << dropped);
      const auto mean_above = static_cast<long double>(octave[i].above) / static_cast<long double>(octave[i].count);
      return in_seconds(std::round(lower + mean_above));
    }
  }
  return in_seconds(static_cast<long double>(largest_.picoseconds()));
}

/// Nearest rank. Percentiles are asked for in ascending order, so each looks only behind the one before.
double LatencyDistribution::percentile(double p, std::int64_t infinite, std::size_t& sorted_up_to) {
  const auto all = static_cast<double>(count_ + infinite);
  const auto rank = std::max(std::int64_t{1}, static_cast<std::int64_t>(std::ceil((p - 1e-12) * all)));
  if (rank > count_) return std::numeric_limits<double>::infinity();
  if (is_bucketed_) return ranked_bucket(rank);
  const auto place = static_cast<std::size_t>(rank - 1);
  if (place >= sorted_up_to) {
    const auto begin = values_.begin();
    std::nth_element(begin + static_cast<std::ptrdiff_t>(sorted_up_to), begin + static_cast<std::ptrdiff_t>(place),
                     values_.end());
    sorted_up_to = place + 1;
  }
  return in_seconds(static_cast<long double>(values_[place]));
}

Summary LatencyDistribution::summary(std::int64_t infinite) {
  if (in_block_ > 0) close_block();
  Summary summary;
  if (count_ + infinite == 0) return summary;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::size_t sorted_up_to = 0;
  summary.mean =
      infinite > 0 ? infinity : in_seconds(static_cast<long double>(sum_) / static_cast<long double>(count_));
  summary.p50 = percentile(0.50, infinite, sorted_up_to);
  summary.p90 = percentile(0.90, infinite, sorted_up_to);
  summary.p95 = percentile(0.95, infinite, sorted_up_to);
  summary.p99 = percentile(0.99, infinite, sorted_up_to);
  summary.max = infinite > 0 ? infinity : in_seconds(static_cast<long double>(largest_.picoseconds()));
  return summary;
}

double LatencyDistribution::standard_error() {
  if (in_block_ > 0) close_block();
  if (count_ < 2) return 0;
  const auto n = static_cast<double>(count_);
  return std::sqrt(squares_ / (n - 1) / n) / 1e12;
}

}  // namespace tiercut::simulator
