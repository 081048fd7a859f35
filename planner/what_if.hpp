// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/stage_graph.hpp"
#include "scenarios/scenario.hpp"

/// Scenarios with one thing changed, for capacity and the ways out (internal to planner/).
namespace tiercut::planner {

/// Bandwidths are searched on a grid of time a byte, so that latencies are straight lines along it.
inline constexpr double bandwidth_ticks = 1e18;  ///< bytes a second at one tick
inline BytesPerSecond bandwidth_of(std::int64_t ticks) {
  return BytesPerSecond(bandwidth_ticks / static_cast<double>(ticks));
}

/// The links that any message of the graph crosses, ascending indices into scenario.links.
std::vector<int> links_crossed(const deployment::StageGraph& graph, const scenarios::Scenario& scenario);
/// "up", "up and down".
std::string names_of_links(const scenarios::Scenario& scenario, const std::vector<int>& links);

scenarios::Scenario with_link_bandwidth(const scenarios::Scenario& base, const std::vector<int>& links,
                                        BytesPerSecond bandwidth);
/// Every layer is free on this device: what is left of a latency is the network and the handling of messages.
scenarios::Scenario with_free_computing(const scenarios::Scenario& base, int device);

}  // namespace tiercut::planner
