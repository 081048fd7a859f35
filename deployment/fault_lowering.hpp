// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment/network.hpp"

namespace tiercut::deployment {

/// The scenario's faults as faults of the graph's resources (internal to the folder): a device takes its units and its
/// own links with it, a shared medium stays. Random outages of a group become one fault a member, each with its own
/// stream. Fails with too-many-faults.
void add_faults(const scenarios::Scenario& scenario, const Network& network, StageGraph& graph, Diagnostics& errors);

}  // namespace tiercut::deployment
