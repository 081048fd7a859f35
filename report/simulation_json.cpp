// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/energy.hpp"
#include "report/json_parts.hpp"
#include "report/simulation_report.hpp"

namespace tiercut::report {

namespace {

Json exits_json(const SimulatedRun& run) {
  const simulator::SimulationResult& result = run.result;
  const auto names = answer_names(run.graph);
  Json json = Json::object();
  for (std::size_t answer = 0; answer < result.answered_by.size(); ++answer) {
    const std::int64_t count = result.answered_by[answer];
    const double share = result.samples > 0 ? static_cast<double>(count) / static_cast<double>(result.samples) : 0;
    json[names.at(answer)] = {{"samples", count},
                              {"share", share},
                              {"latency_s", count > 0 ? json_of(result.latency_by_exit_s.at(answer)) : Json(nullptr)}};
  }
  return json;
}

/// Each arrival after warm-up ends in one way.
Json endings_json(const simulator::SimulationResult& result) {
  std::int64_t answered = 0;
  for (const std::int64_t count : result.answered_by) answered += count;
  Json json = {{"answered", answered}, {"dropped", 0}, {"failed", 0}};
  Json why = Json::array();
  for (const simulator::Unanswered& part : result.unanswered) {
    const std::string ending(to_text(part.ending));
    json[ending] = json[ending].get<std::int64_t>() + part.samples;
    why.push_back({{"ending", ending}, {"why", part.why}, {"samples", part.samples}});
  }
  json["by_fallback"] = result.fallbacks;
  json["without_answer"] = std::move(why);
  return json;
}

Json terms_json(const simulator::SimulationResult& result) {
  std::array<double, deployment::term_count> means{};
  for (std::size_t term = 0; term < means.size(); ++term) {
    if (result.samples > 0) {
      means[term] = result.total_terms[term].seconds().value() / static_cast<double>(result.samples);
    }
  }
  return json_of(means);
}

Json energy_json(const SimulatedRun& run) {
  const auto energy = energy_of(run.scenario, run.graph, run.result, run.arrivals());
  if (!energy) return nullptr;
  Json devices = Json::object(), links = Json::object();
  for (const Energy::Part& part : energy->parts) {
    if (part.is_link) {
      links[part.name] = {{"send", part.send.value()}, {"receive", part.receive.value()}};
    } else {
      devices[part.name] = {{"idle", part.idle.value()}, {"compute", part.compute.value()}};
    }
  }
  return {{"devices", std::move(devices)},
          {"links", std::move(links)},
          {"per_sample", energy->for_samples.value() / energy->arrivals}};
}

}  // namespace

std::string simulation_json(const SimulatedRun& run) {
  const simulator::SimulationResult& result = run.result;
  Json utilisation = Json::object(), units = Json::object(), links = Json::object();
  for (const simulator::ResourceReport& resource : result.resources) {
    utilisation[resource.name] = resource.utilisation;
    if (resource.is_link) {
      links[resource.name] = {{"messages", resource.served},
                              {"payload_bytes", resource.payload.value()},
                              {"control_bytes", resource.control.value()},
                              {"lost_attempts", resource.lost},
                              {"busy_s", resource.busy.value()}};
    } else {
      units[resource.name] = {{"stages", resource.served}, {"busy_s", resource.busy.value()}};
    }
    if (resource.dropped) (resource.is_link ? links : units)[resource.name]["dropped"] = *resource.dropped;
  }
  Json json = {{"samples", result.samples},
               {"warm_up", result.warm_up},
               {"seed", result.seed},
               {"latency_s", json_of(result.latency_s)},
               {"mean_standard_error_s", result.mean_standard_error_s},
               {"percentile_error", result.percentile_error},
               {"requirement", requirement_json(run.scenario, result.latency_s)},
               {"exits", exits_json(run)},
               {"endings", endings_json(result)},
               {"accuracy", result.right && result.samples > 0
                                ? Json(static_cast<double>(*result.right) / static_cast<double>(result.samples))
                                : Json(nullptr)},
               {"terms_mean", terms_json(result)},
               {"utilisation", std::move(utilisation)},
               {"units", std::move(units)},
               {"links", std::move(links)},
               {"energy_j", energy_json(run)},
               {"simulated_s", result.duration.value()},
               {"engine", result.engine},
               {"engine_version", result.engine_version},
               {"network_model", result.network_model},
               {"placement", placement_json(run.scenario, run.plan)},
               {"notes", json_of(run.graph.notes)}};
  for (std::size_t i = 0; run.intervals && i < run.intervals->size(); ++i) {
    const auto& [low, high] = (*run.intervals)[i];
    json["intervals_s"][std::string(to_text(all_statistics[i]))] = {finite_or_null(low), finite_or_null(high)};
  }
  if (run.replicated) {
    Json intervals = Json::object();
    for (std::size_t i = 0; i < all_statistics.size(); ++i) {
      if (const auto& interval = run.replicated->intervals[i])
        intervals[std::string(to_text(all_statistics[i]))] = {finite_or_null(interval->low),
                                                              finite_or_null(interval->high)};
    }
    json["replications"] = {{"count", run.replicated->count},
                            {"confidence", run.replicated->confidence},
                            {"intervals_s", std::move(intervals)}};
  }
  add_origin(json, run.scenario);
  return dump(json);
}

}  // namespace tiercut::report
