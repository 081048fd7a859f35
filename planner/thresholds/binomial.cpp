// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/binomial.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::planner {

double binomial_tail(std::uint64_t n, std::uint64_t errors, double p) {
  if (errors >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  // Terms fall by a known ratio from the largest one that is summed, so nothing cancels and nothing overflows.
  const auto samples = static_cast<double>(n);
  const double odds = p / (1 - p);
  const auto mode = static_cast<std::uint64_t>(std::floor((samples + 1) * p));
  const std::uint64_t top = std::min(errors, mode);
  const auto x = static_cast<double>(top);
  const double log_top = std::lgamma(samples + 1) - std::lgamma(x + 1) - std::lgamma(samples - x + 1) +
                         x * std::log(p) + (samples - x) * std::log1p(-p);
  double sum = 1, term = 1;
  for (std::uint64_t k = top; k > 0 && term > 1e-18 * sum; --k) {
    term *= static_cast<double>(k) / (static_cast<double>(n - k + 1) * odds);
    sum += term;
  }
  term = 1;
  for (std::uint64_t k = top; k < errors && term > 1e-18 * sum; ++k) {
    term *= static_cast<double>(n - k) * odds / static_cast<double>(k + 1);
    sum += term;
  }
  return std::min(1.0, std::exp(log_top) * sum);
}

double upper_confidence(std::uint64_t n, std::uint64_t errors, double delta) {
  if (errors >= n) return 1;
  double low = 0, high = 1;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    (binomial_tail(n, errors, middle) > delta ? low : high) = middle;
  }
  return high;
}

std::int64_t most_errors(std::uint64_t n, double limit, double delta) {
  if (binomial_tail(n, 0, limit) > delta) return -1;
  std::uint64_t low = 0, high = n;  // low is certified, high is not: its tail is 1
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (binomial_tail(n, middle, limit) <= delta ? low : high) = middle;
  }
  return static_cast<std::int64_t>(low);
}

std::uint64_t fewest_samples(double limit, double delta) {
  auto n = static_cast<std::uint64_t>(std::max(1.0, std::floor(std::log(delta) / std::log1p(-limit)) - 1));
  while (binomial_tail(n, 0, limit) > delta) ++n;
  return n;
}

}  // namespace tiercut::planner
