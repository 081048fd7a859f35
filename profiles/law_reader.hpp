// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "profiles/cost_law.hpp"

namespace tiercut::profiles {

/// Of a checked document: the `provenance` of an entry.
Provenance provenance_of(const Node& entry);

/// Of a checked document: an entry of `laws`. Appends bad-law when points do not ascend, costs fall or are negative,
/// or a point cannot be read; the law is then not fit for use.
CostLaw law_from(const Node& node, Diagnostics& diagnostics);

}  // namespace tiercut::profiles
