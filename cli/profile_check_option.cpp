// SPDX-License-Identifier: Apache-2.0
#include "cli/profile_check_option.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/measuring_arguments.hpp"
#include "core/files.hpp"
#include "kernels/measure/profile_check.hpp"

namespace tiercut::cli {
namespace {

/// The model asked for, or all that are shipped: what a plan will be made of.
Result<std::vector<model::ModelPointer>> models_for(const Arguments& arguments) {
  if (arguments.model) {
    auto model = model_of(arguments);
    if (!model) return tl::unexpected(model.error());
    return std::vector{*model};
  }
  std::vector<model::ModelPointer> models;
  for (const std::string& name : shipped_names("model/zoo")) {
    const auto path = resolve_reference(name, "", "model/zoo", {});
    auto model = path ? model::read_model(*path) : tl::unexpected(path.error());
    if (!model) return tl::unexpected(model.error());
    models.push_back(std::move(*model));
  }
  return models;
}

std::string table_of(const kernels::ProfileCheck& check) {
  std::string text = "layers                 shapes   median error   99 %   within 10 %   or its spread   spread\n";
  for (const kernels::CheckedShare& share : kernels::shares_of(check.cases)) {
    const kernels::FitQuality& quality = share.quality;
    text += fmt::format("{:<20} {:>8} {:>12.1f} % {:>4.0f} % {:>11.1f} % {:>13.1f} % {:>6.1f} %\n", share.name,
                        quality.observations, 100 * quality.median_error, 100 * quality.p99_error,
                        100 * quality.share_within_10, 100 * share.share_within_spread, 100 * quality.median_spread);
  }
  text += "\nin series                                            predicted      measured    error   spread\n";
  for (const kernels::CheckedCase& one : check.cases) {
    if (!one.is_series) continue;
    text += fmt::format("{:<50} {:>9.2f} us {:>10.2f} us {:>6.1f} % {:>6.1f} %\n", one.key, 1e6 * one.predicted.value(),
                        1e6 * one.measured.value(), 100 * one.error(), 100 * one.spread);
  }
  return text;
}

std::string json_of(const kernels::ProfileCheck& check, const std::string& profile) {
  nlohmann::ordered_json shares = nlohmann::ordered_json::array(), series = nlohmann::ordered_json::array();
  for (const kernels::CheckedShare& share : kernels::shares_of(check.cases))
    shares.push_back({{"layers", share.name},
                      {"shapes", share.quality.observations},
                      {"median_error", share.quality.median_error},
                      {"p99_error", share.quality.p99_error},
                      {"share_within_10_percent", share.quality.share_within_10},
                      {"share_within_10_percent_or_spread", share.share_within_spread},
                      {"median_spread", share.quality.median_spread}});
  for (const kernels::CheckedCase& one : check.cases)
    if (one.is_series)
      series.push_back({{"series", one.key},
                        {"predicted_s", one.predicted.value()},
                        {"measured_s", one.measured.value()},
                        {"error", one.error()},
                        {"spread", one.spread}});
  const nlohmann::ordered_json json = {{"profile", profile}, {"layers", shares}, {"series", series}};
  return json.dump(2) + "\n";
}

}  // namespace

ExitStatus check_profile_here(const Arguments& arguments, Console& console) {
  Diagnostics slips;
  const auto keep_errors = [&](const Diagnostics& found) { slips.insert(slips.end(), found.begin(), found.end()); };
  if (arguments.is_quick || arguments.is_cold || arguments.is_resumed || arguments.threads)
    keep_errors({{Severity::error,
                  "bad-usage",
                  {},
                  "--check measures as the profile was measured",
                  "leave out --quick, --cold, --resume and --threads"}});
  const auto path = resolve_reference(*arguments.checked, "", "profiles/devices", {});
  const auto profile = path ? profiles::read_profile(*path) : tl::unexpected(path.error());
  if (!profile) keep_errors(profile.error());
  const auto models = models_for(arguments);
  if (!models) keep_errors(models.error());
  const auto budget = budget_of(arguments);
  if (!budget) keep_errors(budget.error());
  if (const auto fine = check_backend(arguments); !fine) keep_errors(fine.error());
  if (!slips.empty()) return console.refuse(slips);

  kernels::ProfileCheckOptions options;
  options.models = *models;
  options.shapes = static_cast<int>(arguments.shapes.value_or(options.shapes));
  options.backend = arguments.backend.value_or("");
  if (*budget > Seconds(0)) options.budget = *budget;
  const auto check = [&] {
    Interruptible interruptible;
    report::Progress progress = console.progress("measuring");
    kernels::ProfilerHooks hooks;
    hooks.is_stopped = [&] { return interruptible.is_interrupted(); };
    hooks.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
    return kernels::check_profile(**profile, options, hooks);
  }();
  if (!check) return console.refuse(check.error());
  if (check->is_interrupted) {
    console.note("interrupted; a check is not resumed");
    return ExitStatus::interrupted;
  }
  console.tell(check->outcome.refused);
  console.tell(check->unpriced);
  if (arguments.out) {
    if (const auto written = write_file(*arguments.out, kernels::to_csv(check->cases)); !written)
      return console.refuse(written.error());
    console.note("wrote " + *arguments.out);
  }
  return console.finish(arguments.is_json ? json_of(*check, (*profile)->name) : table_of(*check), ExitStatus::yes);
}

}  // namespace tiercut::cli
