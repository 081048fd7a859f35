// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/answers.hpp"
#include "report/energy.hpp"
#include "report/human.hpp"
#include "report/notes.hpp"
#include "report/simulation_report.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

std::string head(const SimulatedRun& run) {
  const simulator::SimulationResult& result = run.result;
  std::string text = fmt::format("{}: {} samples simulated", run.scenario.name, format_count(result.samples));
  if (run.replicated) text += fmt::format(" in {} replications,", format_count(run.replicated->count));
  if (result.warm_up > 0) text += fmt::format(" after {} of warm-up", format_count(result.warm_up));
  text += fmt::format(" ({} {}, seed {})\n", result.engine, result.engine_version, result.seed);
  const auto& promise = run.scenario.requirement.latency;
  if (!promise) return text + "promise: none\n\n";
  return text + fmt::format("promise: {}: {}, {}\n\n", promise_text(run.scenario),
                            keeps_promise(run.scenario, result.latency_s) ? "kept" : "missed",
                            margin_text(run.scenario, result.latency_s.at(promise->statistic)));
}

std::string interval_table(const std::array<std::pair<double, double>, all_statistics.size()>& intervals) {
  std::vector<Column> columns = {{"90 % of runs"}};
  std::vector<std::string> low = {"from"}, high = {"to"};
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    columns.push_back({std::string(to_text(all_statistics[i])), Align::right});
    low.push_back(format_duration(Seconds(intervals[i].first)));
    high.push_back(format_duration(Seconds(intervals[i].second)));
  }
  Table table(std::move(columns));
  table.add(std::move(low));
  table.add(std::move(high));
  return table.to_text() + "\n";
}

std::string replication_table(const SimulatedRun::Replicated& replicated) {
  std::vector<Column> columns = {{fmt::format("{} interval", format_share(replicated.confidence))}};
  std::vector<std::string> low = {"from"}, high = {"to"};
  for (std::size_t i = 0; i < replicated.intervals.size(); ++i) {
    if (!replicated.intervals[i]) continue;
    columns.push_back({std::string(to_text(all_statistics[i])), Align::right});
    low.push_back(format_duration(Seconds(replicated.intervals[i]->low)));
    high.push_back(format_duration(Seconds(replicated.intervals[i]->high)));
  }
  Table table(std::move(columns));
  table.add(std::move(low));
  table.add(std::move(high));
  return table.to_text() + "\n";
}

std::string exit_table(const SimulatedRun& run) {
  const simulator::SimulationResult& result = run.result;
  Table table({{"answered by"},
               {"samples", Align::right},
               {"share", Align::right},
               {"mean", Align::right},
               {"p50", Align::right},
               {"p99", Align::right},
               {"max", Align::right}});
  const auto names = answer_names(run.graph);
  for (std::size_t answer = 0; answer < result.answered_by.size(); ++answer) {
    const std::int64_t count = result.answered_by[answer];
    const Summary& latency = result.latency_by_exit_s.at(answer);
    const double share = result.samples > 0 ? static_cast<double>(count) / static_cast<double>(result.samples) : 0;
    const auto cell = [&](double value) { return count > 0 ? format_duration(Seconds(value)) : std::string("-"); };
    table.add({names.at(answer), format_count(count), format_share(share), cell(latency.mean), cell(latency.p50),
               cell(latency.p99), cell(latency.max)});
  }
  std::string text = table.to_text();
  if (result.right && result.samples > 0)
    text += fmt::format("accuracy {} by the exit trace {}\n",
                        format_share(static_cast<double>(*result.right) / static_cast<double>(result.samples)),
                        run.graph.replay->trace);
  return text + "\n";
}

std::string ending_table(const simulator::SimulationResult& result) {
  Table table({{"without an answer"}, {"samples", Align::right}, {"share", Align::right}});
  for (const simulator::Unanswered& part : result.unanswered) {
    const double share = static_cast<double>(part.samples) / static_cast<double>(result.samples);
    table.add({std::string(to_text(part.ending)) + ": " + part.why, format_count(part.samples), format_share(share)});
  }
  std::string text = table.is_empty() ? std::string() : table.to_text() + "\n";
  if (result.fallbacks > 0)
    text +=
        fmt::format("  (of those answered by exits, {} are fallbacks: the exit was not sure, nothing better came)\n\n",
                    format_count(result.fallbacks));
  return text;
}

std::string term_table(const simulator::SimulationResult& result) {
  Table table({{"mean latency is"}, {"time", Align::right}});
  for (int term = 0; term < deployment::term_count && result.samples > 0; ++term) {
    const Span total = result.total_terms[static_cast<std::size_t>(term)];
    if (total.picoseconds() == 0) continue;
    table.add({std::string(to_text(static_cast<deployment::Term>(term))),
               format_duration(total.seconds() / static_cast<double>(result.samples))});
  }
  return table.is_empty() ? std::string() : table.to_text() + "\n";
}

std::string resource_tables(const simulator::SimulationResult& result) {
  Table units({{"unit"}, {"utilisation", Align::right}, {"stages run", Align::right}});
  Table links({{"link"},
               {"utilisation", Align::right},
               {"messages", Align::right},
               {"payload", Align::right},
               {"control", Align::right},
               {"lost", Align::right}});
  for (const simulator::ResourceReport& resource : result.resources) {
    if (resource.is_link) {
      links.add({resource.name, format_share(resource.utilisation), format_count(resource.served),
                 format_size(resource.payload), format_size(resource.control), format_count(resource.lost)});
    } else {
      units.add({resource.name, format_share(resource.utilisation), format_count(resource.served)});
    }
  }
  return (units.is_empty() ? std::string() : units.to_text() + "\n") +
         (links.is_empty() ? std::string() : links.to_text() + "\n");
}

std::string energy_table(const SimulatedRun& run) {
  const auto energy = energy_of(run.scenario, run.graph, run.result, run.arrivals());
  if (!energy) return {};
  Table table({{"energy"},
               {"idle", Align::right},
               {"computing", Align::right},
               {"sending", Align::right},
               {"receiving", Align::right}});
  for (const Energy::Part& part : energy->parts) {
    if (part.is_link) {
      table.add({part.name, "-", "-", format_energy(part.send), format_energy(part.receive)});
    } else {
      table.add({part.name, format_energy(part.idle), format_energy(part.compute), "-", "-"});
    }
  }
  return table.to_text() +
         fmt::format("  ({} a sample beyond idling)\n\n", format_energy(energy->for_samples / energy->arrivals));
}

}  // namespace

std::string simulation_text(const SimulatedRun& run) {
  std::string text = head(run) + statistics_table(run.result.latency_s);
  text += fmt::format("  (mean within {} at one standard error)\n",
                      format_duration(Seconds(run.result.mean_standard_error_s)));
  if (run.result.percentile_error > 0)
    text += fmt::format("  (percentiles from a stream, each within {:.2g} % of its exact value)\n",
                        100 * run.result.percentile_error);
  text += "\n";
  if (run.intervals) text += interval_table(*run.intervals);
  if (run.replicated) text += replication_table(*run.replicated);
  return text + exit_table(run) + ending_table(run.result) + term_table(run.result) + resource_tables(run.result) +
         energy_table(run) + fmt::format("network model: {}\n", run.result.network_model) + notes_text(run.graph.notes);
}

Diagnostics overload_warnings(const deployment::StageGraph& graph, const planner::Load& load) {
  Diagnostics warnings;
  for (std::size_t resource = 0; resource < graph.resources.size() && resource < load.busy.size(); ++resource) {
    const double utilisation = expected_utilisation(graph, load, static_cast<int>(resource));
    if (utilisation < 1) continue;
    const deployment::Resource& it = graph.resources[resource];
    const bool is_link = it.kind == deployment::Resource::Kind::link;
    Diagnostic warning;
    warning.severity = Severity::warning;
    warning.code = "overload";
    warning.message = fmt::format(
        "{} {} gets {} times the work it can do: {}", is_link ? "link" : "unit", it.name, format_number(utilisation),
        it.queue ? "its queue drops what is too much"
                 : "its queue grows without end, and the latency depends on how many samples are simulated");
    warning.hint = is_link ? "send less over it, or give it more bandwidth or samples further apart"
                           : "let samples arrive further apart, or move layers elsewhere";
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace tiercut::report
