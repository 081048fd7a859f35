// SPDX-License-Identifier: Apache-2.0
#include "deployment/plan_in_force.hpp"

#include <algorithm>

#include "core/document.hpp"
#include "deployment/places.hpp"

namespace tiercut::deployment {
namespace {

bool is_there(const scenarios::Scenario& scenario, const std::string& place) {
  const std::size_t colon = place.find(':');
  const auto device = scenario.find_ref(place.substr(0, colon));
  if (!device || !scenario.device(*device).profile) return false;
  const auto& profile = *scenario.device(*device).profile;
  return colon == std::string::npos ? profile.units.size() == 1 : profile.find_unit(place.substr(colon + 1)) >= 0;
}

}  // namespace

bool PlanInForce::is_whole() const {
  return std::all_of(lost.begin(), lost.end(), [](const std::string& place) { return place.empty(); });
}

std::vector<std::string> PlanInForce::lost_places() const {
  std::vector<std::string> places;
  for (const std::string& place : lost)
    if (!place.empty() && std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  return places;
}

PlanInForce in_force(Plan plan) {
  const std::size_t layers = plan.placement.size();
  return {std::move(plan), std::vector<std::string>(layers)};
}

Result<PlanInForce> read_plan_in_force(const std::string& path, const scenarios::Scenario& scenario) {
  Result<Document> document = read_document(path, Defects::keep);
  if (!document) return tl::unexpected(document.error());
  Diagnostics found;
  if (!check(*document, plan_format(), found)) return tl::unexpected(std::move(found));
  const auto places = scenario.places();
  if (places.empty())
    return fail("no-cost", "no device of the scenario has a profile, so no layer can run anywhere",
                "give a device a profile", Location{scenario.file, 0, 0, "devices"});
  std::vector<std::string> lost(scenario.model->layers.size());
  for (auto& [name, value] : document->root.find("placement")->fields) {
    const model::LayerId layer = scenario.model->find(name);
    if (layer < 0 || is_there(scenario, value.text)) continue;
    lost[static_cast<std::size_t>(layer)] = value.text;
    value.text = scenario.name_of(places.front());
  }
  Diagnostics stale;  // that it is for another state is why it is read this way
  auto read = read_plan(*document, scenario, stale);
  if (!read) return tl::unexpected(std::move(read.error()));
  return PlanInForce{std::move(read->plan), std::move(lost)};
}

PlanInForce without_device(PlanInForce plan, const scenarios::Scenario& scenario, int device) {
  const auto places = scenario.places();
  const auto other = std::find_if(places.begin(), places.end(),
                                  [device](const Place& place) { return place.device.device != device; });
  for (std::size_t i = 0; i < plan.lost.size(); ++i) {
    Place& place = plan.plan.placement[i];
    if (place.device.device != device || !computes(scenario.model->layers[i])) continue;
    if (plan.lost[i].empty()) plan.lost[i] = scenario.name_of(place);
    place = *other;
  }
  return plan;
}

}  // namespace tiercut::deployment
