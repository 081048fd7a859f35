// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/profiler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/confidence.hpp"
#include "kernels/forward.hpp"
#include "kernels/measure/kernel_bench.hpp"
#include "kernels/measure/partial_file.hpp"

namespace tiercut::kernels {
namespace {

constexpr Seconds small_probe{0.05};
constexpr std::size_t likely_cache = std::size_t{32} << 20;  // where the system names none
constexpr std::size_t usual_classes = 10;

class EmptyStage final : public Subject {
 public:
  explicit EmptyStage(ForwardPass pass) : pass_(std::move(pass)) {}
  void run() override { pass_.run(); }

 private:
  ForwardPass pass_;
};

class ExitCheck final : public Subject {
 public:
  explicit ExitCheck(std::size_t classes) : probabilities_(classes, 1.0F / static_cast<float>(classes)) {
    // Not all alike, or every logarithm would be the same.
    for (std::size_t i = 0; i + 1 < classes; i += 2) {
      probabilities_[i] *= 1.5F;
      probabilities_[i + 1] *= 0.5F;
    }
  }
  void run() override { sink_ = normalized_entropy(probabilities_); }

 private:
  std::vector<float> probabilities_;
  volatile double sink_ = 0;
};

Seconds median_time(Subject& subject, Stopwatch& stopwatch) {
  SampleSet samples;
  take_samples(subject, stopwatch, quality_of(stopwatch), {.budget = small_probe, .tolerance = 0.005}, samples);
  return samples.median();
}

std::size_t classes_of(const model::ModelPointer& model) {
  std::size_t classes = 0;
  if (model != nullptr)
    for (const model::Exit& exit : model->exits)
      classes = std::max(classes, static_cast<std::size_t>(model->layer(exit.layer).shape.elements()));
  return classes > 0 ? classes : usual_classes;
}

MachineProbes probe(const ProfilerOptions& options, const ProfilePlan& plan, Stopwatch& stopwatch) {
  MachineProbes probes;
  probes.runtime_footprint = resident_memory();
  ThreadPool threads(options.threads);
  if (auto pass = ForwardPass::make(model::Model{}, {}, {}, threads)) {
    EmptyStage stage(std::move(*pass));
    probes.overhead_per_call = median_time(stage, stopwatch);
  }
  ExitCheck exit_check(classes_of(options.model));
  probes.exit_check = median_time(exit_check, stopwatch);
  probes.copy_rate = copy_rate(stopwatch);
  probes.bandwidth = read_bandwidth(stopwatch, plan.largest_working_set, plan.probe_budget);
  return probes;
}

/// What an earlier call left, if it is of the same settings; says what it does.
Result<PartialMeasurements> earlier(const ProfilerOptions& options, const ProfilePlan& plan,
                                    const ProfilerHooks& hooks) {
  PartialMeasurements none;
  none.settings = plan.settings;
  if (options.partial_file.empty()) return none;
  auto found = read_partial(options.partial_file);
  if (!found) {
    const bool is_absent = found.error().front().code == "file-not-found";
    if (is_absent && options.must_resume)
      return fail("nothing-to-resume", "there are no measurements of an interrupted call",
                  "they would be in '" + options.partial_file + "'; leave out --resume to begin");
    if (is_absent) return none;
    return found;
  }
  if (found->settings != plan.settings) {
    if (options.must_resume)
      return fail("other-settings", "the interrupted call measured something else: " + found->settings,
                  "this call measures: " + plan.settings, Location{options.partial_file, 0, 0, {}});
    hooks.say("'" + options.partial_file + "' is of other settings and will be replaced");
    return none;
  }
  hooks.say(fmt::format("going on from '{}': {} cases were measured in {:.0f} s (delete it to begin anew)",
                        options.partial_file, found->records.size(), found->spent.value()));
  return found;
}

void say_what_disturbed(const CampaignOutcome& outcome, const ProfilerHooks& hooks) {
  int disturbed = 0;
  for (const auto& [key, record] : outcome.records) disturbed += record.disturbed_rounds;
  if (outcome.drift.slow_count() > 0)
    hooks.say(
        fmt::format("the machine was more than 5 % slower than usual at {} of {} checks (throttling, or other "
                    "work on it): {} visits were repeated, {} kept although it stayed slow",
                    outcome.drift.slow_count(), outcome.drift.count(), outcome.repeated_visits, disturbed));
  if (outcome.unreached_cases > 0)
    hooks.say(fmt::format("{} cases were not reached within the budget", outcome.unreached_cases));
}

}  // namespace

Result<ProfilerResult> profile_machine(const ProfilerOptions& options, const ProfilerHooks& hooks) {
  const MachineFacts facts = read_machine_facts();
  if (auto fine = check(options, facts); !fine) return tl::unexpected(std::move(fine.error()));
  const ProfilePlan plan = plan_profile(options, facts);
  for (const std::string& key : plan.left_out) hooks.say("too little memory to measure " + key);
  auto before = earlier(options, plan, hooks);
  if (!before) return tl::unexpected(std::move(before.error()));

  SteadyStopwatch stopwatch;
  const long switches = involuntary_switches();
  MachineProbes probes = probe(options, plan, stopwatch);
  const auto last_level = static_cast<std::size_t>(facts.last_level_cache().value());
  KernelBench bench(options.threads, options.backend, last_level > 0 ? last_level : likely_cache);

  CampaignHooks campaign_hooks{.is_stopped = hooks.is_stopped};
  campaign_hooks.progress = [&](std::int64_t done, std::int64_t total) {
    if (const auto clock = present_clock()) {
      probes.fastest_clock = std::max(probes.fastest_clock, *clock);
      probes.slowest_clock = probes.slowest_clock.value() > 0 ? std::min(probes.slowest_clock, *clock) : *clock;
    }
    hooks.progress(done, total);
  };
  Diagnostics unkept;
  campaign_hooks.keep = [&](const CampaignOutcome& outcome) {
    if (options.partial_file.empty()) return;
    const auto written = write_partial(options.partial_file, {plan.settings, outcome.spent, outcome.records});
    if (!written) unkept = written.error();
  };
  ProfilerResult result;
  result.outcome = run_campaign(plan.cases, bench, stopwatch, plan.campaign, campaign_hooks, std::move(before->records),
                                before->spent);
  probes.involuntary_switches = involuntary_switches() - switches;
  result.is_interrupted = result.outcome.is_interrupted;
  if (!unkept.empty() && result.is_interrupted) return tl::unexpected(std::move(unkept));
  if (result.is_interrupted) return result;
  say_what_disturbed(result.outcome, hooks);
  hooks.say(fmt::format("fitting laws to {} cases", result.outcome.records.size()));
  auto device = device_from(options, plan, facts, probes, result.outcome);
  if (!device) return tl::unexpected(std::move(device.error()));
  result.device = std::move(*device);
  return result;
}

}  // namespace tiercut::kernels
