// SPDX-License-Identifier: Apache-2.0
#include "planner/what_if.hpp"

#include <algorithm>
#include <set>

namespace tiercut::planner {

std::vector<int> links_crossed(const deployment::StageGraph& graph, const scenarios::Scenario& scenario) {
  std::set<std::string> names;
  const auto add = [&](const deployment::Message& message) {
    for (const auto& hop : message.hops) names.insert(graph.resource(hop.resource).name);
  };
  for (const auto& stage : graph.stages) {
    if (const auto* transfer = std::get_if<deployment::Transfer>(&stage.work)) add(transfer->message);
    if (const auto* control = std::get_if<deployment::Control>(&stage.work)) add(control->message);
  }
  std::vector<int> links;
  for (std::size_t i = 0; i < scenario.links.size(); ++i)
    if (names.contains(scenario.links[i].name)) links.push_back(static_cast<int>(i));
  return links;
}

std::string names_of_links(const scenarios::Scenario& scenario, const std::vector<int>& links) {
  std::vector<std::string> names;
  for (int link : links) names.push_back(scenario.links[static_cast<std::size_t>(link)].name);
  return list_words(names);
}

scenarios::Scenario with_link_bandwidth(const scenarios::Scenario& base, const std::vector<int>& links,
                                        BytesPerSecond bandwidth) {
  scenarios::Scenario changed = base;
  for (int link : links) changed.links[static_cast<std::size_t>(link)].bandwidth = bandwidth;
  return changed;
}

scenarios::Scenario with_free_computing(const scenarios::Scenario& base, int device) {
  scenarios::Scenario changed = base;
  auto& place = changed.devices[static_cast<std::size_t>(device)];
  auto profile = std::make_shared<profiles::Profile>(*place.profile);
  profiles::CostLaw free;
  free.name = "free";
  free.form = profiles::RooflineLaw{.arithmetic = FlopsPerSecond::infinite(), .memory = BytesPerSecond::infinite()};
  for (auto& unit : profile->units) {
    unit.table.clear();
    unit.laws = {free};
    unit.overhead_per_call = unit.overhead_per_layer = unit.exit_check = Seconds(0);
    unit.execution = profiles::Execution::call;
  }
  place.profile = std::move(profile);
  place.execution.reset();
  return changed;
}

}  // namespace tiercut::planner
