// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/prediction.hpp"
#include "cli/validation_report.hpp"
#include "cli/validation_subject.hpp"
#include "core/files.hpp"
#include "core/schema.hpp"

namespace tiercut::cli {

namespace {

constexpr double most_tolerance = 100;

/// `5%` for all, or `mean=2%,p99=5%`.
Result<validation::Tolerances> tolerances_of(const Arguments& arguments) {
  validation::Tolerances tolerances;
  if (!arguments.tolerance) return tolerances;
  const auto refuse = [&](const std::string& part) {
    return fail("bad-usage", "--tolerance " + *arguments.tolerance + ": '" + part + "' is no tolerance",
                "write 5% for all statistics, or as mean=2%,p99=5%");
  };
  for (std::size_t begin = 0; begin <= arguments.tolerance->size();) {
    const std::size_t end = std::min(arguments.tolerance->find(',', begin), arguments.tolerance->size());
    const std::string part = arguments.tolerance->substr(begin, end - begin);
    begin = end + 1;
    const std::size_t equals = part.find('=');
    const auto share = parse_quantity(equals == std::string::npos ? part : part.substr(equals + 1), Dimension::ratio);
    if (!share || *share < 0 || *share > most_tolerance) return refuse(part);
    bool is_known = equals == std::string::npos;
    for (std::size_t i = 0; i < all_statistics.size(); ++i) {
      if (equals != std::string::npos && part.substr(0, equals) != to_text(all_statistics[i])) continue;
      tolerances[i] = *share;
      is_known = true;
    }
    if (!is_known) return refuse(part);
  }
  return tolerances;
}

/// One prediction for the runs of a group: of each its own where they are replayed, thrown together.
Result<validation::Prediction> predict_group(const RunGroup& group, PredictionRequest request, bool is_replayed) {
  request.scenario = group.scenario.get();
  request.plan = &group.plan;
  if (!is_replayed) return predict(request);
  validation::Prediction all;
  const auto share = 1 / static_cast<double>(group.runs.size());
  for (const validation::RecordedRun* run : group.runs) {
    request.replayed = run;
    auto one = predict(request);
    if (!one) return one;
    if (run == group.runs.front() && group.runs.size() == 1) return one;
    all.answers = one->answers;
    all.latencies.insert(all.latencies.end(), one->latencies.begin(), one->latencies.end());
    all.answered_by.insert(all.answered_by.end(), one->answered_by.begin(), one->answered_by.end());
    for (std::size_t i = 0; i < all.terms.size(); ++i) all.terms[i] += share * one->terms[i];
    for (std::size_t i = 0; i < all.statistics.size(); ++i) all.statistics[i] += share * one->statistics[i];
    if (one->accuracy) all.accuracy = all.accuracy.value_or(0) + share * *one->accuracy;
    all.payload_bytes += share * one->payload_bytes;
    all.control_bytes += share * one->control_bytes;
    if (!one->intervals) continue;
    if (!all.intervals) all.intervals.emplace();
    for (std::size_t i = 0; i < all.intervals->size(); ++i) {
      (*all.intervals)[i].first += share * (*one->intervals)[i].first;
      (*all.intervals)[i].second += share * (*one->intervals)[i].second;
    }
  }
  return all;
}

std::int64_t samples_of(const RunGroup& group) {
  std::int64_t most = 0;
  for (const auto* run : group.runs) most = std::max(most, static_cast<std::int64_t>(run->samples.size()));
  return most;
}

std::vector<RankedPlans> ranked_plans(const ValidationResult& result) {
  std::map<std::string, std::vector<std::size_t>> questions;
  for (std::size_t i = 0; i < result.groups.size(); ++i) questions[result.groups[i].group->question].push_back(i);
  std::vector<RankedPlans> ranked;
  for (auto& [question, plans] : questions) {
    if (plans.size() < 2) continue;
    std::vector<const validation::Comparison*> comparisons;
    for (const std::size_t plan : plans) comparisons.push_back(&result.groups[plan].comparison);
    ranked.push_back({plans, validation::rank(comparisons)});
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.plans < b.plans; });
  return ranked;
}

}  // namespace

ExitStatus run_validate(const Arguments& arguments, Console& console) {
  const auto tolerances = tolerances_of(arguments);
  if (!tolerances) return console.refuse(tolerances.error());
  const auto subject = read_validation_subject(arguments, console);
  if (!subject) return console.refuse(subject.error());
  std::optional<validation::Calibration> calibration;
  if (arguments.calibration) {
    auto read = validation::read_calibration(*arguments.calibration);
    if (!read) return console.refuse(read.error());
    calibration = std::move(*read);
  }

  ValidationResult result;
  result.has_tolerance = arguments.tolerance.has_value();
  result.is_replayed = arguments.is_replay;
  result.calibration = arguments.calibration.value_or("");
  const Interruptible interruptible;
  report::Progress progress = console.progress("validate");
  for (const RunGroup& group : subject->groups) {
    PredictionRequest request;
    request.calibration = calibration ? &*calibration : nullptr;
    request.samples = arguments.samples.value_or(samples_of(group));
    request.seed = static_cast<std::uint64_t>(arguments.seed.value_or(1));
    request.stop = interruptible.stop();
    const auto prediction = predict_group(group, request, arguments.is_replay);
    if (interruptible.is_interrupted()) {
      progress.finish();
      console.note("interrupted; no result");
      return ExitStatus::interrupted;
    }
    if (!prediction) {
      progress.finish();
      return console.refuse(prediction.error());
    }
    result.groups.push_back({&group, validation::compare(*prediction, group.runs, *tolerances)});
    progress.update(std::ssize(result.groups), std::ssize(subject->groups));
  }
  progress.finish();
  result.ranked = ranked_plans(result);
  if (arguments.out) {
    if (const auto written = write_file(*arguments.out, validation_csv(result)); !written) {
      return console.refuse(written.error());
    }
    console.note("wrote " + *arguments.out);
  }
  return console.finish(arguments.is_json ? validation_json(result) : validation_text(result),
                        result.is_within() ? ExitStatus::yes : ExitStatus::no);
}

const Verb& validate_verb() {
  static const Verb verb = {
      "validate",
      "hold predictions against runs of real machines",
      "RUN...",
      1,
      std::numeric_limits<std::size_t>::max(),
      {{"--scenario", "FILE", "instead of what the run names; needed for a CSV", &Arguments::scenario},
       {"--plan", "FILE", "instead of the run's own; for a CSV default: the best", &Arguments::plan},
       {"--replay", "", "simulate the run's own arrivals and exits", &Arguments::is_replay},
       {"--calibration", "FILE", "of `calibrate`; brings 90 % intervals", &Arguments::calibration},
       {"--tolerance", "LIST", "5% for all statistics, or as mean=2%,p99=5%", &Arguments::tolerance},
       {"--samples", "N", "to simulate; default: as many as the run has", &Arguments::samples, 1, 100'000'000},
       {"--seed", "S", "of the random streams; default 1", &Arguments::seed},
       {"--out", "FILE", "all figures as CSV", &Arguments::out}},
      {"RUN: a directory of `run --out`, or a CSV (docs/runs.md). Runs of one plan are",
       "held together against their spread; plans for one question are ranked.",
       "Exit status 1: an error above the tolerance and the spread of the runs."},
      {"validate after.run --replay --tolerance mean=2%,p99=5%"},
      run_validate};
  return verb;
}

}  // namespace tiercut::cli
