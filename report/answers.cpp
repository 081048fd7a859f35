// SPDX-License-Identifier: Apache-2.0
#include "report/answers.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "report/human.hpp"
#include "report/table.hpp"

namespace tiercut::report {

std::vector<std::string> answer_names(const deployment::StageGraph& graph) {
  std::vector<std::string> names;
  for (const deployment::ExitPoint& exit : graph.exits) names.push_back(exit.name);
  const bool is_taken = std::find(names.begin(), names.end(), "final") != names.end();
  names.push_back(is_taken ? "final answer" : "final");
  return names;
}

std::vector<AnswerShare> answers_of(const deployment::StageGraph& graph, const planner::Estimate& estimate) {
  std::vector<AnswerShare> answers;
  for (const std::string& name : answer_names(graph)) answers.push_back({name, 0, {}});
  for (std::size_t answer = 0; answer < answers.size(); ++answer) {
    std::vector<WeightedValue> mixture;
    for (const planner::Outcome& outcome : estimate.outcomes) {
      if (outcome.answered_by != static_cast<int>(answer) || outcome.probability <= 0) continue;
      answers[answer].share += outcome.probability;
      mixture.push_back({outcome.latency.seconds().value(), outcome.probability});
    }
    for (WeightedValue& part : mixture) part.weight /= answers[answer].share;
    if (!mixture.empty()) answers[answer].latency_s = summarise(std::move(mixture));
  }
  return answers;
}

bool keeps_promise(const scenarios::Scenario& scenario, const Summary& latency_s) {
  const auto& promise = scenario.requirement.latency;
  return !promise || Span::from(Seconds(latency_s.at(promise->statistic))) <= Span::from(promise->at_most);
}

std::string promise_text(const scenarios::Scenario& scenario) {
  const auto& promise = scenario.requirement.latency;
  if (!promise) return "none";
  return std::string(to_text(promise->statistic)) + " latency at most " + format_duration(promise->at_most);
}

std::string margin_text(const scenarios::Scenario& scenario, double latency_s) {
  const auto& promise = scenario.requirement.latency;
  if (!promise) return {};
  if (!std::isfinite(latency_s)) return "never answered";
  const Span margin = Span::from(promise->at_most) - Span::from(Seconds(latency_s));
  if (margin.picoseconds() < 0) return format_duration(-margin.seconds()) + " over";
  return margin.picoseconds() == 0 ? "just kept" : format_duration(margin.seconds()) + " to spare";
}

std::array<double, deployment::term_count> mean_terms(const planner::Estimate& estimate) {
  std::array<double, deployment::term_count> means{};
  for (const planner::Outcome& outcome : estimate.outcomes) {
    for (std::size_t term = 0; term < means.size(); ++term) {
      means[term] += outcome.probability * outcome.terms[term].seconds().value();
    }
  }
  return means;
}

double expected_utilisation(const deployment::StageGraph& graph, const planner::Load& load, int resource) {
  const double busy_s = load.busy.at(static_cast<std::size_t>(resource)).value();
  const double samples_a_second = graph.members / graph.arrivals.period.value();
  const deployment::Resource& it = graph.resource(resource);
  return busy_s * samples_a_second / it.copies / it.workers;
}

std::string way_of(const scenarios::Scenario& scenario, const deployment::Message& message) {
  return scenario.name_of(message.from) + " -> " + scenario.name_of(message.to);
}

const deployment::Message* message_of(const deployment::Stage& stage) {
  if (const auto* transfer = std::get_if<deployment::Transfer>(&stage.work)) return &transfer->message;
  if (const auto* control = std::get_if<deployment::Control>(&stage.work)) return &control->message;
  return nullptr;
}

std::string pool_name(const scenarios::Scenario& scenario, const deployment::MemoryUse& use) {
  const scenarios::Device& device = scenario.device(use.device);
  const std::string name = scenario.name_of(use.device);
  if (device.profile == nullptr || device.profile->pools.size() < 2) return name;
  return name + "/" + device.profile->pools.at(static_cast<std::size_t>(use.pool)).name;
}

std::string statistics_table(const Summary& latency_s) {
  std::vector<Column> columns = {{"latency"}};
  std::vector<std::string> cells = {""};
  for (const Statistic statistic : all_statistics) {
    columns.push_back({std::string(to_text(statistic)), Align::right});
    cells.push_back(format_duration(Seconds(latency_s.at(statistic))));
  }
  Table table(std::move(columns));
  table.add(std::move(cells));
  return table.to_text();
}

}  // namespace tiercut::report
