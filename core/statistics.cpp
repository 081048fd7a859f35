// SPDX-License-Identifier: Apache-2.0
#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace tiercut {

namespace {

// Percentages such as 0.07 have no exact double, so 0.07 x 100 comes out above 7: without a tolerance the rank would
// be one too high.
constexpr double rank_tolerance = 1e-12;

// Neumaier's compensated sum: a mean over 1e7 latencies keeps its last digits, whatever their order of size.
class CompensatedSum {
 public:
  void add(double value) {
    if (!std::isfinite(value)) {
      not_finite_ += value;
      return;
    }
    const double next = sum_ + value;
    lost_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + lost_ + not_finite_; }

 private:
  double sum_ = 0, lost_ = 0, not_finite_ = 0;
};

double rank_in_mixture(const std::vector<WeightedValue>& sorted, double p) {
  CompensatedSum reached;
  for (const WeightedValue& entry : sorted) {
    reached.add(entry.weight);
    if (reached.value() >= p - rank_tolerance) return entry.value;
  }
  return sorted.back().value;
}

}  // namespace

std::string_view to_text(Statistic statistic) {
  switch (statistic) {
    case Statistic::mean:
      return "mean";
    case Statistic::p50:
      return "p50";
    case Statistic::p90:
      return "p90";
    case Statistic::p95:
      return "p95";
    case Statistic::p99:
      return "p99";
    case Statistic::max:
      return "max";
  }
  throw std::logic_error("no such statistic");
}

double Summary::at(Statistic statistic) const {
  switch (statistic) {
    case Statistic::mean:
      return mean;
    case Statistic::p50:
      return p50;
    case Statistic::p90:
      return p90;
    case Statistic::p95:
      return p95;
    case Statistic::p99:
      return p99;
    case Statistic::max:
      return max;
  }
  throw std::logic_error("no such statistic");
}

double nearest_rank(std::span<const double> sorted, double p) {
  if (sorted.empty()) throw std::logic_error("a percentile of no values");
  if (!(p > 0 && p <= 1)) throw std::logic_error("a percentile outside (0, 1]");
  const double rank = std::ceil((p - rank_tolerance) * static_cast<double>(sorted.size()));
  const std::size_t index = rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

Summary summarise(std::span<const double> values) {
  if (values.empty()) throw std::logic_error("a summary of no values");
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  CompensatedSum sum;
  for (double value : sorted) sum.add(value);
  Summary summary;
  summary.mean = sum.value() / static_cast<double>(sorted.size());
  summary.p50 = nearest_rank(sorted, 0.50);
  summary.p90 = nearest_rank(sorted, 0.90);
  summary.p95 = nearest_rank(sorted, 0.95);
  summary.p99 = nearest_rank(sorted, 0.99);
  summary.max = sorted.back();
  return summary;
}

Summary summarise(std::vector<WeightedValue> mixture) {
  // What cannot happen has no say in the maximum, and infinity times zero must not spoil the mean.
  std::erase_if(mixture, [](const WeightedValue& entry) { return !(entry.weight > 0); });
  if (mixture.empty()) throw std::logic_error("a summary of no outcomes");
  std::sort(mixture.begin(), mixture.end(),
            [](const WeightedValue& a, const WeightedValue& b) { return a.value < b.value; });
  CompensatedSum mean;
  for (const WeightedValue& entry : mixture) mean.add(entry.value * entry.weight);
  Summary summary;
  summary.mean = mean.value();
  summary.p50 = rank_in_mixture(mixture, 0.50);
  summary.p90 = rank_in_mixture(mixture, 0.90);
  summary.p95 = rank_in_mixture(mixture, 0.95);
  summary.p99 = rank_in_mixture(mixture, 0.99);
  summary.max = mixture.back().value;
  return summary;
}

void RunningMean::add(double value) {
  ++count_;
  const double difference = value - mean_;
  mean_ += difference / static_cast<double>(count_);
  m2_ += difference * (value - mean_);
}

double RunningMean::variance() const { return count_ < 2 ? 0.0 : m2_ / static_cast<double>(count_ - 1); }

namespace {

/// Probability that |T| < t.
double student_within(double t, int degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle), square = cosine * cosine;
  const bool is_odd = degrees % 2 == 1;
  double term = is_odd ? cosine : 1, sum = 0;
  for (int k = is_odd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term;
    term *= square * (k + 1) / (k + 2);
  }
  if (!is_odd) return std::sin(angle) * sum;
  return 2 / std::numbers::pi * (angle + std::sin(angle) * sum);
}

}  // namespace

double student_quantile(double p, int degrees) {
  if (degrees < 1 || !(p >= 0.5 && p < 1)) throw std::logic_error("no such quantile of Student's t");
  double low = 0, high = 1;
  while (student_within(high, degrees) < 2 * p - 1) high *= 2;
  while (high - low > 1e-10 * high) {
    const double middle = (low + high) / 2;
    (student_within(middle, degrees) < 2 * p - 1 ? low : high) = middle;
  }
  return (low + high) / 2;
}

Interval confidence_interval(const RunningMean& values, double level) {
  if (!std::isfinite(values.mean()) || !std::isfinite(values.variance())) {
    const double never = std::numeric_limits<double>::infinity();
    return {never, never};
  }
  const double half = student_quantile((1 + level) / 2, static_cast<int>(values.count()) - 1) *
                      std::sqrt(values.variance() / static_cast<double>(values.count()));
  return {values.mean() - half, values.mean() + half};
}

}  // namespace tiercut
