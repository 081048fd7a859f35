// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "profiles/call_cost.hpp"
#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

bool computes(const model::Layer& layer) {
  return layer.type != model::LayerType::input && layer.type != model::LayerType::output;
}

bool is_same(const model::Window& a, const model::Window& b) {
  return a.kernel_height == b.kernel_height && a.kernel_width == b.kernel_width && a.stride_height == b.stride_height &&
         a.stride_width == b.stride_width && a.pad_height == b.pad_height && a.pad_width == b.pad_width;
}

bool is_for(const CostTableEntry& entry, const model::Layer& layer) {
  return entry.type == layer.type && entry.input == layer.input_shape && entry.output == layer.shape &&
         (!entry.window || is_same(*entry.window, layer.parameters.window));
}

const CostLaw* stage_law(const Unit& unit) {
  const auto found =
      std::find_if(unit.laws.begin(), unit.laws.end(), [](const CostLaw& law) { return law.scope == Scope::stage; });
  return found == unit.laws.end() ? nullptr : &*found;
}

/// Adds independent parts up without keeping them.
class Sum {
 public:
  void add(Seconds cost, double coefficient_of_variation, Origin origin) {
    cost_ += cost;
    const double deviation = cost.value() * coefficient_of_variation;
    variance_ += deviation * deviation;
    note(origin);
  }
  void add(const CostLaw& law, const Work& work) {
    add(law.cost(work), law.coefficient_of_variation, law.provenance.origin);
    is_extrapolated_ = is_extrapolated_ || law.is_extrapolated(work);
  }
  void add(const CostLaw& law, const model::Layer& layer) {
    add(law.layer_cost(layer), law.coefficient_of_variation, law.provenance.origin);
    is_extrapolated_ = is_extrapolated_ || law.is_layer_extrapolated(layer);
  }
  /// By the table or else by the first law that covers the layer: its own cost, or nothing when neither does.
  std::optional<Seconds> add(const Unit& unit, const model::Layer& layer) {
    for (const CostTableEntry& entry : unit.table) {
      if (!is_for(entry, layer)) continue;
      add(entry.cost, entry.coefficient_of_variation, entry.provenance.origin);
      return entry.cost;
    }
    const CostLaw* law = unit.layer_law(layer.type);
    if (law == nullptr) return std::nullopt;
    add(*law, layer);
    return law->layer_cost(layer);
  }
  /// All together cost this instead, and scatter as much in proportion.
  void set_cost(Seconds cost) {
    if (cost_.value() > 0) variance_ *= (cost / cost_) * (cost / cost_);
    cost_ = cost;
  }
  void scale(double factor) { set_cost(cost_ * factor); }
  void note(Origin origin) { weakest_ = std::max(weakest_, origin); }
  Price price(Seconds overhead, Origin overhead_origin) {
    if (overhead.value() > 0) add(overhead, 0, overhead_origin);
    const double spread = cost_.value() > 0 ? std::sqrt(variance_) / cost_.value() : 0;
    return {
        .cost = cost_, .coefficient_of_variation = spread, .is_extrapolated = is_extrapolated_, .weakest = weakest_};
  }

 private:
  Seconds cost_{};
  double variance_ = 0;
  bool is_extrapolated_ = false;
  Origin weakest_ = Origin::measured;
};

/// The call among those that the unit knows; null when it is none of them.
const KnownCall* known_call(const Unit& unit, std::span<const model::Layer* const> layers) {
  const auto is_it = [&](const KnownCall& call) {
    auto name = call.layers.begin();
    for (const model::Layer* layer : layers) {
      if (!computes(*layer)) continue;
      if (name == call.layers.end() || *name != layer->name) return false;
      ++name;
    }
    return name == call.layers.end();
  };
  const auto found = std::find_if(unit.calls.begin(), unit.calls.end(), is_it);
  return found == unit.calls.end() ? nullptr : &*found;
}

Price price_of(const KnownCall& call) {
  return {.cost = call.cost, .coefficient_of_variation = call.shape ? call.shape->deviation() : 0, .shape = call.shape};
}

tl::unexpected<Diagnostics> no_cost(const Profile& profile, const Unit& unit, model::LayerType type) {
  const std::string name(model::to_text(type));
  return fail("no-cost", "profile " + profile.name + " has no cost for " + name + " on its unit " + unit.name,
              "add a law that covers " + name + ", or a table entry for the layer", Location{profile.file, 0, 0, {}});
}

}  // namespace

Result<Price> price_call(const Profile& profile, const Unit& unit, std::span<const model::Layer* const> layers) {
  if (std::none_of(layers.begin(), layers.end(), [](const model::Layer* layer) { return computes(*layer); }))
    return Price{};
  if (const KnownCall* call = known_call(unit, layers)) return price_of(*call);
  Sum sum;
  if (const CostLaw* law = stage_law(unit)) {
    Work work;
    for (const model::Layer* layer : layers)
      if (computes(*layer)) work += work_of(*layer);
    sum.add(*law, work);
  } else {
    CallCost call(unit);
    for (const model::Layer* layer : layers) {
      if (!computes(*layer)) continue;
      const auto own = sum.add(unit, *layer);
      if (!own) return no_cost(profile, unit, layer->type);
      call.add(call.part_of(*layer, *own));
    }
    sum.set_cost(call.cost());
    if (unit.series_correction != 1) sum.note(profile.provenance.origin);
  }
  if (unit.scale != 1) sum.scale(unit.scale);
  return sum.price(unit.overhead_per_call, profile.provenance.origin);
}

Result<Price> price_layer(const Profile& profile, const Unit& unit, const model::Layer& layer) {
  if (!computes(layer)) return Price{};
  const model::Layer* const alone[] = {&layer};
  if (const KnownCall* call = known_call(unit, alone)) return price_of(*call);
  Sum sum;
  if (!sum.add(unit, layer)) {
    const bool has_only_stage_law =
        std::all_of(unit.laws.begin(), unit.laws.end(), [](const CostLaw& law) { return law.scope == Scope::stage; });
    if (unit.laws.empty() || !has_only_stage_law) return no_cost(profile, unit, layer.type);
    return fail("stage-law-needs-calls",
                "unit " + unit.name + " of profile " + profile.name +
                    " prices whole calls only; it cannot say what one layer costs",
                "run it with execution: call, or add a law of scope layer", Location{profile.file, 0, 0, {}});
  }
  if (unit.scale != 1) sum.scale(unit.scale);
  return sum.price(unit.overhead_per_layer, profile.provenance.origin);
}

Result<double> most_weights(const Profile& profile, const Unit& unit, Seconds budget) {
  const Seconds left = budget - unit.overhead_per_call;
  if (const CostLaw* law = stage_law(unit)) return law->most_weights(left);
  const CostLaw* law = unit.layer_law(model::LayerType::linear);
  if (law == nullptr) return no_cost(profile, unit, model::LayerType::linear);
  return law->most_weights(left / unit.series_correction);
}

}  // namespace tiercut::profiles
