// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/distances.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tiercut::validation {
namespace {

void require_values(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty()) throw std::logic_error("a distance of no values");
}

/// Calls `step(from, to, difference)` for every stretch between neighbouring values of either, where the distribution
/// functions differ by `difference`.
template <class Step>
void walk(std::span<const double> a, std::span<const double> b, Step step) {
  std::size_t i = 0, j = 0;
  double from = std::min(a[0], b[0]);
  while (i < a.size() || j < b.size()) {
    const double next = i == a.size() ? b[j] : j == b.size() ? a[i] : std::min(a[i], b[j]);
    const double difference =
        static_cast<double>(i) / static_cast<double>(a.size()) - static_cast<double>(j) / static_cast<double>(b.size());
    step(from, next, std::fabs(difference));
    while (i < a.size() && a[i] == next) ++i;
    while (j < b.size() && b[j] == next) ++j;
    from = next;
  }
}

}  // namespace

double kolmogorov_smirnov(std::span<const double> a, std::span<const double> b) {
  require_values(a, b);
  double most = 0;
  walk(a, b, [&](double, double, double difference) { most = std::max(most, difference); });
  return most;
}

double wasserstein(std::span<const double> a, std::span<const double> b) {
  require_values(a, b);
  double area = 0;
  walk(a, b, [&](double from, double to, double difference) {
    if (difference > 0) area += difference * (to - from);
  });
  return area;
}

double kendall_tau(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) throw std::logic_error("a rank correlation of unpaired values");
  double agreeing = 0, untied_a = 0, untied_b = 0;
  const auto sign = [](double x, double y) { return x < y ? -1.0 : x > y ? 1.0 : 0.0; };
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = i + 1; j < a.size(); ++j) {
      const double in_a = sign(a[i], a[j]), in_b = sign(b[i], b[j]);
      agreeing += in_a * in_b;
      untied_a += in_a * in_a;
      untied_b += in_b * in_b;
    }
  }
  return untied_a > 0 && untied_b > 0 ? agreeing / std::sqrt(untied_a * untied_b) : 0;
}

Choice choose(std::span<const double> predicted, std::span<const double> measured) {
  require_values(predicted, measured);
  Choice choice;
  choice.chosen = static_cast<std::size_t>(std::min_element(predicted.begin(), predicted.end()) - predicted.begin());
  choice.best = static_cast<std::size_t>(std::min_element(measured.begin(), measured.end()) - measured.begin());
  choice.regret = measured[choice.chosen] / measured[choice.best] - 1;
  return choice;
}

std::vector<double> bounded_least_squares(const std::vector<std::vector<double>>& rows, std::span<const double> target,
                                          std::span<const double> weights, std::span<const double> least) {
  constexpr int most_sweeps = 20'000;
  constexpr double precise = 1e-12;
  std::vector<double> x(least.size());
  std::vector<double> square(least.size(), 0);
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] = std::max(0.0, least[k]);
    for (std::size_t i = 0; i < rows.size(); ++i) square[k] += weights[i] * rows[i][k] * rows[i][k];
  }
  std::vector<double> rest(target.begin(), target.end());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) rest[i] -= rows[i][k] * x[k];
  }
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    double largest = 0, scale = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (square[k] <= 0) continue;
      double slope = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) slope += weights[i] * rows[i][k] * rest[i];
      const double wanted = std::max(least[k], x[k] + slope / square[k]);
      const double step = wanted - x[k];
      for (std::size_t i = 0; i < rows.size(); ++i) rest[i] -= rows[i][k] * step;
      x[k] = wanted;
      largest = std::max(largest, std::fabs(step));
      scale = std::max(scale, std::fabs(wanted));
    }
    if (largest <= precise * scale) break;
  }
  return x;
}

}  // namespace tiercut::validation
