// SPDX-License-Identifier: Apache-2.0
#include "report/pareto_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/split_text.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using planner::FrontObjective;
using planner::FrontPoint;
using scenarios::Scenario;
using Kind = FrontObjective::Kind;

std::string value_text(const FrontObjective& objective, double value) {
  switch (objective.kind) {
    case Kind::latency:
      return format_duration(Seconds(value));
    case Kind::bytes:
      return format_size(Bytes(value));
    case Kind::energy:
      return fmt::format("{:.4g} J", value);
    case Kind::accuracy:
    case Kind::load:
      break;
  }
  return format_share(value);
}

std::string key_of(const FrontObjective& objective) {
  switch (objective.kind) {
    case Kind::latency:
      return to_text(objective) + "_s";
    case Kind::bytes:
      return "payload_bytes";
    case Kind::energy:
      return "energy_j";
    case Kind::accuracy:
    case Kind::load:
      break;
  }
  return to_text(objective);
}

std::string exits_text(const Scenario& scenario, const FrontPoint& point) {
  std::string text;
  const auto thresholds = deployment::thresholds_of(scenario, point.plan);
  for (std::size_t k = 0; k < point.plan.uses_exit.size(); ++k) {
    if (!point.plan.uses_exit[k]) continue;
    text += (text.empty() ? "" : ", ") + scenario.model->exits[k].name;
    if (thresholds[k]) text += " at " + format_number(*thresholds[k]);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string pareto_text(const Scenario& scenario, const planner::ParetoFront& front) {
  std::string names;
  for (const auto& objective : front.objectives) names += (names.empty() ? "" : ", ") + to_text(objective);
  std::string text = fmt::format("{}: front of {}{}\n\n", scenario.name, names,
                                 front.part.empty() ? "" : " on the " + front.part + " part of the trace");
  std::vector<Column> columns;
  for (const auto& objective : front.objectives) columns.push_back({to_text(objective), Align::right});
  columns.push_back({"exits"});
  columns.push_back({"layers"});
  Table table(columns);
  for (const FrontPoint& point : front.points) {
    std::vector<std::string> row;
    for (std::size_t o = 0; o < front.objectives.size(); ++o)
      row.push_back(value_text(front.objectives[o], point.values[o]));
    row.push_back(exits_text(scenario, point));
    row.push_back(split_text(scenario, point.plan));
    table.add(row);
  }
  if (front.points.empty())
    text += "no plan keeps the requirement\n";
  else
    text += table.to_text();
  return text + fmt::format("\n{} point{}, {}\n", front.points.size(), front.points.size() == 1 ? "" : "s",
                            front.is_exact ? "exact: nothing beats any of them"
                                           : "not proven: the search ended before it had seen everything");
}

std::string pareto_csv(const Scenario& scenario, const planner::ParetoFront& front) {
  std::string text;
  for (const auto& objective : front.objectives) text += key_of(objective) + ",";
  text += "exits,layers\n";
  for (const FrontPoint& point : front.points) {
    for (const double value : point.values) text += fmt::format("{},", value);
    text += fmt::format("\"{}\",\"{}\"\n", exits_text(scenario, point), split_text(scenario, point.plan));
  }
  return text;
}

std::string pareto_json(const Scenario& scenario, const planner::ParetoFront& front) {
  Json points = Json::array();
  for (const FrontPoint& point : front.points) {
    Json entry = Json::object();
    for (std::size_t o = 0; o < front.objectives.size(); ++o)
      entry[key_of(front.objectives[o])] = finite_or_null(point.values[o]);
    const auto thresholds = deployment::thresholds_of(scenario, point.plan);
    Json exits = Json::object();
    for (std::size_t k = 0; k < point.plan.uses_exit.size(); ++k)
      exits[scenario.model->exits[k].name] = {{"used", bool(point.plan.uses_exit[k])},
                                              {"threshold", thresholds[k] ? Json(*thresholds[k]) : Json(nullptr)}};
    entry["exits"] = std::move(exits);
    entry["placement"] = placement_json(scenario, point.plan);
    points.push_back(std::move(entry));
  }
  Json names = Json::array();
  for (const auto& objective : front.objectives) names.push_back(to_text(objective));
  Json json = {{"objectives", std::move(names)},
               {"exact", front.is_exact},
               {"part", front.part.empty() ? Json(nullptr) : Json(front.part)},
               {"placements", front.placements},
               {"points", std::move(points)}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
