// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

#include "cli/plan_call.hpp"
#include "cli/subject.hpp"
#include "report/pareto_report.hpp"
#include "report/plan_report.hpp"

namespace tiercut::cli {

namespace {

constexpr double longest_deadline_s = 86400;

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

// Options that mean nothing by themselves, or not together.
Result<void> check_options(const Arguments& arguments) {
  Diagnostics slips;
  const auto slip = [&](std::string message, std::string hint) {
    slips.push_back({Severity::error, "bad-usage", {}, std::move(message), std::move(hint)});
  };
  if (arguments.horizon && !arguments.in_force)
    slip("--horizon says how long a plan in force is replaced for, and none is given", "name it with --from PLAN");
  if (arguments.weights_at && !arguments.in_force && !arguments.fallbacks)
    slip("--weights-at says where weights are shipped from, and nothing is", "name a plan in force with --from PLAN");
  const int questions = (arguments.pareto ? 1 : 0) + (arguments.is_sensitivity ? 1 : 0) +
                        (arguments.ranges.empty() ? 0 : 1) + (arguments.in_force || arguments.fallbacks ? 1 : 0);
  if (questions > 1)
    slip("--pareto, --sensitivity, --regret, and --from or --fallbacks are different questions", "ask one at a time");
  if (arguments.is_sensitivity && arguments.out)
    slip("--sensitivity makes no plan of its own to write", "leave --out out; `tiercut plan` writes the plan");
  if (arguments.fallbacks && arguments.horizon)
    slip("a fallback takes over whatever it costs, so --horizon means nothing to it", "leave --horizon out");
  if (arguments.fallbacks && arguments.out)
    slip("--fallbacks writes a folder of plans, and --out one plan", "leave one of them out");
  if (!slips.empty()) return tl::unexpected(std::move(slips));
  return {};
}

ExitStatus plan_front(PlanCall& call) {
  const auto front = front_of(*call.arguments.pareto, call.scenario, call.options);
  call.progress.finish();
  if (!front) return call.console.refuse(front.error());
  if (call.out) {
    call.out->write(report::pareto_csv(call.scenario, *front));
    if (const auto written = call.out->commit(); !written) return call.console.refuse(written.error());
  }
  return call.console.finish(
      call.arguments.is_json ? report::pareto_json(call.scenario, *front) : report::pareto_text(call.scenario, *front),
      call.status(!front->points.empty()));
}

ExitStatus plan_once(PlanCall& call) {
  const auto result = planner::make_plan(call.scenario, call.options);
  call.progress.finish();
  if (!result) {
    if (!call.interruptible.is_interrupted()) return call.console.refuse(result.error());
    call.console.note("interrupted before any plan was found");
    return ExitStatus::interrupted;
  }
  if (const auto written = write_plan(call, *result); !written) return call.console.refuse(written.error());
  if (result->is_stopped)
    call.console.note(
        fmt::format("the search was ended early: the plan is at most {:.3g} % from the best one", 100 * result->gap));
  return call.console.finish(
      call.arguments.is_json ? report::plan_json(call.scenario, *result) : report::plan_text(call.scenario, *result),
      call.status(result->status != deployment::PlanStatus::infeasible));
}

}  // namespace

ExitStatus run_plan(const Arguments& arguments, Console& console) {
  if (const auto sound = check_options(arguments); !sound) return console.refuse(sound.error());
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
  PlanCall call{arguments, **scenario, console, options, progress, interruptible, out};
  if (arguments.pareto) return plan_front(call);
  if (arguments.is_sensitivity) return tell_sensitivity(call);
  if (!arguments.ranges.empty()) return plan_for_ranges(call);
  if (arguments.fallbacks) return plan_for_failures(call);
  if (arguments.in_force) return replan_from(call);
  return plan_once(call);
}

}  // namespace tiercut::cli
