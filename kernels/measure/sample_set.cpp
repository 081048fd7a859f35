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

void SampleSet::add(Seconds one_run, int runs) {
  values_.push_back(one_run.value());
  repetitions_ += runs;
}

Seconds SampleSet::percentile(double p) const { return Seconds(nearest_rank(sorted(), p)); }

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
