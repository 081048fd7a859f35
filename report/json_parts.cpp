// SPDX-License-Identifier: Apache-2.0
#include "report/json_parts.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/records.hpp"
#include "report/version.hpp"

namespace tiercut::report {

Json finite_or_null(double seconds) { return std::isfinite(seconds) ? Json(seconds) : Json(nullptr); }

Json json_of(const Summary& summary) {
  Json json = Json::object();
  for (const Statistic statistic : all_statistics) {
    json[std::string(to_text(statistic))] = finite_or_null(summary.at(statistic));
  }
  return json;
}

Json json_of(const std::array<double, deployment::term_count>& terms_s) {
  Json json = Json::object();
  for (std::size_t term = 0; term < terms_s.size(); ++term) {
    json[term_key(static_cast<deployment::Term>(term))] = terms_s[term];
  }
  return json;
}

Json json_of(const Diagnostics& notes) {
  constexpr const char* severities[] = {"error", "warning", "note"};
  Json json = Json::array();
  for (const Diagnostic& note : notes) {
    Json entry = {
        {"severity", severities[static_cast<int>(note.severity)]}, {"code", note.code}, {"message", note.message}};
    if (!note.hint.empty()) entry["hint"] = note.hint;
    if (!note.where.path.empty()) entry["path"] = note.where.path;
    json.push_back(std::move(entry));
  }
  return json;
}

Json placement_json(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  Json json = Json::object();
  for (std::size_t layer = 0; layer < plan.placement.size(); ++layer) {
    json[scenario.model->layers[layer].name] = scenario.name_of(plan.placement[layer]);
  }
  return json;
}

Json requirement_json(const scenarios::Scenario& scenario, const Summary& latency_s) {
  const auto& promise = scenario.requirement.latency;
  if (!promise) return nullptr;
  return {{"statistic", to_text(promise->statistic)},
          {"at_most_s", promise->at_most.value()},
          {"value_s", finite_or_null(latency_s.at(promise->statistic))},
          {"met", keeps_promise(scenario, latency_s)}};
}

Json memory_json(const scenarios::Scenario& scenario, const std::vector<deployment::MemoryUse>& memory) {
  Json json = Json::object();
  for (const deployment::MemoryUse& use : memory) {
    json[pool_name(scenario, use)] = {{"weights_bytes", use.weights.value()},
                                      {"activations_bytes", use.activations.value()},
                                      {"runtime_bytes", use.runtime.value()},
                                      {"total_bytes", use.total().value()},
                                      {"usable_bytes", finite_or_null(use.usable.value())}};
  }
  return json;
}

void add_origin(Json& result, const scenarios::Scenario& scenario) {
  result["scenario"] = scenario.name;
  result["scenario_hash"] = scenario.hash;
  result["version"] = version();
}

std::string dump(const Json& result) { return result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace tiercut::report
