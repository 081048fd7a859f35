// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/schema.hpp"
#include "kernels/kernel.hpp"
#include "kernels/measure/profiler.hpp"
#include "profiles/call_cost.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double percent(double share) { return 100 * share; }

const CaseRecord* record_of(const CampaignOutcome& outcome, const std::string& key) {
  const auto found = outcome.records.find(key);
  return found == outcome.records.end() || found->second.samples.is_empty() ? nullptr : &found->second;
}

std::vector<Observation> observations_of(const ProfilerOptions& options, const ProfilePlan& plan,
                                         const CampaignOutcome& outcome) {
  std::vector<Observation> all;
  for (const BenchCase& bench_case : plan.cases) {
    const CaseRecord* record = record_of(outcome, bench_case.key);
    if (record != nullptr) all.push_back(observation_of(bench_case, *record, options.threads, plan.campaign.tolerance));
  }
  return all;
}

/// Segments run in series against what CallCost makes of the measured times of their layers.
std::vector<SeriesRatio> series_of(const ProfilePlan& plan, const CampaignOutcome& outcome,
                                   const std::vector<FittedLaw>& laws, Seconds overhead) {
  profiles::Unit unit;
  for (const FittedLaw& law : laws) unit.laws.push_back(law.law);
  profiles::CallCost call(unit);
  std::vector<SeriesRatio> ratios;
  for (const ModelCases& series : plan.series) {
    for (const BenchCase& segment : series.segments) {
      const CaseRecord* whole = record_of(outcome, segment.key);
      SeriesRatio ratio{segment.segment, 1, 0, segment.layer.weight_bytes};
      bool is_complete = whole != nullptr;
      call.restart();
      for (const model::LayerId id : segment.layers) {
        const model::Layer& layer = segment.model->layer(id);
        if (!is_timed(layer.type)) continue;
        const CaseRecord* record = record_of(outcome, key_of(*segment.model, id, segment.cache));
        is_complete = is_complete && record != nullptr;
        if (record == nullptr) break;
        call.add(call.part_of(layer, record->samples.quiet_median()));
        ++ratio.layers;
      }
      if (!is_complete || !(call.cost().value() > 0)) continue;
      ratio.ratio = std::max(0.01, (whole->samples.quiet_median() - overhead) / call.cost());
      ratios.push_back(ratio);
    }
  }
  return ratios;
}

/// A model's own ratio is that of the whole model.
void set_series_correction(const ProfilerOptions& options, MeasuredDevice& device) {
  device.series_how = "none was measured";
  if (device.series.empty()) return;
  if (options.model != nullptr) {
    device.series_correction = device.series.front().ratio;
    device.series_how =
        fmt::format("{} in series against its layers, what they evict considered", device.series.front().segment);
    return;
  }
  // A network that was disturbed longer than its layers says too much.
  std::vector<double> ratios;
  for (const SeriesRatio& series : device.series) ratios.push_back(series.ratio);
  device.series_correction = median_of(std::move(ratios));
  device.series_how =
      fmt::format("median over {} typical networks, what their layers evict considered", device.series.size());
}

void describe_noise(const MachineProbes& probes, const CampaignOutcome& outcome, std::vector<std::string>& notes) {
  int disturbed = 0;
  for (const auto& [key, record] : outcome.records) disturbed += record.disturbed_rounds;
  notes.push_back(fmt::format(
      "A reference kernel was timed {} times between layers: {} times it was more than 5 % slower than its median so "
      "far; {} visits were repeated for it, {} kept although it stayed slow. Its last timings were {:.3f} times its "
      "first. The process was made to wait for others {} times; {} samples during which it was were left out.",
      outcome.drift.count(), outcome.drift.slow_count(), outcome.repeated_visits, disturbed, outcome.drift.drift(),
      probes.involuntary_switches, outcome.interrupted_samples));
  if (probes.fastest_clock.value() > 0)
    notes.push_back(fmt::format("Clock of the first processor meanwhile: {:.0f} to {:.0f} MHz.",
                                probes.slowest_clock.value() / 1e6, probes.fastest_clock.value() / 1e6));
}

void describe_cold(const ProfilePlan& plan, const CampaignOutcome& outcome, std::vector<std::string>& notes) {
  std::map<LayerType, std::vector<double>> ratios;
  for (const BenchCase& bench_case : plan.cases) {
    if (bench_case.cache != CacheState::cold) continue;
    const CaseRecord* cold = record_of(outcome, bench_case.key);
    const CaseRecord* warm = record_of(outcome, key_of(*bench_case.model, bench_case.layers.front()));
    if (cold != nullptr && warm != nullptr && warm->samples.quiet_median().value() > 0)
      ratios[bench_case.layer.type].push_back(cold->samples.quiet_median() / warm->samples.quiet_median());
  }
  if (ratios.empty()) return;
  std::string text = "With cold caches a layer takes longer; median over shapes, smallest and largest factor:";
  for (const auto& [type, values] : ratios)
    text += fmt::format(" {} {:.2g} ({:.2g} to {:.2g}),", to_text(type), median_of(values),
                        *std::ranges::min_element(values), *std::ranges::max_element(values));
  text.back() = '.';
  notes.push_back(text);
}

void describe_series(const std::vector<SeriesRatio>& series, std::vector<std::string>& notes) {
  if (series.empty()) return;
  std::string text = "Layers in series against their own times, what they evict of one another considered:";
  for (const SeriesRatio& ratio : series)
    text += fmt::format(" {} {:.3f} ({} layers, {:.3g} MB of weights),", ratio.segment, ratio.ratio, ratio.layers,
                        ratio.weights.value() / 1e6);
  text.back() = '.';
  notes.push_back(text);
}

void describe_laws(const std::vector<FittedLaw>& laws, std::vector<std::string>& notes) {
  std::string text =
      "Cross-validated error of the laws, median and 99th percentile in %, share of shapes within 10 %, shapes:";
  for (const FittedLaw& law : laws) {
    const FitQuality& quality = law.cross_validated;
    text += fmt::format(" {} {:.1f} {:.0f} {:.0f} % {},", law.law.name, percent(quality.median_error),
                        percent(quality.p99_error), percent(quality.share_within_10), quality.observations);
  }
  text.back() = '.';
  notes.push_back(text);
}

/// Repetitions and spread over all cases; also a note on what did not settle or was not reached.
std::string summarise(const std::vector<Observation>& all, const ProfilePlan& plan, const CampaignOutcome& outcome,
                      std::vector<std::string>& notes) {
  std::int64_t repetitions = 0;
  int unsettled = 0, fewest = std::numeric_limits<int>::max();
  std::vector<double> spreads;
  for (const Observation& seen : all) {
    repetitions += seen.repetitions;
    fewest = std::min(fewest, seen.repetitions);
    if (!seen.is_settled) ++unsettled;
    spreads.push_back(seen.spread());
  }
  if (unsettled > 0)
    notes.push_back(fmt::format("The medians of {} of {} cases had not settled within 1 % when their time was used.",
                                unsettled, all.size()));
  if (!plan.left_out.empty())
    notes.push_back(
        fmt::format("{} layers or segments of the model were left out, as the machine has no memory for them: {}.",
                    plan.left_out.size(), fmt::join(plan.left_out, "; ")));
  if (outcome.unreached_cases > 0)
    notes.push_back(fmt::format("{} of {} planned cases were not reached within the budget.", outcome.unreached_cases,
                                plan.cases.size()));
  return fmt::format(
      "{} cases in {} rounds, {} repetitions (at least {} a case), median spread (p90 - p10) / median "
      "{:.1f} %.",
      all.size(), plan.campaign.rounds, repetitions, all.empty() ? 0 : fewest, percent(median_of(spreads)));
}

/// The format's largest error is a factor of 100; beyond it no digit says anything.
void limit_errors(FittedLaw& law) {
  constexpr double largest = 100;
  auto* features = std::get_if<profiles::FeatureLaw>(&law.law.form);
  if (features == nullptr) return;
  for (profiles::FeaturePiece& piece : features->pieces)
    piece.error = {std::min(piece.error.p50, largest), std::min(piece.error.p90, largest),
                   std::min(piece.error.p99, largest)};
}

/// What one run scatters by, where the fit did not say.
void set_spread(FittedLaw& law, const std::vector<Observation>& fitted) {
  if (law.law.coefficient_of_variation > 0) return;
  std::vector<double> spreads;
  for (const Observation& seen : fitted)
    if (law.law.covers(seen.layer.type)) spreads.push_back(seen.spread() / 2.563);
  law.law.coefficient_of_variation = std::round(median_of(spreads) * 1e4) / 1e4;
}

/// `highway 1.0.3 AVX3, eigen 3.4.0`: whoever ran anything, with the version of those in the registry.
std::string backends_text(const std::vector<Observation>& all) {
  std::set<std::string> names;
  for (const Observation& seen : all) {
    std::string_view left = seen.backend;
    while (!left.empty()) {
      const auto end = std::min(left.find(", "), left.size());
      names.emplace(left.substr(0, end));
      left.remove_prefix(std::min(end + 2, left.size()));
    }
  }
  std::string text;
  for (const std::string& name : names) {
    const Backend* backend = find_backend(name);
    text += (text.empty() ? "" : "; ") + name + (backend == nullptr ? "" : " " + backend->version());
  }
  return text;
}

std::string compiler_text() {
#ifdef __clang__
  const std::string name = "clang " __clang_version__;
#else
  const std::string name = "g++ " __VERSION__;
#endif
  return name + " " + TIERCUT_COMPILER_FLAGS;
}

}  // namespace

Result<MeasuredDevice> device_from(const ProfilerOptions& options, const ProfilePlan& plan, const MachineFacts& facts,
                                   const MachineProbes& probes, const CampaignOutcome& outcome) {
  const std::vector<Observation> all = observations_of(options, plan, outcome);
  MeasuredDevice device;
  std::map<LayerType, std::vector<Observation>> by_type, cold_by_type;
  for (const Observation& seen : all)
    if (seen.segment.empty() && seen.median.value() > 0)
      (seen.cache == options.cache ? by_type : cold_by_type)[seen.layer.type].push_back(seen);
  Diagnostics unfitted;
  for (const auto& [type, observations] : by_type) {
    auto laws = fit_laws(observations, cold_by_type[type]);
    if (!laws) {
      unfitted.insert(unfitted.end(), laws.error().begin(), laws.error().end());
      device.notes.push_back(fmt::format("There is no law for {}: {}.", to_text(type), laws.error().front().message));
      continue;
    }
    for (FittedLaw& law : *laws) {
      set_spread(law, observations);
      limit_errors(law);
      device.laws.push_back(std::move(law));
    }
  }
  if (device.laws.empty()) {
    if (unfitted.empty()) return fail("too-few-observations", "no layer was measured", "give it a larger budget");
    return tl::unexpected(std::move(unfitted));
  }

  device.name = options.name;
  device.tool = options.tool;
  device.command = options.command;
  device.date = options.date;
  device.compiler = compiler_text();
  device.backend = backends_text(all);
  device.threads = options.threads;
  device.facts = facts;
  device.bandwidth = probes.bandwidth;
  device.overhead_per_call = probes.overhead_per_call;
  device.exit_check = probes.exit_check;
  device.copy_rate = probes.copy_rate;
  device.runtime_footprint = probes.runtime_footprint;
  device.series = series_of(plan, outcome, device.laws, probes.overhead_per_call);
  set_series_correction(options, device);
  if (options.model != nullptr) {
    for (const BenchCase& bench_case : plan.series.front().layers)
      if (const CaseRecord* record = record_of(outcome, bench_case.key))
        device.table.push_back(observation_of(bench_case, *record, options.threads, plan.campaign.tolerance));
  }
  device.summary = summarise(all, plan, outcome, device.notes);
  if (options.cache == CacheState::cold)
    device.notes.push_back("All layers were measured with cold caches: weights and tensors came from memory.");
  if (facts.is_virtual)
    device.notes.push_back(
        "Measured in a virtual machine: caches and clock are what it shows, and neighbours may use them too.");
  describe_laws(device.laws, device.notes);
  describe_series(device.series, device.notes);
  describe_cold(plan, outcome, device.notes);
  describe_noise(probes, outcome, device.notes);
  return device;
}

}  // namespace tiercut::kernels
