// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "core/schema.hpp"
#include "profiles/feature_law.hpp"

namespace tiercut::profiles {

/// The keys that a law of form `features` has beside those of every law.
std::vector<Field> feature_law_fields();

/// Of a checked document: a law of form `features`. Appends bad-law when a piece can never be reached, the last one
/// has a condition, or a range is empty.
FeatureLaw feature_law_from(const Node& node, Diagnostics& diagnostics);

}  // namespace tiercut::profiles
