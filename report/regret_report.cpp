// SPDX-License-Identifier: Apache-2.0
#include "report/regret_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/plan_report.hpp"
#include "report/sensitivity_report.hpp"
#include "report/split_text.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using planner::Corner;
using planner::Regret;
using scenarios::Scenario;

constexpr std::size_t most_rows = 16;

std::string duration(double seconds) { return format_duration(Seconds(seconds)); }

std::string corner_table(const Scenario& scenario, const Regret& result) {
  std::vector<Column> columns;
  for (const auto& range : result.ranges) columns.push_back({name_of(scenario, range.knob), Align::right});
  if (result.plan) columns.push_back({"this plan", Align::right});
  columns.push_back({"best", Align::right});
  columns.push_back({"best plan"});
  Table table(columns);
  for (const Corner& corner : result.corners) {
    std::vector<std::string> row;
    for (std::size_t r = 0; r < result.ranges.size(); ++r)
      row.push_back(knob_text(result.ranges[r].knob, corner.values[r]));
    if (result.plan) row.push_back(duration(corner.plan_s));
    row.push_back(corner.best ? duration(corner.best_s) : "-");
    row.push_back(corner.best ? plan_words(scenario, *corner.best) : "none keeps the promise");
    table.add(row);
  }
  return table.to_text();
}

std::string where_text(const Scenario& scenario, const Regret& result) {
  std::string text;
  for (std::size_t r = 0; r < result.ranges.size(); ++r)
    text += (r == 0 ? "" : ", ") + name_of(scenario, result.ranges[r].knob) + " " +
            knob_text(result.ranges[r].knob, result.corners[result.worst].values[r]);
  return text;
}

std::string proof_text(const Regret& result) {
  const bool is_least = result.regret_s - result.lower_bound_s <= 1e-9 * result.regret_s;
  std::string text = is_least ? "no plan has less at its worst corner"
                              : "no plan is proven to have less than " + duration(result.lower_bound_s);
  if (result.unproven_s > 0) text += ", the best plans at the corners being known to " + duration(result.unproven_s);
  if (result.do_corners_suffice) return text + ", and no point between the corners is worse\n";
  if (std::isinf(result.inside_s)) return text + "; between the corners routes change, and it is not bounded\n";
  return text + "; between the corners it is at most " + duration(result.inside_s) +
         (result.is_inside_proven ? "\n" : ", unless contention makes something faster as a cost grows\n");
}

}  // namespace

std::string regret_text(const Scenario& scenario, const Regret& result) {
  std::string text = scenario.name + ": plan of least regret\n\n";
  if (result.corners.size() <= most_rows) text += corner_table(scenario, result) + "\n";
  if (!result.plan) return text + "no plan keeps the promise over all of these ranges\n";
  text += fmt::format("regret: at most {} a sample, at {}\n", duration(result.regret_s), where_text(scenario, result));
  text += proof_text(result);
  const std::string usual = plan_words(scenario, result.usual.plan);
  text += result.usual.plan.placement == result.plan->plan.placement
              ? "it is also the best plan as the scenario stands\n"
          : std::isinf(result.usual_regret_s)
              ? "the best plan as the scenario stands (" + usual + ") misses the promise at a corner\n"
              : "the best plan as the scenario stands (" + usual + ") has a regret of up to " +
                    duration(result.usual_regret_s) + "\n";
  return text + "\n" + plan_text(scenario, *result.plan);
}

std::string regret_json(const Scenario& scenario, const Regret& result) {
  Json ranges = Json::array();
  for (const auto& range : result.ranges)
    ranges.push_back({{"value", name_of(scenario, range.knob)},
                      {"unit", unit_of(range.knob)},
                      {"low", finite_or_null(range.low)},
                      {"high", finite_or_null(range.high)}});
  Json corners = Json::array();
  for (const Corner& corner : result.corners) {
    Json values = Json::array();
    for (const double value : corner.values) values.push_back(finite_or_null(value));
    corners.push_back({{"values", std::move(values)},
                       {"best_s", corner.best ? Json(corner.best_s) : Json(nullptr)},
                       {"plan_s", result.plan ? finite_or_null(corner.plan_s) : Json(nullptr)},
                       {"placement", corner.best ? placement_json(scenario, *corner.best) : Json(nullptr)}});
  }
  Json json = {{"ranges", std::move(ranges)},
               {"corners", std::move(corners)},
               {"regret_s", result.plan ? Json(result.regret_s) : Json(nullptr)},
               {"worst_corner", result.plan ? Json(result.worst) : Json(nullptr)},
               {"lower_bound_s", result.plan ? Json(result.lower_bound_s) : Json(nullptr)},
               {"unproven_s", result.unproven_s},
               {"inside_s", result.plan ? finite_or_null(result.inside_s) : Json(nullptr)},
               {"corners_suffice", result.do_corners_suffice},
               {"inside_proven", result.is_inside_proven},
               {"usual",
                {{"placement", placement_json(scenario, result.usual.plan)},
                 {"regret_s", finite_or_null(result.usual_regret_s)}}},
               {"plan", result.plan ? plan_object(scenario, *result.plan) : Json(nullptr)}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
