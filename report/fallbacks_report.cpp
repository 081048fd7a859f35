// SPDX-License-Identifier: Apache-2.0
#include "report/fallbacks_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/split_text.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using planner::Failure;
using planner::Fallback;

bool keeps(const Fallback& fallback) {
  return fallback.result && fallback.result->status != deployment::PlanStatus::infeasible;
}

Statistic statistic_of(const scenarios::Scenario& scenario) {
  const auto& objective = scenario.objective;
  const bool is_latency = objective && objective->kind == scenarios::Objective::Kind::latency;
  return is_latency ? objective->statistic : Statistic::mean;
}

std::string change_text(double seconds) {
  if (seconds == 0) return "as now";
  return (seconds > 0 ? "+" : "") + format_duration(Seconds(seconds));
}

}  // namespace

std::string fallbacks_text(const scenarios::Scenario& scenario, const planner::PlanningResult& in_force,
                           const std::vector<Fallback>& fallbacks) {
  const Statistic statistic = statistic_of(scenario);
  std::string text = fmt::format(
      "{}: plans for single failures\nin force: {}; {} {}\n\n", scenario.name, plan_words(scenario, in_force.plan),
      format_duration(Seconds(in_force.estimate.latency_s.at(statistic))), to_text(statistic));
  Table table({{"without"},
               {std::string(to_text(statistic)), Align::right},
               {"change", Align::right},
               {"promise"},
               {"to ship", Align::right},
               {"at least", Align::right},
               {"plan"}});
  for (const Fallback& fallback : fallbacks) {
    if (!fallback.result) {
      table.add({fallback.failure.name, "-", "-", "-", "-", "-", "none: " + fallback.why_not});
      continue;
    }
    const auto& move = fallback.move;
    table.add({fallback.failure.name, format_duration(Seconds(fallback.result->estimate.latency_s.at(statistic))),
               change_text(fallback.change_s), keeps(fallback) ? "kept" : "missed", format_size(move.size),
               move.least_time ? format_duration(*move.least_time) : "no way",
               fallback.stays ? "as it is" : plan_words(scenario, fallback.result->plan)});
  }
  return text +
         (fallbacks.empty() ? std::string("nothing can fail that the scenario could do without\n") : table.to_text());
}

std::string fallbacks_json(const scenarios::Scenario& scenario, const planner::PlanningResult& in_force,
                           const std::vector<Fallback>& fallbacks, const std::vector<std::string>& files) {
  Json failures = Json::array();
  for (std::size_t i = 0; i < fallbacks.size(); ++i) {
    const Fallback& fallback = fallbacks[i];
    const auto& move = fallback.move;
    Json entry = {{"kind", fallback.failure.kind == Failure::Kind::device ? "device" : "link"},
                  {"name", fallback.failure.name},
                  {"file", i < files.size() && !files[i].empty() ? Json(files[i]) : Json(nullptr)},
                  {"why_not", fallback.why_not}};
    if (fallback.result) {
      entry["keeps_promise"] = keeps(fallback);
      entry["stays"] = fallback.stays;
      entry["latency_s"] = json_of(fallback.result->estimate.latency_s);
      entry["change_s"] = fallback.change_s;
      entry["ship_bytes"] = move.size.value();
      entry["ship_time_s"] = move.least_time ? Json(move.least_time->value()) : Json(nullptr);
      entry["freed"] = fallback.freed;
      entry["placement"] = placement_json(scenario, fallback.result->plan);
    }
    failures.push_back(std::move(entry));
  }
  Json json = {
      {"in_force",
       {{"placement", placement_json(scenario, in_force.plan)}, {"latency_s", json_of(in_force.estimate.latency_s)}}},
      {"failures", std::move(failures)}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
