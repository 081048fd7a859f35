// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "deployment/lowering.hpp"
#include "report/answers.hpp"
#include "report/json_parts.hpp"
#include "report/plan_report.hpp"
#include "report/threshold_report.hpp"

namespace tiercut::report {

namespace {

Json exits_json(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  Json json = Json::object();
  for (std::size_t exit = 0; exit < plan.uses_exit.size(); ++exit) {
    json[scenario.model->exits.at(exit).name] = {{"used", bool(plan.uses_exit[exit])},
                                                 {"escalation", to_text(plan.escalation.at(exit))}};
  }
  return json;
}

Json plan_thresholds_json(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  Json json = Json::object();
  for (std::size_t exit = 0; exit < plan.thresholds.size(); ++exit) {
    const auto& threshold = plan.thresholds[exit];
    json[scenario.model->exits.at(exit).name] = threshold ? Json(*threshold) : Json(nullptr);
  }
  return json;
}

Json predicted_json(const scenarios::Scenario& scenario, const planner::PlanningResult& result) {
  Json by_exit = Json::object();
  for (const AnswerShare& answer : answers_of(result.graph, result.estimate)) {
    by_exit[answer.name] = {{"share", answer.share},
                            {"latency_s", answer.share > 0 ? json_of(answer.latency_s) : Json(nullptr)}};
  }
  return {{"latency_s", json_of(result.estimate.latency_s)},
          {"by_exit", std::move(by_exit)},
          {"accuracy", result.estimate.accuracy ? Json(*result.estimate.accuracy) : Json(nullptr)},
          {"terms_mean", json_of(mean_terms(result.estimate))},
          {"requirement", requirement_json(scenario, result.estimate.latency_s)}};
}

Json baselines_json(const planner::PlanningResult& result) {
  Json json = Json::array();
  for (const planner::Baseline& baseline : result.baselines) {
    json.push_back({{"name", baseline.name},
                    {"latency_s", baseline.latency_s ? json_of(*baseline.latency_s) : Json(nullptr)},
                    {"meets_requirement", baseline.meets_requirement},
                    {"why_not", baseline.why_not}});
  }
  return json;
}

Json ways_out_json(const planner::PlanningResult& result) {
  Json json = Json::array();
  for (const planner::WayOut& way : result.ways_out) {
    json.push_back({{"what", way.what},
                    {"where", way.where},
                    {"now", finite_or_null(way.now)},
                    {"needed", finite_or_null(way.needed)},
                    {"text", way.text}});
  }
  return json;
}

}  // namespace

Json plan_object(const scenarios::Scenario& scenario, const planner::PlanningResult& result) {
  Json json = {{"status", to_text(result.status)},
               {"objective_s", finite_or_null(result.objective_s)},
               {"lower_bound_s", finite_or_null(result.lower_bound_s)},
               {"gap", finite_or_null(result.gap)},
               {"method", result.method},
               {"placement", placement_json(scenario, result.plan)},
               {"exits", exits_json(scenario, result.plan)},
               {"thresholds", plan_thresholds_json(scenario, result.plan)},
               {"predicted", predicted_json(scenario, result)},
               {"memory", memory_json(scenario, deployment::memory_use(scenario, result.plan))},
               {"baselines", baselines_json(result)},
               {"conflict", result.conflict},
               {"ways_out", ways_out_json(result)},
               {"notes", json_of(result.notes)}};
  if (result.claims) json["chosen"] = thresholds_json(*result.claims);
  return json;
}

std::string plan_json(const scenarios::Scenario& scenario, const planner::PlanningResult& result) {
  Json json = plan_object(scenario, result);
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
