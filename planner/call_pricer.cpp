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
  if (!runs_layer_by_layer()) {
    bare.calls.clear();
    bare.scale = 1;
    find_known_calls();
  }
  for (const auto& layer : net_->layers) {
    if (runs_layer_by_layer()) {
      const auto whole = profiles::price_layer(*device.profile, *unit_, layer);
      own_.push_back(whole ? whole->cost.value() : -1);
      whole_.push_back(whole ? Span::from(whole->cost) : Span());
      continue;
    }
    if (stage_law_ != nullptr) {
      own_.push_back(0);
      continue;
    }
    const auto price = profiles::price_layer(*device.profile, bare, layer);
    own_.push_back(price ? price->cost.value() : -1);
    parts_.push_back(call_.part_of(layer, Seconds(std::max(0.0, own_.back()))));
  }
}

void CallPricer::find_known_calls() {
  known_share_.assign(net_->layers.size(), std::numeric_limits<double>::infinity());
  known_least_.assign(net_->layers.size(), Span::longest());
  for (const auto& call : unit_->calls) {
    Known known{{}, call.cost};
    for (const auto& name : call.layers) known.layers.push_back(net_->find(name));
    if (known.layers.empty() || std::find(known.layers.begin(), known.layers.end(), -1) != known.layers.end()) continue;
    for (const auto layer : known.layers) {
      const auto i = static_cast<std::size_t>(layer);
      known_share_[i] = std::min(known_share_[i], call.cost.value() / static_cast<double>(known.layers.size()));
      known_least_[i] = std::min(known_least_[i], Span::from(call.cost));
    }
    known_.push_back(std::move(known));
  }
}

bool CallPricer::has_price(model::LayerId layer) const { return own_[static_cast<std::size_t>(layer)] >= 0; }

void CallPricer::restart() {
  work_ = {};
  call_.restart();
  layers_ = {};
  run_.clear();
}

void CallPricer::append(model::LayerId layer) {
  if (stage_law_ != nullptr)
    work_ += profiles::work_of(net_->layer(layer));
  else if (runs_layer_by_layer())
    layers_ += whole_[static_cast<std::size_t>(layer)];
  else if (computes(net_->layer(layer)))
    call_.add(parts_[static_cast<std::size_t>(layer)]);
  if (!known_.empty() && computes(net_->layer(layer))) run_.push_back(layer);
}

Span CallPricer::by_law() const {
  const Seconds cost = stage_law_ != nullptr ? stage_law_->cost(work_) : call_.cost();
  return Span::from(cost * unit_->scale + unit_->overhead_per_call);
}

Span CallPricer::cost() const {
  if (runs_layer_by_layer()) return layers_;
  for (const Known& known : known_)
    if (known.layers == run_) return Span::from(known.cost);
  return by_law();
}

Span CallPricer::least_cost() const {
  if (known_.empty() || run_.empty()) return cost();
  return std::min(by_law(), known_least_[static_cast<std::size_t>(run_.back())]);
}

Span CallPricer::cost_of(model::LayerId layer) {
  restart();
  append(layer);
  return cost();
}

Span CallPricer::least_cost_of(model::LayerId layer) { return known_.empty() ? cost_of(layer) : least_share(layer); }

double CallPricer::least_seconds(model::LayerId layer) const {
  const double own = own_[static_cast<std::size_t>(layer)];
  const double known =
      known_.empty() ? std::numeric_limits<double>::infinity() : known_share_[static_cast<std::size_t>(layer)];
  if (stage_law_ == nullptr) return std::min(known, own * unit_->series_correction * unit_->scale);
  const auto work = profiles::work_of(net_->layer(layer));
  if (const auto* roofline = std::get_if<RooflineLaw>(&stage_law_->form))
    return std::min({known, unit_->scale * 2 * work.macs / roofline->arithmetic.value(),
                     unit_->scale * work.traffic() / roofline->memory.value()});
  const auto& line = std::get<PiecewiseLaw>(stage_law_->form);
  return std::min(known, std::max(0.0, unit_->scale * least_slope(line) * along(line.axis, work)));
}

Span CallPricer::least_share(model::LayerId layer) const {
  if (runs_layer_by_layer()) return whole_[static_cast<std::size_t>(layer)];
  // Every call rounds once: a tick less keeps the sum of shares below it.
  return std::max(Span(0), Span::from(Seconds(least_seconds(layer))) - Span(1));
}

}  // namespace tiercut::planner
