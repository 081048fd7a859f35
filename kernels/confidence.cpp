// SPDX-License-Identifier: Apache-2.0
#include "kernels/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tiercut::kernels {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool has_nan(std::span<const float> values) {
  return std::ranges::any_of(values, [](float value) { return std::isnan(value); });
}

}  // namespace

double normalized_entropy(std::span<const float> probabilities) {
  if (has_nan(probabilities)) return not_a_number;
  if (probabilities.size() < 2) return 0;
  double sum = 0;
  for (const double p : probabilities) {
    if (p > 0) sum -= p * std::log(p);
  }
  return std::clamp(sum / std::log(static_cast<double>(probabilities.size())), 0.0, 1.0);
}

double max_probability(std::span<const float> probabilities) {
  if (has_nan(probabilities) || probabilities.empty()) return not_a_number;
  return *std::ranges::max_element(probabilities);
}

double margin(std::span<const float> probabilities) {
  if (has_nan(probabilities) || probabilities.empty()) return not_a_number;
  if (probabilities.size() == 1) return 1;
  double largest = -std::numeric_limits<double>::infinity(), second = largest;
  for (const double p : probabilities) {
    if (p > largest) {
      second = largest;
      largest = p;
    } else {
      second = std::max(second, p);
    }
  }
  return largest - second;
}

double confidence(model::Confidence measure, std::span<const float> probabilities) {
  switch (measure) {
    case model::Confidence::normalized_entropy:
      return normalized_entropy(probabilities);
    case model::Confidence::max_probability:
      return max_probability(probabilities);
    case model::Confidence::margin:
      return margin(probabilities);
  }
  return not_a_number;
}

}  // namespace tiercut::kernels
