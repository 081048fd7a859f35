// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <optional>

#include "cli/console.hpp"
#include "cli/subject.hpp"
#include "core/files.hpp"
#include "planner/planner.hpp"
#include "report/plan_report.hpp"
#include "report/version.hpp"

namespace tiercut::cli {

namespace {

namespace fs = std::filesystem;

// As the plan must name it to be found again: relative to the plan's own folder, or the shipped name.
std::string scenario_reference(const std::string& scenario_argument, const std::string& plan_file) {
  std::error_code error;
  if (!fs::exists(scenario_argument, error)) return scenario_argument;
  const fs::path folder = fs::absolute(plan_file).parent_path();
  return fs::absolute(scenario_argument).lexically_normal().lexically_relative(folder.lexically_normal()).string();
}

std::string plan_yaml(const scenarios::Scenario& scenario, const planner::PlanningResult& result,
                      const std::string& scenario_file) {
  deployment::PlanDocument document;
  document.plan = result.plan;
  document.scenario_file = scenario_file;
  document.scenario_hash = scenario.hash;
  document.made_by = "tiercut " + std::string(report::version());
  document.status = result.status;
  document.method = result.method;
  document.objective_s = result.objective_s;
  document.lower_bound_s = result.lower_bound_s;
  document.gap = result.gap;
  document.latency_s = result.estimate.latency_s;
  return deployment::to_yaml(document, scenario);
}

}  // namespace

ExitStatus run_plan(const Arguments& arguments, Console& console) {
  const auto scenario = read_subject(arguments, console);
  if (!scenario) return console.refuse(scenario.error());
  // Opened first: a long search must not end at a file that cannot be written.
  std::optional<AtomicFile> out;
  if (arguments.out) {
    auto file = AtomicFile::create(*arguments.out);
    if (!file) return console.refuse(file.error());
    out = std::move(*file);
  }
  const auto result = planner::make_plan(**scenario);
  if (!result) return console.refuse(result.error());
  const bool is_kept = result->status != deployment::PlanStatus::infeasible;
  if (out && is_kept) {
    out->write(plan_yaml(**scenario, *result, scenario_reference(arguments.files.front(), *arguments.out)));
    if (const auto written = out->commit(); !written) return console.refuse(written.error());
    if (!arguments.overrides.empty())
      console.note("the plan is for the scenario as changed by --set; give the same --set to use it");
  } else if (out) {
    console.note("no plan keeps the promise, so '" + *arguments.out + "' was not written");
  }
  return console.finish(
      arguments.is_json ? report::plan_json(**scenario, *result) : report::plan_text(**scenario, *result),
      is_kept ? ExitStatus::yes : ExitStatus::no);
}

}  // namespace tiercut::cli
