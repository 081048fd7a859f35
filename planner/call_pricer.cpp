// SPDX-License-Identifier: Apache-2.0
#include "planner/call_pricer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "deployment/places.hpp"

namespace tiercut::planner {
namespace {

using profiles::PiecewiseLaw;
using profiles::RooflineLaw;

/// The least slope anywhere: what more of x costs at least.
double least_slope(const PiecewiseLaw& law) {
  const auto& points = law.points;
  double least = std::numeric_limits<double>::infinity();
  if (points.front().x > 0) least = points.front().cost.value() / points.front().x;
  for (std::size_t i = 1; i < points.size(); ++i)
    least = std::min(least, (points[i].cost - points[i - 1].cost).value() / (points[i].x - points[i - 1].x));
  return std::isfinite(least) ? least : 0;
}

bool computes(const model::Layer& layer) {
  return layer.type != model::LayerType::input && layer.type != model::LayerType::output;
}

double along(profiles::Axis axis, const profiles::Work& work) {
  if (axis == profiles::Axis::weights) return work.weights;
  return axis == profiles::Axis::macs ? work.macs : work.traffic();
}

}  // namespace

CallPricer::CallPricer(const scenarios::Scenario& scenario, const deployment::Place& place)
    : net_(scenario.model.get()), unit_(&deployment::unit_at(scenario, place)), call_(*unit_) {
  const auto& device = scenario.device(place.device);
  execution_ = device.execution.value_or(unit_->execution);
  for (const auto& law : unit_->laws)
    if (law.scope == profiles::Scope::stage && stage_law_ == nullptr) stage_law_ = &law;
  if (runs_layer_by_layer()) stage_law_ = nullptr;
  profiles::Unit bare = *unit_;
  bare.overhead_per_layer = Seconds(0);
  for (const auto& layer : net_->layers) {
    if (stage_law_ != nullptr) {
      own_.push_back(0);
      continue;
    }
    const auto price = profiles::price_layer(*device.profile, bare, layer);
    own_.push_back(price ? price->cost.value() : -1);
    if (!runs_layer_by_layer()) parts_.push_back(call_.part_of(layer, Seconds(std::max(0.0, own_.back()))));
  }
}

bool CallPricer::has_price(model::LayerId layer) const { return own_[static_cast<std::size_t>(layer)] >= 0; }

void CallPricer::restart() {
  work_ = {};
  call_.restart();
  layers_ = {};
}

void CallPricer::append(model::LayerId layer) {
  const double own = own_[static_cast<std::size_t>(layer)];
  if (stage_law_ != nullptr)
    work_ += profiles::work_of(net_->layer(layer));
  else if (runs_layer_by_layer())
    layers_ += Span::from(Seconds(own + unit_->overhead_per_layer.value()));
  else if (computes(net_->layer(layer)))
    call_.add(parts_[static_cast<std::size_t>(layer)]);
}

Span CallPricer::cost() const {
  if (runs_layer_by_layer()) return layers_;
  const Seconds cost = stage_law_ != nullptr ? stage_law_->cost(work_) : call_.cost();
  return Span::from(cost + unit_->overhead_per_call);
}

Span CallPricer::cost_of(model::LayerId layer) {
  restart();
  append(layer);
  return cost();
}

double CallPricer::least_seconds(model::LayerId layer) const {
  const double own = own_[static_cast<std::size_t>(layer)];
  if (stage_law_ == nullptr) return own * unit_->series_correction;
  const auto work = profiles::work_of(net_->layer(layer));
  if (const auto* roofline = std::get_if<RooflineLaw>(&stage_law_->form))
    return std::min(2 * work.macs / roofline->arithmetic.value(), work.traffic() / roofline->memory.value());
  const auto& line = std::get<PiecewiseLaw>(stage_law_->form);
  return std::max(0.0, least_slope(line) * along(line.axis, work));
}

Span CallPricer::least_share(model::LayerId layer) const {
  const double own = own_[static_cast<std::size_t>(layer)];
  if (runs_layer_by_layer()) return Span::from(Seconds(own + unit_->overhead_per_layer.value()));
  // Every call rounds once: a tick less keeps the sum of shares below it.
  return std::max(Span(0), Span::from(Seconds(least_seconds(layer))) - Span(1));
}

}  // namespace tiercut::planner
