// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "report/answers.hpp"
#include "report/explain_report.hpp"
#include "report/human.hpp"
#include "report/notes.hpp"
#include "report/stage_time.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

std::string course(const deployment::StageGraph& graph, const planner::Outcome& outcome) {
  std::string text;
  for (std::size_t exit = 0; exit < outcome.exits.size(); ++exit) {
    if (outcome.exits[exit] < 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", graph.exits.at(exit).name,
                        outcome.exits[exit] == 1 ? "conclusive" : "inconclusive");
  }
  return text.empty() ? "no exit asked" : text;
}

std::string terms_table(const deployment::Terms& terms, Span latency) {
  Table table({{"term"}, {"time", Align::right}});
  for (int term = 0; term < deployment::term_count; ++term) {
    const Span time = terms[static_cast<std::size_t>(term)];
    if (time.picoseconds() != 0) {
      table.add({std::string(to_text(static_cast<deployment::Term>(term))), format_duration(time.seconds())});
    }
  }
  table.add({"latency", format_duration(latency.seconds())});
  return table.to_text();
}

std::string path_table(const deployment::StageGraph& graph, const planner::Outcome& outcome) {
  Table table({{"spent at"}, {"kind"}, {"time", Align::right}, {"as"}});
  Span spent;
  for (const deployment::StageId id : outcome.path) {
    const deployment::Stage& stage = graph.stage(id);
    const deployment::Terms own = own_terms(graph, stage);
    const Span time = sum(own);
    spent += time;
    table.add({stage.name, std::string(kind_of(stage)), time.picoseconds() == 0 ? "-" : format_duration(time.seconds()),
               terms_text(own)});
  }
  const Span rest = outcome.latency - spent;
  if (rest.picoseconds() != 0) table.add({"waiting, windows", "", format_duration(rest.seconds())});
  return table.to_text();
}

}  // namespace

std::string explanation_text(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                             const planner::Estimate& estimate) {
  std::string text =
      fmt::format("{}: one sample in an idle system, by outcome\npromise: {}\n", scenario.name, promise_text(scenario));
  const auto names = answer_names(graph);
  for (const planner::Outcome& outcome : estimate.outcomes) {
    const double latency_s = outcome.latency.seconds().value();
    const std::string margin = margin_text(scenario, latency_s);
    text += fmt::format("\n{} ({}), answered by {}: {}{}{}\n\n", course(graph, outcome),
                        format_share(outcome.probability), names.at(static_cast<std::size_t>(outcome.answered_by)),
                        format_duration(outcome.latency.seconds()), margin.empty() ? "" : ", ", margin);
    text += terms_table(outcome.terms, outcome.latency) + "\n" + path_table(graph, outcome);
  }
  return text + "\n" + statistics_table(estimate.latency_s) + notes_text(graph.notes);
}

std::string sample_text(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                        const simulator::Record& record, std::uint64_t seed) {
  const std::string margin = margin_text(scenario, record.latency.seconds().value());
  return fmt::format("{}: sample {} of seed {}, from member {}, arrived at {}\nanswered by {}: {}{}{}\n\n{}",
                     scenario.name, record.sample, seed, record.member, format_duration(record.arrival.since_start()),
                     answer_names(graph).at(static_cast<std::size_t>(record.answered_by)),
                     format_duration(record.latency.seconds()), margin.empty() ? "" : ", ", margin,
                     terms_table(record.terms, record.latency));
}

std::string worst_text(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                       const SlowestSamples& slowest) {
  std::string text = fmt::format("{}: the {} slowest of {} samples of seed {}\n", scenario.name, slowest.records.size(),
                                 format_count(slowest.simulated), slowest.seed);
  if (slowest.unanswered > 0)
    text += fmt::format("besides, {} were never answered\n", format_count(slowest.unanswered));
  std::vector<std::size_t> shown;
  std::vector<Column> columns = {
      {"sample", Align::right}, {"arrived", Align::right}, {"answered by"}, {"latency", Align::right}};
  for (std::size_t term = 0; term < deployment::term_count; ++term) {
    const auto has_it = [term](const simulator::Record& record) { return record.terms[term].picoseconds() != 0; };
    if (std::none_of(slowest.records.begin(), slowest.records.end(), has_it)) continue;
    shown.push_back(term);
    columns.push_back({std::string(to_text(static_cast<deployment::Term>(term))), Align::right});
  }
  Table table(columns);
  const auto names = answer_names(graph);
  for (const simulator::Record& record : slowest.records) {
    std::vector<std::string> row = {format_count(record.sample), format_duration(record.arrival.since_start()),
                                    names.at(static_cast<std::size_t>(record.answered_by)),
                                    format_duration(record.latency.seconds())};
    for (const std::size_t term : shown) row.push_back(format_duration(record.terms[term].seconds()));
    table.add(row);
  }
  return text + "\n" + table.to_text();
}

}  // namespace tiercut::report
