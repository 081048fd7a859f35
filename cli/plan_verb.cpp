// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/subject.hpp"
#include "core/files.hpp"
#include "planner/planner.hpp"
#include "report/pareto_report.hpp"
#include "report/plan_report.hpp"
#include "report/version.hpp"

namespace tiercut::cli {

namespace {

namespace fs = std::filesystem;

constexpr double longest_deadline_s = 86400;

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
  document.thresholds = result.claims;
  return deployment::to_yaml(document, scenario);
}

// When the search has to end; nothing is a search without end.
Result<std::optional<double>> deadline_of(const Arguments& arguments) {
  if (!arguments.deadline) return std::optional<double>();
  const std::string& text = *arguments.deadline;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (is_number && seconds > 0 && seconds <= longest_deadline_s) return std::optional(seconds);
  return fail("bad-usage", "--deadline takes a number of seconds, not '" + text + "'", "more than 0, at most 86400");
}

Result<planner::ParetoFront> front_of(const std::string& words, const scenarios::Scenario& scenario,
                                      const planner::PlanningOptions& options) {
  const auto objectives = planner::front_objectives(words);
  if (!objectives) return tl::unexpected(objectives.error());
  return planner::pareto_front(scenario, *objectives, options);
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
  const auto deadline = deadline_of(arguments);
  if (!deadline) return console.refuse(deadline.error());
  const Interruptible interruptible;
  const auto start = std::chrono::steady_clock::now();
  report::Progress progress = console.progress("plan");
  planner::PlanningOptions options;
  options.should_stop = [&] {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    const double end = deadline->value_or(0);
    if (end > 0) progress.update(static_cast<std::int64_t>(passed.count() * 1e3), static_cast<std::int64_t>(end * 1e3));
    return interruptible.is_interrupted() || (end > 0 && passed.count() >= end);
  };
  if (arguments.pareto) {
    const auto front = front_of(*arguments.pareto, **scenario, options);
    progress.finish();
    if (!front) return console.refuse(front.error());
    if (out) {
      out->write(report::pareto_csv(**scenario, *front));
      if (const auto written = out->commit(); !written) return console.refuse(written.error());
    }
    const ExitStatus has_points = front->points.empty() ? ExitStatus::no : ExitStatus::yes;
    return console.finish(
        arguments.is_json ? report::pareto_json(**scenario, *front) : report::pareto_text(**scenario, *front),
        interruptible.is_interrupted() ? ExitStatus::interrupted : has_points);
  }
  const auto result = planner::make_plan(**scenario, options);
  progress.finish();
  if (!result) {
    if (!interruptible.is_interrupted()) return console.refuse(result.error());
    console.note("interrupted before any plan was found");
    return ExitStatus::interrupted;
  }
  const bool is_kept = result->status != deployment::PlanStatus::infeasible;
  if (out && is_kept) {
    out->write(plan_yaml(**scenario, *result, scenario_reference(arguments.files.front(), *arguments.out)));
    if (const auto written = out->commit(); !written) return console.refuse(written.error());
    if (!arguments.overrides.empty())
      console.note("the plan is for the scenario as changed by --set; give the same --set to use it");
  } else if (out) {
    console.note("no plan keeps the promise, so '" + *arguments.out + "' was not written");
  }
  if (result->is_stopped)
    console.note(
        fmt::format("the search was ended early: the plan is at most {:.3g} % from the best one", 100 * result->gap));
  const ExitStatus kept = is_kept ? ExitStatus::yes : ExitStatus::no;
  return console.finish(
      arguments.is_json ? report::plan_json(**scenario, *result) : report::plan_text(**scenario, *result),
      interruptible.is_interrupted() ? ExitStatus::interrupted : kept);
}

}  // namespace tiercut::cli
