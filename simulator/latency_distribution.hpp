// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/statistics.hpp"
#include "core/units.hpp"

namespace tiercut::simulator {

/// Latencies of a stream: mean, largest and standard error exact; percentiles exact while all values are kept, then
/// from counts in buckets of equal relative width. An octave has 2^11 buckets, and a bucket knows the mean of its
/// values, so a percentile is within `error` of the true nearest-rank value, and exact where a bucket holds one value.
class LatencyDistribution {
 public:
  static constexpr double error = 1.0 / 2048;  ///< relative, of a percentile out of buckets

  void add(Span latency) {
    block_[in_block_++] = latency.picoseconds();
    if (in_block_ == block_.size()) close_block();
  }

  /// From here on values are counted in buckets, those kept so far too.
  void bucket();
  bool is_bucketed() const { return is_bucketed_; }
  std::int64_t count() const { return count_ + static_cast<std::int64_t>(in_block_); }

  void add_all(LatencyDistribution& other);

  /// With so many values that are infinite on top of those added. Reorders what is kept.
  Summary summary(std::int64_t infinite = 0);
  double standard_error();  ///< of the mean of what was added, taken as independent

 private:
  struct Bucket {
    std::int64_t count = 0;
    double above = 0;  // sum of the values less the bucket's lower end each
  };
  static constexpr int steps_bits = 11;
  using Octave = std::array<Bucket, 1 << steps_bits>;

  void count_in_bucket(std::int64_t value);
  void close_block();
  void merge(double count, double mean, double squares);
  double percentile(double p, std::int64_t infinite, std::size_t& sorted_up_to);
  double ranked_bucket(std::int64_t rank) const;

  std::int64_t count_ = 0;
  __extension__ unsigned __int128 sum_ = 0;
  Span largest_{};
  bool is_bucketed_ = false;
  std::vector<std::int64_t> values_;
  std::array<std::unique_ptr<Octave>, 64> octaves_;
  std::array<std::int64_t, 512> block_;  // what has come last, not yet counted anywhere else
  std::size_t in_block_ = 0;
  // Mean and sum of squared deviations, block by block (Chan, Golub and LeVeque 1983), for the standard error.
  double merged_ = 0, mean_ = 0, squares_ = 0;
};

}  // namespace tiercut::simulator
