// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/lab_agents.hpp"
#include "cli/run_input.hpp"
#include "cli/run_report.hpp"
#include "cli/subject.hpp"
#include "core/document.hpp"
#include "deployment/fallback_index.hpp"
#include "deployment/lowering.hpp"
#include "planner/fallbacks.hpp"
#include "report/answers.hpp"
#include "report/version.hpp"
#include "runtime/agent/device_list.hpp"
#include "runtime/agent/discovery.hpp"
#include "runtime/agent/local_agents.hpp"
#include "runtime/agent/run_files.hpp"
#include "runtime/agent/zmq_port.hpp"

namespace tiercut::cli {

namespace {

constexpr const char* coordinator_name = "coordinator";
constexpr std::int64_t usual_samples = 1000;
constexpr runtime::Nanoseconds discovery_time = 2 * runtime::nanoseconds_a_second;

bool is_plan(const std::string& path) {
  const auto document = read_document(path, Defects::keep);
  if (!document) return false;
  const Node* schema = document->root.find("schema");
  return schema != nullptr && schema->text == deployment::plan_format().id;
}

/// PLAN or SCENARIO, as SCENARIO with --plan.
Result<Arguments> as_scenario(Arguments arguments) {
  if (!is_plan(arguments.files.front())) return arguments;
  if (arguments.plan) {
    return fail("bad-usage", "two plans are given: " + arguments.files.front() + " and " + *arguments.plan,
                "name the scenario, or leave --plan out");
  }
  auto scenario = deployment::scenario_of_plan(arguments.files.front());
  if (!scenario) return tl::unexpected(std::move(scenario.error()));
  arguments.plan = arguments.files.front();
  arguments.files = {*scenario};
  return arguments;
}

Result<runtime::Nanoseconds> sample_timeout(const Arguments& arguments, runtime::Nanoseconds usual) {
  if (!arguments.timeout) return usual;
  const auto seconds = parse_quantity(*arguments.timeout, Dimension::time);
  if (seconds && *seconds > 0 && *seconds < 1e6) return static_cast<runtime::Nanoseconds>(*seconds * 1e9);
  return fail("bad-usage", "--timeout " + *arguments.timeout + " is no time to wait", "write it as 10s");
}

/// The best plan that leaves these devices alone: what is pinned to them is free to go elsewhere.
Result<runtime::RunPlan> plan_without(const scenarios::Scenario& scenario, const std::set<std::string>& lost) {
  scenarios::Scenario rest = scenario;
  for (std::size_t i = 0; i < rest.devices.size(); ++i) {
    const bool is_lost = std::any_of(lost.begin(), lost.end(), [&](const std::string& name) {
      const auto ref = scenario.find_ref(name);
      return ref && ref->device == static_cast<int>(i);
    });
    if (!is_lost) continue;
    rest.devices[i].profile = nullptr;
    std::erase_if(rest.pins, [&](const scenarios::Pin& pin) { return pin.device.device == static_cast<int>(i); });
  }
  rest.faults.clear();
  rest.prepare();
  auto made = planner::make_plan(rest, {.with_ways_out = false, .with_baselines = false});
  if (!made) return tl::unexpected(std::move(made.error()));
  if (made->plan.placement.empty()) return fail("no-plan", "no plan does without " + *lost.begin());
  return runtime::RunPlan{std::move(made->plan), std::move(made->graph)};
}

/// Plans that were made before anything failed; none without --fallbacks.
struct PreparedPlans {
  std::string folder;
  std::optional<deployment::FallbackIndex> index;

  static Result<PreparedPlans> read(const Arguments& arguments, const scenarios::Scenario& scenario) {
    if (!arguments.fallbacks) return PreparedPlans{};
    const std::string path = *arguments.fallbacks + "/" + deployment::fallback_index_file;
    auto index = deployment::read_fallbacks(path);
    if (!index) return tl::unexpected(std::move(index.error()));
    if (index->scenario_hash != scenario.hash) {
      return fail("stale-plan", "the fallbacks were made for another state of the scenario",
                  "make them again with `tiercut plan --fallbacks`", Location{path, 0, 0, "scenario.hash"});
    }
    return PreparedPlans{*arguments.fallbacks, std::move(*index)};
  }

  /// Nothing when none was prepared for this loss, or it cannot be used.
  std::optional<runtime::RunPlan> plan_for(const scenarios::Scenario& scenario,
                                           const std::set<std::string>& lost) const {
    if (!index || lost.size() != 1) return std::nullopt;
    const auto* entry = index->find_device(*lost.begin());
    if (entry == nullptr || !entry->plan) return std::nullopt;
    Diagnostics warnings;
    auto document = deployment::read_plan(folder + "/" + *entry->plan, scenario, warnings);
    if (!document) return std::nullopt;
    const planner::Failure failure{planner::Failure::Kind::device, entry->device};
    auto graph = deployment::lower(planner::without(scenario, failure), document->plan);
    if (!graph) return std::nullopt;
    return runtime::RunPlan{std::move(document->plan), std::move(*graph)};
  }
};

std::vector<std::string> own_command() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string words{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::string> command;
  for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) command.emplace_back(words.c_str() + at);
  return command;
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

runtime::RunContext context_of(const Arguments& arguments, const std::string& scenario_path) {
  runtime::RunContext context;
  context.command = own_command();
  context.scenario_path = scenario_path;
  context.plan_path = arguments.plan.value_or("");
  context.weights_path = weights_path(arguments);
  context.overrides = arguments.overrides;
  context.started = now_utc();
  return context;
}

/// Where the agents are, and the keys to talk to them.
struct Agents {
  std::optional<runtime::LocalAgents> local;
  std::optional<LabAgents> lab;
  std::vector<runtime::AgentAddress> addresses;
  runtime::KeyRing keys;
};

Result<Agents> find_agents(const Arguments& arguments, const runtime::RunRequest& request, Console& console) {
  Agents agents;
  const std::vector<std::string> devices = runtime::devices_in_use(*request.scenario, request.plan.graph);
  if (arguments.is_lab) {
    Diagnostics warnings;
    auto lab = LabAgents::start(*request.scenario, devices, arguments, warnings);
    if (!lab) return tl::unexpected(std::move(lab.error()));
    console.tell(warnings);
    agents.addresses = lab->agents().addresses;
    agents.keys = lab->agents().keys;
    agents.lab = std::move(*lab);
    return agents;
  }
  if (arguments.is_local) {
    auto local = runtime::LocalAgents::start(std::filesystem::read_symlink("/proc/self/exe").string(), devices);
    if (!local) return tl::unexpected(std::move(local.error()));
    agents.addresses = local->agents().addresses;
    agents.keys = local->agents().keys;
    agents.local = std::move(*local);
    return agents;
  }
  auto keys = runtime::read_keys(arguments.keys.value_or(runtime::default_keys_folder()), coordinator_name);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  agents.keys = std::move(*keys);
  auto listed = arguments.devices ? runtime::read_device_list(*arguments.devices, agents.keys)
                                  : runtime::discover(agents.keys, discovery_time);
  if (!listed) return tl::unexpected(std::move(listed.error()));
  agents.addresses = std::move(*listed);
  return agents;
}

ExitStatus tell_result(const Arguments& arguments, Console& console, const runtime::RunRequest& request,
                       const runtime::RunResult& result) {
  const runtime::RunSummary summary = runtime::summary_of(request, result);
  const bool is_kept = report::keeps_promise(*request.scenario, summary.latency_s) && summary.samples > 0;
  const auto status = result.is_interrupted ? ExitStatus::interrupted : is_kept ? ExitStatus::yes : ExitStatus::no;
  const std::string text = arguments.is_json     ? runtime::result_json(request, result) + "\n"
                           : summary.samples > 0 ? run_text(request, result, summary)
                                                 : std::string("no sample was run\n");
  return console.finish(text, status);
}

}  // namespace

ExitStatus run_run(const Arguments& given, Console& console) {
  const auto arguments = as_scenario(given);
  if (!arguments) return console.refuse(arguments.error());
  auto subject = read_deployment(*arguments, console);
  if (!subject) return console.refuse(subject.error());

  runtime::RunRequest request;
  request.scenario = subject->scenario;
  request.plan = {subject->plan, subject->graph};
  request.samples = arguments->samples.value_or(usual_samples);
  request.seed = static_cast<std::uint64_t>(arguments->seed.value_or(1));
  request.version = std::string(report::version());
  request.are_units_emulated = arguments->is_local || arguments->is_lab;
  const auto timeout = sample_timeout(*arguments, request.sample_timeout);
  if (!timeout) return console.refuse(timeout.error());
  request.sample_timeout = *timeout;
  if (request.plan.graph.warm_up >= request.samples) {
    return console.refuse(fail("bad-usage",
                               fmt::format("a warm-up of {} leaves none of {} samples to count",
                                           request.plan.graph.warm_up, request.samples),
                               "run more --samples")
                              .value());
  }
  const model::Model& model = *request.scenario->model;
  auto weights = run_weights(*arguments, model);
  if (!weights) return console.refuse(weights.error());
  request.weights = std::move(*weights);
  auto input = run_input(*arguments, model);
  if (!input) return console.refuse(input.error());
  request.input = std::move(*input);
  if (request.weights == nullptr) {
    console.note("weights are random: answers mean nothing, and exits are drawn as the simulator draws them");
  }
  if (arguments->out) {
    if (const auto room = runtime::prepare_run_folder(*arguments->out); !room) return console.refuse(room.error());
  }
  const auto prepared = PreparedPlans::read(*arguments, *request.scenario);
  if (!prepared) return console.refuse(prepared.error());
  runtime::RunContext context = context_of(*arguments, arguments->files.front());

  const Interruptible interruptible;
  auto agents = find_agents(*arguments, request, console);
  if (!agents) return console.refuse(agents.error());
  request.agents = agents->addresses;
  request.stop = interruptible.stop();
  request.note = [&](const std::string& text) { console.note(text); };
  report::Progress progress = console.progress("run");
  request.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  const runtime::RunPlan original = request.plan;
  request.replan = [&](const std::set<std::string>& lost) -> Result<runtime::RunPlan> {
    if (lost.empty()) return original;
    if (auto plan = prepared->plan_for(*request.scenario, lost)) {
      console.note("the plan prepared for the loss of '" + *lost.begin() + "' takes over");
      return std::move(*plan);
    }
    return plan_without(*request.scenario, lost);
  };
  Result<runtime::RunResult> result = [&] {
    runtime::ZmqPort port(agents->keys, [&](const std::string& text) { console.note(text); });
    return runtime::run_plan(request, port);
  }();
  progress.finish();
  if (agents->lab) context.lab_report = lab::report_json(agents->lab->report());
  agents->local.reset();
  agents->lab.reset();
  if (!result) {
    if (interruptible.is_interrupted()) {
      console.note("interrupted before the first sample");
      return ExitStatus::interrupted;
    }
    return console.refuse(result.error());
  }
  if (arguments->out) {
    const auto written = runtime::write_run(*arguments->out, request, *result, context);
    if (!written) return console.refuse(written.error());
    console.note("wrote " + *arguments->out + "/run.json and samples.csv");
  }
  return tell_result(*arguments, console, request, *result);
}

}  // namespace tiercut::cli
