// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cli/plan_call.hpp"
#include "deployment/fallback_index.hpp"
#include "planner/fallbacks.hpp"
#include "report/fallbacks_report.hpp"
#include "report/version.hpp"

namespace tiercut::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* in_force_file = "in-force.yaml";

tl::unexpected<Diagnostics> unwritable(const std::string& folder, const std::error_code& error) {
  return fail("output-unwritable", "cannot make the folder '" + folder + "': " + error.message(),
              "choose another with --fallbacks");
}

/// Files that appear in a folder together or not at all; what an earlier call put there gives way.
class FolderOutput {
 public:
  static Result<FolderOutput> create(const std::string& folder) {
    std::error_code error;
    const bool is_ours = fs::exists(fs::path(folder) / deployment::fallback_index_file, error);
    if (fs::exists(folder, error) && !is_ours && !(fs::is_directory(folder, error) && fs::is_empty(folder, error)))
      return fail("output-unwritable", "'" + folder + "' is there and holds something else",
                  "name a folder that is new, empty, or from an earlier --fallbacks");
    FolderOutput output(fs::absolute(folder).lexically_normal());
    fs::create_directory(output.scratch_, error);
    if (error) return unwritable(folder, error);
    output.is_open_ = true;
    return output;
  }
  FolderOutput(FolderOutput&& other) noexcept
      : folder_(std::move(other.folder_)), scratch_(std::move(other.scratch_)), is_open_(other.is_open_) {
    other.is_open_ = false;
  }
  FolderOutput& operator=(FolderOutput&&) = delete;
  ~FolderOutput() {
    std::error_code ignored;
    if (is_open_) fs::remove_all(scratch_, ignored);
  }

  Result<void> write(const std::string& name, const std::string& text) {
    return write_file((scratch_ / name).string(), text);
  }

  Result<void> commit() {
    std::error_code error;
    const fs::path old = scratch_.string() + ".old";
    const bool had_one = fs::exists(folder_, error);
    if (had_one) fs::rename(folder_, old, error);
    if (!error) fs::rename(scratch_, folder_, error);
    if (error) {
      const auto failed = unwritable(folder_.string(), error);
      if (had_one && fs::exists(old, error)) fs::rename(old, folder_, error);
      return failed;
    }
    is_open_ = false;
    if (had_one) fs::remove_all(old, error);
    return {};
  }

 private:
  explicit FolderOutput(fs::path folder) : folder_(std::move(folder)) {
    if (folder_.filename().empty()) folder_ = folder_.parent_path();
    scratch_ = folder_.string() + ".partial-" + std::to_string(::getpid());
  }

  fs::path folder_, scratch_;
  bool is_open_ = false;
};

Result<planner::PlanningResult> plan_in_force(const PlanCall& call) {
  if (!call.arguments.in_force) return planner::make_plan(call.scenario, call.options);
  const auto read = deployment::read_plan_in_force(*call.arguments.in_force, call.scenario);
  if (!read) return tl::unexpected(read.error());
  if (!read->is_whole())
    return fail("plan-unfit", "the plan in force uses " + list_words(read->lost_places()) + ", which is not there",
                "plan anew with --from first");
  return planner::evaluate_plan(call.scenario, read->plan, {.with_ways_out = false, .with_baselines = false});
}

/// As a file for the scenario with everything in working order, so that `run`, `simulate` and `check` take it as it is:
/// its figures are what it does there.
Result<std::string> plan_file_text(const PlanCall& call, const planner::Fallback& fallback,
                                   const std::string& scenario_file) {
  auto whole =
      planner::evaluate_plan(call.scenario, fallback.result->plan, {.with_ways_out = false, .with_baselines = false});
  if (!whole) return tl::unexpected(whole.error());
  const auto& objective = call.scenario.objective;
  const bool is_latency = objective && objective->kind == scenarios::Objective::Kind::latency;
  if (is_latency) whole->objective_s = whole->estimate.latency_s.at(objective->statistic);
  const bool has_bound = !is_latency || objective->statistic == Statistic::mean;
  whole->lower_bound_s = has_bound ? whole->lower_bound_s : 0;
  whole->gap = whole->objective_s > 0 ? (whole->objective_s - whole->lower_bound_s) / whole->objective_s : 0;
  whole->method = "fallback without " + fallback.failure.name + ": " + fallback.result->method;
  return plan_yaml(call.scenario, *whole, scenario_file);
}

/// A file name of its own for each failure.
std::string file_of(const planner::Failure& failure, const std::vector<std::string>& taken) {
  std::string name = failure.kind == planner::Failure::Kind::device ? "without-device-" : "without-link-";
  for (const char c : failure.name) name += c == '/' ? '-' : c;
  std::string file = name + ".yaml";
  for (int n = 2; std::find(taken.begin(), taken.end(), file) != taken.end(); ++n)
    file = name + "-" + std::to_string(n) + ".yaml";
  return file;
}

deployment::FallbackEntry entry_of(const planner::Fallback& fallback) {
  deployment::FallbackEntry entry;
  const bool is_device = fallback.failure.kind == planner::Failure::Kind::device;
  (is_device ? entry.device : entry.link) = fallback.failure.name;
  entry.why_not = fallback.why_not;
  if (!fallback.result) return entry;
  entry.keeps_promise = fallback.result->status != deployment::PlanStatus::infeasible;
  entry.stays = fallback.stays;
  entry.objective_s = fallback.result->objective_s;
  entry.ship = fallback.move.size;
  entry.ship_time = fallback.move.least_time;
  entry.freed = fallback.freed;
  return entry;
}

Result<std::vector<std::string>> write_all(const PlanCall& call, FolderOutput& output,
                                           const planner::PlanningResult& in_force,
                                           const std::vector<planner::Fallback>& fallbacks) {
  const std::string beside = (fs::path(*call.arguments.fallbacks) / in_force_file).string();
  const std::string scenario_file = scenario_reference(call.arguments.files.front(), beside);
  deployment::FallbackIndex index{scenario_file, call.scenario.hash,   "tiercut " + std::string(report::version()),
                                  in_force_file, in_force.objective_s, {}};
  if (auto written = output.write(in_force_file, plan_yaml(call.scenario, in_force, scenario_file)); !written)
    return tl::unexpected(written.error());
  std::vector<std::string> files;
  for (const planner::Fallback& fallback : fallbacks) {
    auto entry = entry_of(fallback);
    files.emplace_back();
    if (fallback.result) {
      entry.plan = files.back() = fallback.stays ? in_force_file : file_of(fallback.failure, files);
      const auto text = plan_file_text(call, fallback, scenario_file);
      if (!text) return tl::unexpected(text.error());
      if (!fallback.stays)
        if (auto written = output.write(files.back(), *text); !written) return tl::unexpected(written.error());
    }
    index.failures.push_back(std::move(entry));
  }
  if (auto written = output.write(deployment::fallback_index_file, to_yaml(index)); !written)
    return tl::unexpected(written.error());
  if (auto written = output.commit(); !written) return tl::unexpected(written.error());
  return files;
}

}  // namespace

ExitStatus plan_for_failures(PlanCall& call) {
  const auto store = weight_store(call.arguments, call.scenario);
  if (!store) return call.console.refuse(store.error());
  auto output = FolderOutput::create(*call.arguments.fallbacks);
  if (!output) return call.console.refuse(output.error());
  const auto in_force = plan_in_force(call);
  if (!in_force) return call.console.refuse(in_force.error());
  if (in_force->plan.placement.empty())
    return call.console.refuse(
        fail("no-plan", "no plan exists for '" + call.scenario.name + "'", "`tiercut plan` says what stands against it")
            .value());
  const auto fallbacks = planner::plan_fallbacks(call.scenario, in_force->plan, *store, call.options);
  call.progress.finish();
  if (!fallbacks) return call.console.refuse(fallbacks.error());
  if (fallbacks->size() < planner::single_failures(call.scenario).size()) {
    call.console.note("ended before every failure was planned for, so '" + *call.arguments.fallbacks +
                      "' was not written");
    return call.interruptible.is_interrupted() ? ExitStatus::interrupted : ExitStatus::no;
  }
  const auto files = write_all(call, *output, *in_force, *fallbacks);
  if (!files) return call.console.refuse(files.error());
  if (!call.arguments.overrides.empty())
    call.console.note("the plans are for the scenario as changed by --set; give the same --set to use them");
  const bool is_safe = std::all_of(fallbacks->begin(), fallbacks->end(), [](const planner::Fallback& fallback) {
    return fallback.result && fallback.result->status != deployment::PlanStatus::infeasible;
  });
  return call.console.finish(call.arguments.is_json
                                 ? report::fallbacks_json(call.scenario, *in_force, *fallbacks, *files)
                                 : report::fallbacks_text(call.scenario, *in_force, *fallbacks),
                             call.status(is_safe));
}

}  // namespace tiercut::cli
