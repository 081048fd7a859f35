// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "core/units.hpp"

namespace tiercut::kernels {

/// Ranks (1-based, inclusive) of the order statistics that hold the median between them with a probability of at least
/// 95 %, whatever the distribution: the sign test turned around. {1, n} without that promise for n < 6.
std::pair<std::size_t, std::size_t> median_ranks(std::size_t count);

/// Times of one run, each the mean of a batch of runs timed together, taken in one or several visits.
class SampleSet {
 public:
  /// What is added from now on belongs to another visit.
  void begin_visit();
  void add(Seconds one_run, int runs);
  void count_repetitions(int runs) { repetitions_ += runs; }  ///< of samples that were added with none

  std::size_t count() const { return values_.size(); }
  bool is_empty() const { return values_.empty(); }
  int repetitions() const { return repetitions_; }                 ///< runs in all batches
  std::span<const double> values() const { return values_; }       ///< seconds, in the order they were taken
  std::span<const std::size_t> visits() const { return visits_; }  ///< where each begins among the values

  // All of these need a sample.
  Seconds median() const { return percentile(0.5); }
  Seconds percentile(double p) const;  ///< nearest rank, 0 < p <= 1
  /// The least of the visits' medians: other work on the machine only ever slows a visit, and one that it spared tells
  /// what the work itself takes. (A median over all visits is wrong as soon as half of them were disturbed.)
  Seconds quiet_median() const;

  /// Half the width of the median's 95 % interval over the median; infinite for fewer than six samples.
  double uncertainty() const;

 private:
  const std::vector<double>& sorted() const;
  std::vector<double> values_;
  std::vector<std::size_t> visits_;
  mutable std::vector<double> sorted_;
  int repetitions_ = 0;
};

}  // namespace tiercut::kernels
