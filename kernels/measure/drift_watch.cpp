// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/drift_watch.hpp"

#include <algorithm>
#include <span>

namespace tiercut::kernels {
namespace {

constexpr std::size_t fewest_for_drift = 20;

double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::ranges::nth_element(sorted, middle);
  return *middle;
}

}  // namespace

bool DriftWatch::add(Seconds reference) {
  const bool is_slow = timings_.size() >= fewest && reference.value() > (1 + tolerance) * median_of(timings_);
  timings_.push_back(reference.value());
  if (is_slow) ++slow_count_;
  return is_slow;
}

Seconds DriftWatch::median() const { return Seconds(timings_.empty() ? 0 : median_of(timings_)); }

double DriftWatch::drift() const {
  if (timings_.size() < fewest_for_drift) return 1;
  const std::span<const double> all(timings_);
  const std::size_t part = timings_.size() / 10;
  return median_of(all.last(part)) / median_of(all.first(part));
}

}  // namespace tiercut::kernels
