// SPDX-License-Identifier: Apache-2.0
#include "deployment/pricing_notes.hpp"

#include <algorithm>

#include "deployment/places.hpp"

namespace tiercut::deployment {
namespace {

bool is_used_beyond(const profiles::CostLaw& law, std::span<const model::Layer* const> layers) {
  if (law.scope == profiles::Scope::layer) {
    return std::any_of(layers.begin(), layers.end(), [&law](const model::Layer* layer) {
      return computes(*layer) && law.covers(layer->type) && law.is_extrapolated(profiles::work_of(*layer));
    });
  }
  profiles::Work total;
  for (const model::Layer* layer : layers) total += profiles::work_of(*layer);
  return law.is_extrapolated(total);
}

}  // namespace

Diagnostics extrapolation_notes(const profiles::Profile& profile, const profiles::Unit& unit,
                                std::span<const model::Layer* const> layers) {
  Diagnostics notes;
  for (const profiles::CostLaw& law : unit.laws) {
    if (!is_used_beyond(law, layers)) continue;
    notes.push_back({Severity::warning, "extrapolated-law", Location{profile.file, 0, 0, {}},
                     "law " + law.name + " of " + profile.name + ":" + unit.name + " is used beyond its points",
                     "its price there is a guess; measure the layers on the device"});
  }
  return notes;
}

void add_new(const Diagnostics& found, Diagnostics& all) {
  for (const Diagnostic& diagnostic : found) {
    const auto is_same = [&diagnostic](const Diagnostic& other) {
      return other.code == diagnostic.code && other.message == diagnostic.message;
    };
    if (std::none_of(all.begin(), all.end(), is_same)) all.push_back(diagnostic);
  }
}

}  // namespace tiercut::deployment
