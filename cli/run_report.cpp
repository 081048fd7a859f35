// SPDX-License-Identifier: Apache-2.0
#include "cli/run_report.hpp"

#include <fmt/format.h>

#include <map>

#include "report/answers.hpp"
#include "report/human.hpp"
#include "report/table.hpp"

namespace tiercut::cli {

namespace {

using report::Align;
using report::format_count;
using report::format_duration;

Seconds seconds(runtime::Nanoseconds time) { return Seconds(static_cast<double>(time) / 1e9); }

std::string head(const runtime::RunRequest& request, const runtime::RunSummary& summary) {
  const scenarios::Scenario& scenario = *request.scenario;
  std::string text = fmt::format("{}: {} samples run", scenario.name, format_count(summary.samples));
  if (request.plan.graph.warm_up > 0) text += fmt::format(" after {} of warm-up", request.plan.graph.warm_up);
  text += fmt::format(" (seed {})\n", request.seed);
  const auto& promise = scenario.requirement.latency;
  if (!promise) return text + "promise: none\n\n";
  return text + fmt::format("promise: {}: {}, {}\n\n", report::promise_text(scenario),
                            report::keeps_promise(scenario, summary.latency_s) ? "kept" : "missed",
                            report::margin_text(scenario, summary.latency_s.at(promise->statistic)));
}

std::string answer_table(const runtime::RunRequest& request, const runtime::RunSummary& summary) {
  report::Table table({{"answered by"},
                       {"samples", Align::right},
                       {"share", Align::right},
                       {"mean", Align::right},
                       {"p50", Align::right},
                       {"p99", Align::right},
                       {"max", Align::right}});
  const auto names = report::answer_names(request.plan.graph);
  for (std::size_t k = 0; k < summary.by_answer.size(); ++k) {
    const std::int64_t count = summary.by_answer[k];
    const Summary& latency = summary.latency_by_answer_s[k];
    const auto cell = [&](double value) { return count > 0 ? format_duration(Seconds(value)) : std::string("-"); };
    table.add({names.at(k), format_count(count),
               report::format_share(static_cast<double>(count) /
                                    static_cast<double>(std::max<std::int64_t>(1, summary.samples))),
               cell(latency.mean), cell(latency.p50), cell(latency.p99), cell(latency.max)});
  }
  std::string text = table.to_text();
  if (summary.accuracy) text += fmt::format("accuracy {}\n", report::format_share(*summary.accuracy));
  return text + "\n";
}

std::string term_table(const runtime::RunSummary& summary) {
  report::Table table({{"mean latency is"}, {"time", Align::right}});
  for (int term = 0; term < deployment::term_count; ++term) {
    const double time = summary.mean_terms_s[static_cast<std::size_t>(term)];
    if (time == 0) continue;
    table.add({std::string(to_text(static_cast<deployment::Term>(term))), format_duration(Seconds(time))});
  }
  return table.is_empty() ? std::string() : table.to_text() + "\n";
}

std::string agent_tables(const runtime::RunResult& result) {
  report::Table agents(
      {{"agent"}, {"units"}, {"memory", Align::right}, {"round trip", Align::right}, {"clock off by", Align::right}});
  for (const runtime::AgentReport& each : result.agents) {
    std::string units;
    for (const std::string& unit : each.units) units += (units.empty() ? "" : "; ") + unit;
    agents.add({each.device, units, report::format_size(Bytes(static_cast<double>(each.memory_used))),
                each.round_trip == runtime::never ? "-" : format_duration(seconds(each.round_trip)),
                format_duration(seconds(each.clock_offset))});
  }
  report::Table connections({{"connection"},
                             {"messages", Align::right},
                             {"payload", Align::right},
                             {"control", Align::right},
                             {"round trip", Align::right}});
  for (const runtime::ConnectionReport& each : result.connections) {
    connections.add({each.from + " -> " + each.to, format_count(each.messages),
                     report::format_size(Bytes(static_cast<double>(each.payload_bytes))),
                     report::format_size(Bytes(static_cast<double>(each.control_bytes))),
                     each.round_trip ? format_duration(seconds(*each.round_trip)) : "-"});
  }
  std::string text = agents.to_text() + "\n";
  if (!connections.is_empty()) text += connections.to_text() + "\n";
  return text;
}

std::string failures(const runtime::RunResult& result, const runtime::RunSummary& summary) {
  std::string text;
  if (summary.fallback > 0) {
    text += fmt::format("{} samples were answered on another plan, after an agent was lost\n", summary.fallback);
  }
  std::map<std::string, std::int64_t> reasons;
  for (const runtime::SampleRecord& record : result.records) {
    if (record.status == runtime::SampleStatus::failed) ++reasons[record.why];
  }
  for (const auto& [why, count] : reasons) text += fmt::format("{} samples failed: {}\n", count, why);
  for (const runtime::FaultReport& fault : result.faults) {
    text += fmt::format("after {}: {} {}\n", format_duration(seconds(fault.when)), fault.what, fault.device);
  }
  return text;
}

}  // namespace

std::string run_text(const runtime::RunRequest& request, const runtime::RunResult& result,
                     const runtime::RunSummary& summary) {
  std::string text = head(request, summary) + report::statistics_table(summary.latency_s) + "\n" +
                     answer_table(request, summary) + term_table(summary) + agent_tables(result) +
                     failures(result, summary);
  text += result.is_clock_shared
              ? "clocks: all agents read this machine's\n"
              : fmt::format("clocks: aligned to within {}\n", format_duration(seconds(result.clock_error)));
  return text + fmt::format("lateness of arrivals: p99 {}\n", format_duration(Seconds(summary.lateness_p99_s)));
}

}  // namespace tiercut::cli
