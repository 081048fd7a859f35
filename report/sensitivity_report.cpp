// SPDX-License-Identifier: Apache-2.0
#include "report/sensitivity_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/split_text.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using planner::Flip;
using planner::Sensitivity;
using scenarios::Scenario;

bool is_kept(const Sensitivity& result) { return result.plan.status != deployment::PlanStatus::infeasible; }

std::string beyond_text(const Scenario& scenario, const Sensitivity& result, const Flip& flip) {
  std::string text = plan_words(scenario, flip.beyond);
  if (!scenario.requirement.latency) return text;
  if (flip.keeps_promise && !is_kept(result)) return text + " keeps the promise";
  if (!flip.keeps_promise && is_kept(result)) return "no plan keeps the promise; nearest: " + text;
  return text;
}

std::string list_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::string knob_text(const planner::Knob& knob, double value) {
  switch (planner::dimension_of(knob)) {
    case Dimension::bandwidth:
      return format_bandwidth(BytesPerSecond(value));
    case Dimension::time:
      return format_duration(Seconds(value));
    default:
      return format_number(value);
  }
}

std::string unit_of(const planner::Knob& knob) {
  switch (planner::dimension_of(knob)) {
    case Dimension::bandwidth:
      return "bytes_per_s";
    case Dimension::time:
      return "s";
    default:
      return "factor";
  }
}

std::string sensitivity_text(const Scenario& scenario, const Sensitivity& result) {
  std::string text = fmt::format("{}: what flips the plan\nrecommended: {}{}; {} mean\n", scenario.name,
                                 plan_words(scenario, result.plan.plan),
                                 is_kept(result) ? "" : " (no plan keeps the promise; this is the nearest)",
                                 format_duration(Seconds(result.plan.estimate.latency_s.mean)));
  if (scenario.requirement.latency) text += "promise: " + promise_text(scenario) + "\n";
  text += "\n";
  Table table(
      {{"value"}, {"now", Align::right}, {"holds to", Align::right}, {"mean then", Align::right}, {"beyond it"}, {""}});
  for (const Flip& flip : result.flips)
    table.add({flip.name, knob_text(flip.knob, flip.now), knob_text(flip.knob, flip.at),
               format_duration(Seconds(flip.beyond_s)), beyond_text(scenario, result, flip),
               flip.is_exact ? "" : "(nearest found)"});
  text += table.is_empty() ? std::string("no value by itself changes the plan\n") : table.to_text();
  if (!result.unmoved.empty())
    text += "\nno flip up to an hour, down to 1 kB/s, up to 10,000 times the cost: " + list_text(result.unmoved) + "\n";
  return text;
}

std::string sensitivity_json(const Scenario& scenario, const Sensitivity& result) {
  Json flips = Json::array();
  for (const Flip& flip : result.flips)
    flips.push_back({{"value", flip.name},
                     {"unit", unit_of(flip.knob)},
                     {"now", finite_or_null(flip.now)},
                     {"holds_to", finite_or_null(flip.at)},
                     {"distance", finite_or_null(flip.distance)},
                     {"exact", flip.is_exact},
                     {"keeps_promise", flip.keeps_promise},
                     {"mean_s", finite_or_null(flip.beyond_s)},
                     {"placement", placement_json(scenario, flip.beyond)}});
  Json json = {{"status", to_text(result.plan.status)},
               {"placement", placement_json(scenario, result.plan.plan)},
               {"latency_s", json_of(result.plan.estimate.latency_s)},
               {"complete", result.is_complete},
               {"flips", std::move(flips)},
               {"unmoved", result.unmoved}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
