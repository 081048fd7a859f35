// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/diagnostic.hpp"
#include "profiles/profile.hpp"

/// What a user should know about a price (internal to the folder).
namespace tiercut::deployment {

/// extrapolated-law, for each law that prices these layers beyond its points.
Diagnostics extrapolation_notes(const profiles::Profile& profile, const profiles::Unit& unit,
                                std::span<const model::Layer* const> layers);

/// Appends what is not there yet.
void add_new(const Diagnostics& found, Diagnostics& all);

}  // namespace tiercut::deployment
