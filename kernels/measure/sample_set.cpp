// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/sample_set.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/statistics.hpp"

namespace tiercut::kernels {
namespace {

constexpr std::size_t fewest_for_interval = 6;  // 2 / 2^6 is the first tail below 5 %

}  // namespace

std::pair<std::size_t, std::size_t> median_ranks(std::size_t count) {
  if (count < fewest_for_interval) return {1, std::max<std::size_t>(count, 1)};
  const auto n = static_cast<double>(count);
  double log_choose = 0;  // of n over k
  double tail = 0;
  std::size_t rank = 0;
  for (std::size_t k = 0; k < count / 2; ++k) {
    if (k > 0) log_choose += std::log((n - static_cast<double>(k) + 1) / static_cast<double>(k));
    tail += std::exp(log_choose - n * std::log(2.0));
    if (tail > 0.025) break;
    rank = k + 1;
  }
  return {rank, count + 1 - rank};
}

void SampleSet::begin_visit() {
  if (visits_.empty() || visits_.back() != values_.size()) visits_.push_back(values_.size());
}

void SampleSet::add(Seconds one_run, int runs) {
  if (visits_.empty()) begin_visit();
  values_.push_back(one_run.value());
  repetitions_ += runs;
}

Seconds SampleSet::percentile(double p) const { return Seconds(nearest_rank(sorted(), p)); }

Seconds SampleSet::quiet_median() const {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t visit = 0; visit < visits_.size(); ++visit) {
    const std::size_t end = visit + 1 < visits_.size() ? visits_[visit + 1] : values_.size();
    if (end == visits_[visit]) continue;
    std::vector<double> of_visit(values_.begin() + static_cast<std::ptrdiff_t>(visits_[visit]),
                                 values_.begin() + static_cast<std::ptrdiff_t>(end));
    std::ranges::sort(of_visit);
    least = std::min(least, nearest_rank(of_visit, 0.5));
  }
  return Seconds(least);
}

double SampleSet::uncertainty() const {
  if (count() < fewest_for_interval) return std::numeric_limits<double>::infinity();
  const auto [low, high] = median_ranks(count());
  const double median = percentile(0.5).value();
  if (!(median > 0)) return 0;
  return (sorted()[high - 1] - sorted()[low - 1]) / 2 / median;
}

const std::vector<double>& SampleSet::sorted() const {
  if (sorted_.size() != values_.size()) {
    sorted_ = values_;
    std::ranges::sort(sorted_);
  }
  return sorted_;
}

}  // namespace tiercut::kernels
