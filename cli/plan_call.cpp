// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_call.hpp"

#include <filesystem>

#include "report/version.hpp"

namespace tiercut::cli {

namespace fs = std::filesystem;

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

Result<void> write_plan(PlanCall& call, const planner::PlanningResult& result) {
  if (!call.out) return {};
  const std::string& file = *call.arguments.out;
  if (result.status == deployment::PlanStatus::infeasible) {
    call.console.note("no plan keeps the promise, so '" + file + "' was not written");
    return {};
  }
  call.out->write(plan_yaml(call.scenario, result, scenario_reference(call.arguments.files.front(), file)));
  if (auto written = call.out->commit(); !written) return written;
  if (!call.arguments.overrides.empty())
    call.console.note("the plan is for the scenario as changed by --set; give the same --set to use it");
  return {};
}

Result<scenarios::DeviceRef> weight_store(const Arguments& arguments, const scenarios::Scenario& scenario) {
  if (!arguments.weights_at) return scenario.workload.answer_at;
  if (const auto device = scenario.find_ref(*arguments.weights_at)) return *device;
  std::vector<std::string> known;
  for (const auto& device : scenario.devices) known.push_back(device.name);
  const std::string guess = did_you_mean(*arguments.weights_at, known);
  return fail("unknown-device", "--weights-at: the scenario has no device `" + *arguments.weights_at + "`",
              guess.empty() ? "there are " + list_words(known) : "did you mean `" + guess + "`?");
}

}  // namespace tiercut::cli
