// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "profiles/feature_law.hpp"

/// What a law may be made of (internal to law fitting).
namespace tiercut::kernels {

/// Terms that the loops of a layer type's kernels may cost, with every step and knee that is tried.
std::vector<profiles::FeatureTerm> candidate_terms(model::LayerType type);

/// Conditions under which backends may run another kernel, to be tried in this order.
std::vector<profiles::Condition> candidate_conditions(model::LayerType type);

}  // namespace tiercut::kernels
