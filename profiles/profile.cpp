// SPDX-License-Identifier: Apache-2.0
#include "profiles/profile.hpp"

#include <algorithm>

namespace tiercut::profiles {

std::string_view to_text(Execution execution) { return execution == Execution::call ? "call" : "layer"; }

std::string_view to_text(Origin origin) {
  switch (origin) {
    case Origin::measured:
      return "measured";
    case Origin::published:
      return "published";
    case Origin::estimated:
      return "estimated";
  }
  return "";
}

bool Unit::has_stage_law() const {
  return std::any_of(laws.begin(), laws.end(), [](const CostLaw& law) { return law.scope == Scope::stage; });
}

const CostLaw* Unit::layer_law(model::LayerType type) const {
  const auto found = std::find_if(laws.begin(), laws.end(),
                                  [type](const CostLaw& law) { return law.scope == Scope::layer && law.covers(type); });
  return found == laws.end() ? nullptr : &*found;
}

int Profile::find_unit(std::string_view unit_name) const {
  for (std::size_t i = 0; i < units.size(); ++i)
    if (units[i].name == unit_name) return static_cast<int>(i);
  return -1;
}

}  // namespace tiercut::profiles
