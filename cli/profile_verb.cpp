// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/console.hpp"
#include "cli/estimate_option.hpp"
#include "cli/interrupt.hpp"
#include "cli/measuring_arguments.hpp"
#include "cli/profile_check_option.hpp"
#include "cli/subject.hpp"
#include "core/files.hpp"
#include "core/schema.hpp"
#include "kernels/measure/profiler.hpp"
#include "report/version.hpp"

namespace tiercut::cli {

namespace {

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

/// The call as somebody else would repeat it.
std::string command_of(const Arguments& arguments, const std::string& out) {
  std::string text = "tiercut profile";
  if (arguments.is_quick) text += " --quick";
  if (arguments.is_cold) text += " --cold";
  if (arguments.model) text += " --model " + *arguments.model;
  if (arguments.threads) text += fmt::format(" --threads {}", *arguments.threads);
  if (arguments.backend) text += " --backend " + *arguments.backend;
  if (arguments.budget) text += " --budget " + *arguments.budget;
  return text + " --out " + std::filesystem::path(out).filename().string();
}

Result<kernels::ProfilerOptions> options_from(const Arguments& arguments, const std::string& out) {
  kernels::ProfilerOptions options;
  options.is_quick = arguments.is_quick;
  options.threads = static_cast<int>(arguments.threads.value_or(1));
  options.backend = arguments.backend.value_or("");
  options.cache = arguments.is_cold ? kernels::CacheState::cold : kernels::CacheState::warm;
  options.name = std::filesystem::path(out).stem().string();
  options.tool = "tiercut " + std::string(report::version());
  options.command = command_of(arguments, out);
  options.date = today();
  options.partial_file = out + ".partial";
  options.must_resume = arguments.is_resumed;
  Diagnostics slips;
  const auto keep_errors = [&](Diagnostics found) { slips.insert(slips.end(), found.begin(), found.end()); };
  if (const auto fine = check_backend(arguments); !fine) keep_errors(fine.error());
  if (const auto budget = budget_of(arguments))
    options.budget = *budget;
  else
    keep_errors(budget.error());
  if (auto model = model_of(arguments))
    options.model = std::move(*model);
  else
    keep_errors(model.error());
  if (auto fine = kernels::check(options, kernels::read_machine_facts()); !fine) keep_errors(fine.error());
  if (!slips.empty()) return tl::unexpected(std::move(slips));
  return options;
}

std::string summary_text(const kernels::MeasuredDevice& device, const std::string& out) {
  std::string text = fmt::format("wrote {}: {} on {}\n\n", out, device.facts.processor, device.backend);
  text += "law                   shapes   median error   99 %   within 10 %\n";
  for (const kernels::FittedLaw& law : device.laws) {
    const kernels::FitQuality& quality = law.cross_validated;
    text += fmt::format("{:<20} {:>7} {:>12.1f} % {:>4.0f} % {:>11.0f} %\n", law.law.name, quality.observations,
                        100 * quality.median_error, 100 * quality.p99_error, 100 * quality.share_within_10);
  }
  text += fmt::format(
      "\nLayers in series, which push each other out of the caches, take {:.3f} times the sum of\n"
      "their own times ({}).\n{}\n",
      device.series_correction, device.series_how, device.summary);
  return text;
}

std::string summary_json(const kernels::MeasuredDevice& device, const std::string& out) {
  nlohmann::ordered_json laws = nlohmann::ordered_json::array();
  for (const kernels::FittedLaw& law : device.laws) {
    const kernels::FitQuality& quality = law.cross_validated;
    laws.push_back({{"name", law.law.name},
                    {"shapes", quality.observations},
                    {"median_error", quality.median_error},
                    {"p99_error", quality.p99_error},
                    {"share_within_10_percent", quality.share_within_10}});
  }
  const nlohmann::ordered_json json = {{"file", out},
                                       {"name", device.name},
                                       {"processor", device.facts.processor},
                                       {"backend", device.backend},
                                       {"threads", device.threads},
                                       {"laws", std::move(laws)},
                                       {"table_entries", device.table.size()},
                                       {"series_correction", device.series_correction},
                                       {"notes", device.notes}};
  return json.dump(2) + "\n";
}

ExitStatus interrupted(Console& console, const std::string& partial) {
  console.note("interrupted; what was measured is in '" + partial + "', and the same command goes on from there");
  return ExitStatus::interrupted;
}

}  // namespace

ExitStatus run_profile(const Arguments& arguments, Console& console) {
  if (const auto fine = refuse_overrides(arguments, "a profile is measured, not configured"); !fine)
    return console.refuse(fine.error());
  if (arguments.estimate) return write_estimate(arguments, console);
  if (arguments.checked) return check_profile_here(arguments, console);
  if (arguments.shapes)
    return console.refuse({{Severity::error, "bad-usage", {}, "--shapes belongs to --check", "leave it out"}});
  const std::string out = arguments.out.value_or(kernels::read_machine_facts().slug + ".yaml");
  const auto options = options_from(arguments, out);
  if (!options) return console.refuse(options.error());
  auto file = AtomicFile::create(out);
  if (!file) return console.refuse(file.error());

  auto result = [&] {
    Interruptible interruptible;
    report::Progress progress = console.progress("measuring");
    kernels::ProfilerHooks hooks;
    hooks.is_stopped = [&] { return interruptible.is_interrupted(); };
    hooks.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
    hooks.say = [&](const std::string& what) {
      progress.finish();
      console.note(what);
    };
    return kernels::profile_machine(*options, hooks);
  }();
  if (!result) return console.refuse(result.error());
  if (result->is_interrupted) return interrupted(console, options->partial_file);
  console.tell(result->outcome.refused);
  file->write(kernels::to_yaml(result->device));
  if (const auto written = file->commit(); !written) return console.refuse(written.error());
  std::error_code ignored;
  std::filesystem::remove(options->partial_file, ignored);
  return console.finish(arguments.is_json ? summary_json(result->device, out) : summary_text(result->device, out),
                        ExitStatus::yes);
}

const Verb& profile_verb() {
  static const Verb verb = {
      "profile",
      "measure this machine: what layers cost on it",
      "",
      0,
      0,
      {{"--out", "FILE", "the profile; default: named after the processor", &Arguments::out},
       {"--quick", "", "within a minute instead of 12, less exact", &Arguments::is_quick},
       {"--model", "M", "also measure exactly the layers of this model", &Arguments::model},
       {"--threads", "N", "threads a layer runs on; default 1", &Arguments::threads, 1, 1024},
       {"--backend", "NAME", "kernels to measure; default: the best ones", &Arguments::backend},
       {"--budget", "TIME", "for everything, as 5min", &Arguments::budget},
       {"--cold", "", "with cold caches, as if other work ran in between", &Arguments::is_cold},
       {"--resume", "", "only go on from an interrupted call", &Arguments::is_resumed},
       {"--check", "PROFILE", "hold a profile against this machine, on other layers", &Arguments::checked},
       {"--shapes", "N", "with --check: about so many layers; default 400", &Arguments::shapes, 0, 100'000},
       {"--estimate", "BOARD", "reckon, do not measure: a board not at hand", &Arguments::estimate}},
      {"Interrupted, it keeps FILE.partial, and the same call goes on from there.",
       "Leave the machine alone meanwhile; what disturbed it is told and noted.",
       "Boards of --estimate: those with a profiles/devices/BOARD/tiercut.yaml."},
      {"profile --quick --out mine.yaml", "profile --model big-little/net1 --out mine.yaml",
       "profile --check mine.yaml --out errors.csv", "profile --estimate raspberry-pi-2"},
      run_profile};
  return verb;
}

}  // namespace tiercut::cli
