// SPDX-License-Identifier: Apache-2.0
#include "report/check_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/table.hpp"
#include "report/version.hpp"

namespace tiercut::report {

namespace {

std::string plan_lines(const CheckedPlan& plan) {
  const deployment::CheckReport& report = plan.report;
  Table table({{"checked"}, {"claimed", Align::right}, {"recomputed", Align::right}});
  const auto& objective = plan.scenario->objective;
  table.add({std::string(to_text(objective ? objective->statistic : Statistic::mean)) + " latency",
             format_duration(Seconds(plan.document.objective_s)), format_duration(Seconds(report.objective_s))});
  for (const Statistic statistic : all_statistics) {
    if (!plan.document.latency_s || statistic == Statistic::mean) continue;
    table.add({std::string(to_text(statistic)), format_duration(Seconds(plan.document.latency_s->at(statistic))),
               format_duration(Seconds(report.latency_s.at(statistic)))});
  }
  const bool is_by_search = report.cheap_bound_s < plan.document.lower_bound_s * (1 - 1e-9);
  table.add({"lower bound", format_duration(Seconds(plan.document.lower_bound_s)),
             "at least " + format_duration(Seconds(report.cheap_bound_s)) + (is_by_search ? ", more by search" : "")});
  if (const auto& claims = plan.document.thresholds) {
    const auto lost = [](const std::optional<deployment::PartFigures>& part) {
      return part ? fmt::format("{} of {}", part->lost, part->samples) : std::string("-");
    };
    table.add({"lost when chosen", lost(claims->measured), lost(report.measured)});
    table.add({"lost held out", lost(claims->held_out), lost(report.held_out)});
  }
  for (const deployment::MemoryUse& use : report.memory) {
    table.add(
        {"memory of " + pool_name(*plan.scenario, use), "usable " + format_size(use.usable), format_size(use.total())});
  }
  table.add(
      {"promise", promise_text(*plan.scenario), keeps_promise(*plan.scenario, report.latency_s) ? "kept" : "missed"});
  return table.to_text();
}

}  // namespace

std::string check_text(const std::vector<CheckedFile>& files) {
  std::string text;
  for (const CheckedFile& file : files) {
    text += fmt::format("{}: {}{}", file.file, file.kind.empty() ? "file" : file.kind,
                        file.facts.empty() ? "" : ", " + file.facts);
    if (!file.is_readable) {
      text += ": cannot be used\n";
    } else if (!file.plan) {
      text += ": sound\n";
    } else {
      text += fmt::format(": {}\n{}", file.holds() ? "holds" : "does not hold", plan_lines(*file.plan));
    }
  }
  return text;
}

std::string check_json(const std::vector<CheckedFile>& files) {
  Json list = Json::array();
  for (const CheckedFile& file : files) {
    Diagnostics findings = file.findings;
    if (file.plan) {
      findings.insert(findings.end(), file.plan->report.findings.begin(), file.plan->report.findings.end());
    }
    Json entry = {{"file", file.file},     {"kind", file.kind},   {"readable", file.is_readable},
                  {"holds", file.holds()}, {"facts", file.facts}, {"findings", json_of(findings)}};
    if (file.plan) {
      const deployment::CheckReport& report = file.plan->report;
      entry["recomputed"] = {{"objective_s", finite_or_null(report.objective_s)},
                             {"cheap_bound_s", finite_or_null(report.cheap_bound_s)},
                             {"latency_s", json_of(report.latency_s)},
                             {"memory", memory_json(*file.plan->scenario, report.memory)},
                             {"requirement", requirement_json(*file.plan->scenario, report.latency_s)}};
      entry["scenario_hash"] = file.plan->scenario->hash;
    }
    list.push_back(std::move(entry));
  }
  return dump({{"files", std::move(list)}, {"version", version()}});
}

}  // namespace tiercut::report
