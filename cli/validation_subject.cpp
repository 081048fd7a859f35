// SPDX-License-Identifier: Apache-2.0
#include "cli/validation_subject.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/subject.hpp"

namespace tiercut::cli {

namespace {

std::string question_of(const scenarios::Scenario& scenario) {
  std::string text = scenario.model->name;
  for (const scenarios::Device& device : scenario.devices) {
    text += fmt::format("|{}*{}:{}", device.name, device.count, device.profile ? device.profile->source : "");
  }
  for (const scenarios::Link& link : scenario.links) {
    text += fmt::format("|{}:{},{},{},{},{}", link.name, link.latency.value(), link.bandwidth.value(),
                        link.overhead.value(), link.jitter.deviation.value(), link.loss.probability);
  }
  for (const auto& exit : scenario.exits) text += fmt::format("|{}", exit ? exit->probability : -1);
  const scenarios::Workload& workload = scenario.workload;
  return text + fmt::format("|{},{},{},{}", workload.arrivals.period.value(),
                            static_cast<int>(workload.arrivals.process), workload.source_members,
                            scenario.name_of(workload.answer_at));
}

std::string name_of(const scenarios::Scenario& scenario, const std::vector<std::string>& overrides) {
  std::string name = scenario.name;
  for (const std::string& override : overrides) name += " " + override;
  return name;
}

void warn(Diagnostics& warnings, const char* code, std::string message, std::string hint) {
  warnings.push_back({Severity::warning, code, {}, std::move(message), std::move(hint)});
}

void warn_of(const validation::RecordedRun& run, const scenarios::Scenario& scenario, bool is_told,
             Diagnostics& warnings) {
  if (run.is_foreign) return;
  if (!is_told && run.scenario_hash != scenario.hash) {
    warn(warnings, "stale-run", "'" + run.path + "' is of another state of scenario " + scenario.name,
         "the prediction is of what its files say now");
  }
  if (run.is_interrupted) warn(warnings, "interrupted-run", "'" + run.path + "' was interrupted", "");
  if (run.plans > 1) {
    warn(warnings, "reorganised-run",
         fmt::format("'{}' went through {} plans; the first is predicted", run.path, run.plans),
         "agents were lost or came back");
  }
}

struct Found {
  scenarios::ScenarioPointer scenario;
  deployment::Plan plan;
  std::string key, name;
};

Result<Found> find(const Arguments& arguments, validation::RecordedRun& run, Console& console) {
  if (run.is_foreign && !arguments.scenario) {
    return fail("bad-usage", "'" + run.path + "' does not say which scenario it is of", "name it with --scenario");
  }
  const std::string path = arguments.scenario.value_or(run.scenario_path);
  std::vector<std::string> overrides = arguments.scenario ? std::vector<std::string>() : run.overrides;
  overrides.insert(overrides.end(), arguments.overrides.begin(), arguments.overrides.end());
  auto scenario = scenarios::read_scenario(path, overrides);
  if (!scenario) return tl::unexpected(std::move(scenario.error()));
  Found found{*scenario, {}, (*scenario)->hash + run.plan_text, name_of(**scenario, overrides)};
  if (run.is_foreign || arguments.plan) {
    auto deployed = deploy(arguments, *scenario, console);
    if (!deployed) return tl::unexpected(std::move(deployed.error()));
    found.plan = std::move(deployed->plan);
    found.key = (*scenario)->hash;
    if (run.is_foreign) run.warm_up = (*scenario)->workload.warm_up;
    return found;
  }
  auto plan = validation::plan_of(run, **scenario);
  if (!plan) return tl::unexpected(std::move(plan.error()));
  found.plan = std::move(*plan);
  return found;
}

}  // namespace

Result<ValidationSubject> read_validation_subject(const Arguments& arguments, Console& console) {
  ValidationSubject subject;
  Diagnostics errors, warnings;
  const auto collect = [&](const Diagnostics& found) { errors.insert(errors.end(), found.begin(), found.end()); };
  for (const std::string& path : arguments.files) {
    auto run = validation::read_run(path);
    run ? subject.runs.push_back(std::move(*run)) : collect(run.error());
  }
  std::vector<std::string> keys;
  for (validation::RecordedRun& run : subject.runs) {
    if (run.warm_up >= static_cast<std::int64_t>(run.samples.size())) {
      collect(fail("bad-run", "'" + run.path + "' has no sample after its warm-up").value());
      continue;
    }
    const auto found = find(arguments, run, console);
    if (!found) {
      collect(found.error());
      continue;
    }
    warn_of(run, *found->scenario, arguments.scenario.has_value() || !arguments.overrides.empty(), warnings);
    const auto known = std::find(keys.begin(), keys.end(), found->key);
    if (known != keys.end()) {
      subject.groups[static_cast<std::size_t>(known - keys.begin())].runs.push_back(&run);
      continue;
    }
    keys.push_back(found->key);
    subject.groups.push_back({found->name, question_of(*found->scenario), found->scenario, found->plan, {&run}});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  for (std::size_t i = 0; i < subject.groups.size(); ++i) {
    for (std::size_t j = i + 1; j < subject.groups.size(); ++j) {
      if (subject.groups[j].name == subject.groups[i].name) subject.groups[j].name += fmt::format(" [{}]", j + 1);
    }
  }
  console.tell(warnings);
  return subject;
}

}  // namespace tiercut::cli
