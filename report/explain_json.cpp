// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/explain_report.hpp"
#include "report/json_parts.hpp"
#include "report/records.hpp"
#include "report/stage_time.hpp"

namespace tiercut::report {

namespace {

Json terms_json(const deployment::Terms& terms, bool with_zeros) {
  Json json = Json::object();
  for (int term = 0; term < deployment::term_count; ++term) {
    const Span time = terms[static_cast<std::size_t>(term)];
    if (with_zeros || time.picoseconds() != 0) {
      json[term_key(static_cast<deployment::Term>(term))] = time.seconds().value();
    }
  }
  return json;
}

Json outcome_json(const deployment::StageGraph& graph, const planner::Outcome& outcome) {
  Json exits = Json::object(), path = Json::array();
  for (std::size_t exit = 0; exit < outcome.exits.size(); ++exit) {
    constexpr const char* courses[] = {"not asked", "inconclusive", "conclusive"};
    exits[graph.exits.at(exit).name] = courses[outcome.exits[exit] + 1];
  }
  for (const deployment::StageId id : outcome.path) {
    const deployment::Stage& stage = graph.stage(id);
    path.push_back(
        {{"stage", stage.name}, {"kind", kind_of(stage)}, {"own_terms", terms_json(own_terms(graph, stage), false)}});
  }
  return {{"probability", outcome.probability},
          {"answered_by", answer_names(graph).at(static_cast<std::size_t>(outcome.answered_by))},
          {"exits", std::move(exits)},
          {"latency_s", outcome.latency.seconds().value()},
          {"terms", terms_json(outcome.terms, true)},
          {"path", std::move(path)}};
}

}  // namespace

std::string explanation_json(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                             const planner::Estimate& estimate) {
  Json outcomes = Json::array();
  for (const planner::Outcome& outcome : estimate.outcomes) outcomes.push_back(outcome_json(graph, outcome));
  Json json = {{"outcomes", std::move(outcomes)},
               {"latency_s", json_of(estimate.latency_s)},
               {"requirement", requirement_json(scenario, estimate.latency_s)},
               {"notes", json_of(graph.notes)}};
  add_origin(json, scenario);
  return dump(json);
}

namespace {

Json record_json(const deployment::StageGraph& graph, const simulator::Record& record) {
  return {{"sample", record.sample},
          {"member", record.member},
          {"arrival_s", record.arrival.since_start().value()},
          {"answered_by", answer_names(graph).at(static_cast<std::size_t>(record.answered_by))},
          {"latency_s", record.latency.seconds().value()},
          {"terms", terms_json(record.terms, true)}};
}

}  // namespace

std::string worst_json(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                       const SlowestSamples& slowest) {
  Json samples = Json::array();
  for (const simulator::Record& record : slowest.records) samples.push_back(record_json(graph, record));
  Json json = {{"simulated", slowest.simulated},
               {"unanswered", slowest.unanswered},
               {"seed", slowest.seed},
               {"slowest", std::move(samples)}};
  add_origin(json, scenario);
  return dump(json);
}

std::string sample_json(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                        const simulator::Record& record, std::uint64_t seed) {
  Json json = {{"sample", record.sample},
               {"member", record.member},
               {"seed", seed},
               {"arrival_s", record.arrival.since_start().value()},
               {"answered_by", answer_names(graph).at(static_cast<std::size_t>(record.answered_by))},
               {"latency_s", record.latency.seconds().value()},
               {"terms", terms_json(record.terms, true)}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
