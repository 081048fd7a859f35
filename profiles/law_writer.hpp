// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "profiles/cost_law.hpp"

namespace tiercut::profiles {

/// The law as an entry of `laws` in a profile file, every line indented by `indent` spaces. Reading it gives the same
/// law to the last bit.
std::string to_yaml(const CostLaw& law, int indent);

}  // namespace tiercut::profiles
