// SPDX-License-Identifier: Apache-2.0
#include "profiles/call_cost.hpp"

#include <algorithm>

namespace tiercut::profiles {
namespace {

double share_beyond(double from, double to, double bytes) { return std::clamp((bytes - from) / (to - from), 0.0, 1.0); }

const FeatureLaw* feature_law_for(const Unit& unit, model::LayerType type) {
  const CostLaw* law = unit.layer_law(type);
  return law == nullptr ? nullptr : std::get_if<FeatureLaw>(&law->form);
}

}  // namespace

CallCost::CallCost(const Unit& unit) : unit_(&unit) {
  for (const CostLaw& law : unit.laws) {
    const auto* features = std::get_if<FeatureLaw>(&law.form);
    if (features == nullptr) continue;
    for (const FeaturePiece& piece : features->pieces)
      for (const FeatureTerm& term : piece.terms)
        if (term.is_of_footprint()) knees_.push_back({term.from, term.to});
  }
  const auto key = [](const Knee& knee) { return std::pair(knee.from, knee.to); };
  std::ranges::sort(knees_, {}, key);
  const auto same = std::ranges::unique(knees_, {}, key);
  knees_.erase(same.begin(), same.end());
  seconds_.assign(knees_.size(), 0);
}

CallCost::Part CallCost::part_of(const model::Layer& layer, Seconds own) const {
  const LayerExtents extents = extents_of(layer);
  const bool is_new_memory = layer.type != model::LayerType::flatten;
  Part part{.own = own.value(),
            .kept_bytes = extents[Extent::weight_bytes] + (is_new_memory ? extents[Extent::output_bytes] : 0),
            .working_set = extents[Extent::working_set]};
  const FeatureLaw* law = feature_law_for(*unit_, layer.type);
  if (law == nullptr) return part;
  for (const FeatureTerm& term : law->piece_for(extents).terms) {
    if (!term.is_of_footprint()) continue;
    const auto knee =
        std::ranges::find_if(knees_, [&](const Knee& other) { return other.from == term.from && other.to == term.to; });
    const double seconds = (term.time * term.all_steps(extents)).value();
    part.growing.push_back({static_cast<std::size_t>(knee - knees_.begin()), seconds});
    part.own_share += seconds * term.share_beyond(part.working_set);
  }
  return part;
}

void CallCost::restart() {
  std::ranges::fill(seconds_, 0);
  own_ = own_share_ = touched_ = largest_ = 0;
  layers_ = 0;
}

void CallCost::add(const Part& part) {
  ++layers_;
  own_ += part.own;
  own_share_ += part.own_share;
  touched_ += part.kept_bytes;
  largest_ = std::max(largest_, part.working_set);
  for (const Part::Growing& growing : part.growing) seconds_[growing.knee] += growing.seconds;
}

Bytes CallCost::footprint() const { return Bytes(std::max(largest_, touched_)); }

Seconds CallCost::cost() const {
  double cost = own_;
  if (layers_ > 1) {
    const double bytes = footprint().value();
    double beyond = 0;
    for (std::size_t i = 0; i < knees_.size(); ++i)
      beyond += seconds_[i] * share_beyond(knees_[i].from, knees_[i].to, bytes);
    cost += std::max(0.0, beyond - own_share_);
  }
  if (unit_->series_correction != 1) cost *= unit_->series_correction;
  return Seconds(cost);
}

}  // namespace tiercut::profiles
