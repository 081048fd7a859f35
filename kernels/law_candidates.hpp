// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "profiles/feature_law.hpp"

/// What a law may be made of (internal to law fitting).
namespace tiercut::kernels {

/// Terms that the loops of a layer type's kernels may cost, with every step and knee that is tried.
std::vector<profiles::FeatureTerm> candidate_terms(model::LayerType type);

/// Conditions under which backends may run another kernel, or the same in another regime: kinds of windows, and extents
/// below what register tiles hold, as far as they tell the given layers apart.
std::vector<profiles::Condition> candidate_conditions(model::LayerType type,
                                                      std::span<const profiles::LayerExtents> layers);

}  // namespace tiercut::kernels
