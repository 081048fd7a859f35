// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tiercut {

/// The statistics that a requirement may name and every result reports, in this order.
enum class Statistic { mean, p50, p90, p95, p99, max };
inline constexpr std::array<Statistic, 6> all_statistics = {Statistic::mean, Statistic::p50, Statistic::p90,
                                                            Statistic::p95,  Statistic::p99, Statistic::max};
std::string_view to_text(Statistic statistic);

/// A value that occurs with a probability (an outcome of the estimate); probabilities of a mixture sum to 1.
struct WeightedValue {
  double value = 0;
  double weight = 0;
};

/// Latency statistics, all in seconds.
struct Summary {
  double mean = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, max = 0;
  double at(Statistic statistic) const;
};

/// Nearest-rank percentile: the smallest value with at least fraction `p` of the values at or below it
/// (rank ceil(p n)). `sorted` ascending, not empty; 0 < p <= 1.
double nearest_rank(std::span<const double> sorted, double p);

/// Summary of plain values (copied and sorted). An infinite value (an unanswered sample) counts in every percentile.
Summary summarise(std::span<const double> values);

/// Summary of a discrete mixture. Ranks tolerate rounding: a cumulative weight within 1e-12 of p counts as reached.
Summary summarise(std::vector<WeightedValue> mixture);

/// Mean and standard error by Welford's update; for streams.
class RunningMean {
 public:
  void add(double value);
  std::size_t count() const { return count_; }
  double mean() const { return mean_; }
  double variance() const;  ///< unbiased; 0 for fewer than two values
 private:
  std::size_t count_ = 0;
  double mean_ = 0, m2_ = 0;
};

/// The value below which Student's t with `degrees` (>= 1) of freedom lies with probability p, 0.5 <= p < 1; to 1e-9
/// relative. Abramowitz and Stegun, 26.7.3 and 26.7.4.
double student_quantile(double p, int degrees);

struct Interval {
  double low = 0, high = 0;
};

/// Where the expectation of independent, nearly normal values lies with the probability `level`, by Student's t. Two
/// values at least; infinite when one of them is.
Interval confidence_interval(const RunningMean& values, double level);

}  // namespace tiercut
