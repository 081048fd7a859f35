// SPDX-License-Identifier: Apache-2.0
#include "profiles/cost_law.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace tiercut::profiles {
namespace {

/// A network that a law prices within the budget at this size is bounded by nothing real.
constexpr double beyond_every_network = 1e200;

double coordinate(const Work& work, Axis axis) {
  switch (axis) {
    case Axis::weights:
      return work.weights;
    case Axis::macs:
      return work.macs;
    case Axis::traffic:
      return work.traffic();
  }
  return 0;
}

/// std::lerp is exact at both ends and monotone, so a law keeps both properties in floating point.
double along(const PiecewiseLaw::Point& a, const PiecewiseLaw::Point& b, double x) {
  return std::lerp(a.cost.value(), b.cost.value(), (x - a.x) / (b.x - a.x));
}

double evaluate(const PiecewiseLaw& law, double x) {
  const auto& points = law.points;
  const auto& first = points.front();
  if (points.size() == 1) return first.cost.value() * (x / first.x);
  if (x < first.x) {
    if (along(first, points[1], 0) >= 0) return std::max(0.0, along(first, points[1], x));
    return first.cost.value() * (x / first.x);
  }
  auto above = std::upper_bound(points.begin(), points.end(), x, [](double v, const auto& p) { return v < p.x; });
  if (above == points.end()) --above;
  return along(*(above - 1), *above, x);
}

double evaluate(const RooflineLaw& law, const Work& work) {
  return law.overhead.value() + std::max(2 * work.macs / law.arithmetic.value(), work.traffic() / law.memory.value());
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  weights += other.weights;
  macs += other.macs;
  weight_bytes += other.weight_bytes;
  input_bytes += other.input_bytes;
  output_bytes += other.output_bytes;
  return *this;
}

Work work_of(const model::Layer& layer) {
  return {.weights = static_cast<double>(layer.weights),
          .macs = static_cast<double>(layer.macs),
          .weight_bytes = layer.weight_bytes.value(),
          .input_bytes = layer.input_bytes.value(),
          .output_bytes = layer.output_bytes.value()};
}

bool CostLaw::covers(model::LayerType type) const {
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

Seconds CostLaw::layer_cost(const model::Layer& layer) const {
  if (const auto* features = std::get_if<FeatureLaw>(&form)) return features->cost(extents_of(layer));
  return cost(work_of(layer));
}

bool CostLaw::is_layer_extrapolated(const model::Layer& layer) const {
  if (const auto* features = std::get_if<FeatureLaw>(&form)) return features->is_extrapolated(extents_of(layer));
  return is_extrapolated(work_of(layer));
}

Seconds CostLaw::cost(const Work& work) const {
  if (const auto* features = std::get_if<FeatureLaw>(&form)) return features->cost(square_linear(work.weights));
  if (const auto* piecewise = std::get_if<PiecewiseLaw>(&form))
    return Seconds(evaluate(*piecewise, coordinate(work, piecewise->axis)));
  return Seconds(evaluate(std::get<RooflineLaw>(form), work));
}

bool CostLaw::is_extrapolated(const Work& work) const {
  if (const auto* features = std::get_if<FeatureLaw>(&form))
    return features->is_extrapolated(square_linear(work.weights));
  const auto* piecewise = std::get_if<PiecewiseLaw>(&form);
  if (piecewise == nullptr) return false;
  const double x = coordinate(work, piecewise->axis);
  return x < piecewise->points.front().x || x > piecewise->points.back().x;
}

double CostLaw::most_weights(Seconds budget) const {
  const auto fits = [&](double weights) {
    return cost({.weights = weights, .macs = weights, .weight_bytes = 4 * weights}) <= budget;
  };
  if (!fits(0)) return 0;
  if (fits(beyond_every_network)) return std::numeric_limits<double>::infinity();
  // Non-negative doubles are ordered as their bit patterns, so this halving ends at the last double that fits: the
  // inverse is exact for every monotone form, flat stretches included.
  auto fitting = std::bit_cast<std::uint64_t>(0.0);
  auto too_much = std::bit_cast<std::uint64_t>(beyond_every_network);
  while (too_much - fitting > 1) {
    const std::uint64_t middle = fitting + (too_much - fitting) / 2;
    (fits(std::bit_cast<double>(middle)) ? fitting : too_much) = middle;
  }
  return std::bit_cast<double>(fitting);
}

}  // namespace tiercut::profiles
