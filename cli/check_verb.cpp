// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/console.hpp"
#include "cli/formats.hpp"
#include "cli/subject.hpp"
#include "core/document.hpp"
#include "core/files.hpp"
#include "deployment/fallback_index.hpp"
#include "profiles/exit_trace.hpp"
#include "report/check_report.hpp"
#include "report/human.hpp"
#include "runtime/validation/calibration.hpp"
#include "scenarios/study.hpp"
#include "training/session/training_file.hpp"

namespace tiercut::cli {

namespace {

using report::CheckedFile;

std::string several(std::int64_t count, const std::string& what) {
  return report::format_count(count) + " " + what + (count == 1 ? "" : "s");
}

void check_model(const std::string& path, CheckedFile& checked) {
  const auto model = model::read_model(path);
  checked.is_readable = model.has_value();
  if (!model) {
    checked.findings = model.error();
    return;
  }
  checked.facts = several((*model)->layer_count(), "layer") + ", " + several((*model)->total_weights(), "weight") +
                  ", " + several(std::ssize((*model)->exits), "exit");
}

void check_profile(const std::string& path, CheckedFile& checked) {
  const auto profile = profiles::read_profile(path);
  checked.is_readable = profile.has_value();
  if (!profile) {
    checked.findings = profile.error();
    return;
  }
  std::int64_t laws = 0, entries = 0;
  for (const profiles::Unit& unit : (*profile)->units) {
    laws += std::ssize(unit.laws);
    entries += std::ssize(unit.table);
  }
  checked.facts = several(std::ssize((*profile)->units), "unit") + ", " + several(laws, "cost law") + ", " +
                  several(entries, "known cost");
}

void check_scenario(const std::string& path, const Arguments& arguments, CheckedFile& checked) {
  const auto scenario = scenarios::read_scenario(path, arguments.overrides);
  checked.is_readable = scenario.has_value();
  if (!scenario) {
    checked.findings = scenario.error();
    return;
  }
  checked.findings = (*scenario)->warnings;
  checked.facts = "model " + (*scenario)->model->name + ", " + several(std::ssize((*scenario)->devices), "device") +
                  ", " + several(std::ssize((*scenario)->links), "link");
}

void check_plan_file(const std::string& path, const Arguments& arguments, CheckedFile& checked) {
  auto planned = read_planned_scenario(path, arguments);
  checked.is_readable = planned.has_value();
  if (!planned) {
    checked.findings = planned.error();
    return;
  }
  checked.facts = std::string(to_text(planned->document.status)) + " for " + planned->scenario->name;
  auto result = deployment::check_plan(*planned->scenario, planned->document);
  checked.findings = planned->scenario->warnings;
  checked.plan = report::CheckedPlan{planned->scenario, std::move(planned->document), std::move(result)};
}

/// The index by itself; the plans it names are files of their own.
void check_fallbacks(const std::string& path, CheckedFile& checked) {
  const auto index = deployment::read_fallbacks(path);
  checked.is_readable = index.has_value();
  if (!index) {
    checked.findings = index.error();
    return;
  }
  const auto answered =
      std::ranges::count_if(index->failures, [](const auto& failure) { return failure.plan.has_value(); });
  checked.facts = several(std::ssize(index->failures), "single failure") + ", a plan for " +
                  report::format_count(answered) + " of them";
  for (const auto& failure : index->failures) {
    const auto beside = std::filesystem::path(path).parent_path();
    if (!failure.plan || std::filesystem::exists(beside / *failure.plan)) continue;
    checked.is_readable = false;
    checked.findings.push_back({Severity::error,
                                "file-not-found",
                                {path, 0, 0, "failures"},
                                "the plan '" + *failure.plan + "' is not beside the index",
                                "plan the fallbacks again"});
  }
}

void check_study(const std::string& path, const Arguments& arguments, CheckedFile& checked) {
  const auto study = scenarios::read_study(path, arguments.overrides);
  checked.is_readable = study.has_value();
  if (!study) {
    checked.findings = study.error();
    return;
  }
  checked.findings = study->base->warnings;
  checked.facts = "scenario " + study->base->name + ", " + several(study->points(), "point") + " along " +
                  several(std::ssize(study->dimensions), "dimension");
}

void check_training(const std::string& path, const Arguments& arguments, CheckedFile& checked) {
  const auto training = training::read_training(path, arguments.overrides);
  checked.is_readable = training.has_value();
  if (!training) {
    checked.findings = training.error();
    return;
  }
  checked.facts = "model " + (*training)->model->name + ", " + several((*training)->epochs(), "epoch") + ", " +
                  several(std::ssize((*training)->stages.back().loss), "loss term");
}

void check_calibration(const std::string& path, CheckedFile& checked) {
  const auto calibration = validation::read_calibration(path);
  checked.is_readable = calibration.has_value();
  if (!calibration) {
    checked.findings = calibration.error();
    return;
  }
  checked.facts = several(std::ssize(calibration->devices), "device") + ", " +
                  several(std::ssize(calibration->links), "link") + ", from " +
                  several(std::ssize(calibration->runs), "run");
}

void check_trace(const std::string& path, CheckedFile& checked) {
  const auto trace = profiles::read_exit_trace(path);
  checked.is_readable = trace.has_value();
  if (!trace) {
    checked.findings = trace.error();
    return;
  }
  const auto tests = std::ranges::count((*trace)->parts, profiles::TracePart::test);
  checked.facts = "model " + (*trace)->model + ", " + several(std::ssize((*trace)->labels), "sample") + " (" +
                  report::format_count(tests) + " of the test part), " +
                  several(std::ssize((*trace)->answers), "answer");
}

/// Behind its header a trace is no text, so it is known by how it begins.
bool is_trace(const std::string& path) {
  constexpr std::string_view start = "schema: tiercut/exits/";
  std::string begin(start.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) && begin == start;
}

// The file as named, or the shipped scenario, recipe or trace of that name.
std::string resolved(const std::string& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return file;
  for (const char* category : {"scenarios", "study", "training/recipes", "profiles/exits"}) {
    if (const auto shipped = resolve_reference(file, "", category, {})) return *shipped;
  }
  return file;
}

CheckedFile check_file(const std::string& file, const Arguments& arguments) {
  CheckedFile checked;
  checked.file = file;
  const std::string path = resolved(file);
  if (is_trace(path)) {
    checked.kind = "trace";
    check_trace(path, checked);
    return checked;
  }
  const auto document = read_document(path, Defects::keep);
  if (!document) {
    checked.findings = document.error();
    return checked;
  }
  const auto format = format_of(*document);
  if (!format) {
    checked.findings = format.error();
    return checked;
  }
  checked.kind = (*format)->name;
  if (checked.kind == "model")
    check_model(path, checked);
  else if (checked.kind == "profile")
    check_profile(path, checked);
  else if (checked.kind == "scenario")
    check_scenario(path, arguments, checked);
  else if (checked.kind == "calibration")
    check_calibration(path, checked);
  else if (checked.kind == "fallbacks")
    check_fallbacks(path, checked);
  else if (checked.kind == "study")
    check_study(path, arguments, checked);
  else if (checked.kind == "training")
    check_training(path, arguments, checked);
  else
    check_plan_file(path, arguments, checked);
  return checked;
}

}  // namespace

ExitStatus run_check(const Arguments& arguments, Console& console) {
  std::vector<CheckedFile> files;
  for (const std::string& file : arguments.files) {
    files.push_back(check_file(file, arguments));
    console.tell(files.back().findings);
    if (files.back().plan) console.tell(files.back().plan->report.findings);
  }
  ExitStatus status = ExitStatus::yes;
  for (const CheckedFile& file : files) {
    if (!file.is_readable)
      status = ExitStatus::bad_input;
    else if (!file.holds() && status == ExitStatus::yes)
      status = ExitStatus::no;
  }
  return console.finish(arguments.is_json ? report::check_json(files) : report::check_text(files), status);
}

}  // namespace tiercut::cli
