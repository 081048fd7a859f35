// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/campaign.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/random.hpp"

namespace tiercut::kernels {
namespace {

constexpr Seconds between_keeps{10};
constexpr Seconds reference_time{1e-3};  // nine timings of some tens of microseconds
constexpr Seconds least_preparation{1e-3};
constexpr Seconds shortest_slice{2e-3};
constexpr Seconds longest_slice{0.5};
constexpr int most_repeats = 2;

std::vector<std::size_t> order_of_round(std::size_t count, const CampaignOptions& options, int round) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random(options.seed, entity_id("campaign/order"), static_cast<std::uint64_t>(round));
  for (std::size_t left = count; left > 1; --left) {
    const auto pick = static_cast<std::size_t>(random.uniform() * static_cast<double>(left));
    std::swap(order[left - 1], order[std::min(pick, left - 1)]);
  }
  std::ranges::stable_partition(order, [&](std::size_t index) { return index < options.first_cases; });
  return order;
}

Seconds time_reference(Subject& reference, Stopwatch& stopwatch, const ClockQuality& clock) {
  SampleSet samples;
  take_samples(reference, stopwatch, clock, {.budget = reference_time, .least_samples = 9, .most_samples = 9}, samples);
  return samples.median();
}

class Run {
 public:
  Run(const std::vector<BenchCase>& cases, Workbench& workbench, Stopwatch& stopwatch, const CampaignOptions& options,
      const CampaignHooks& hooks, CampaignOutcome& outcome)
      : cases_(cases),
        workbench_(workbench),
        stopwatch_(stopwatch),
        options_(options),
        hooks_(hooks),
        outcome_(outcome),
        start_(stopwatch.now()),
        last_keep_(start_),
        clock_(quality_of(stopwatch)) {}

  void all_rounds() {
    const Seconds spent_before = outcome_.spent;
    calibrate();
    outcome_.spent = spent_before + (stopwatch_.now() - start_);
    total_ = static_cast<std::int64_t>(cases_.size()) * options_.rounds;
    for (int round = 0; round < options_.rounds && !outcome_.is_interrupted; ++round) {
      divide_time(round);
      for (const std::size_t index : order_of_round(cases_.size(), options_, round)) {
        outcome_.spent = spent_before + (stopwatch_.now() - start_);
        outcome_.is_interrupted = hooks_.is_stopped();
        if (outcome_.is_interrupted) break;
        visit(cases_[index], round);
        hooks_.progress(++done_, total_);
        if (stopwatch_.now() - last_keep_ >= between_keeps) {
          hooks_.keep(outcome_);
          last_keep_ = stopwatch_.now();
        }
      }
    }
    outcome_.spent = spent_before + (stopwatch_.now() - start_);
    for (const BenchCase& bench_case : cases_) {
      if (!refused_.contains(bench_case.key) && !outcome_.records.contains(bench_case.key)) ++outcome_.unreached_cases;
    }
    if (outcome_.is_interrupted) hooks_.keep(outcome_);
  }

 private:
  /// How fast this machine makes weights, from a case of middle size, and with it the time that a visit may take.
  void calibrate() {
    for (int i = 0; i < 5; ++i) outcome_.drift.add(time_reference(workbench_.reference(), stopwatch_, clock_));
    const BenchCase* probe = nullptr;
    for (const BenchCase& bench_case : cases_) {
      if (bytes_needed(bench_case) > 8e6) continue;
      if (probe == nullptr || bytes_needed(bench_case) > bytes_needed(*probe)) probe = &bench_case;
    }
    if (probe != nullptr) {
      const Seconds start = stopwatch_.now();
      const bool is_prepared = workbench_.prepare(*probe).has_value();
      const Seconds taken = stopwatch_.now() - start;
      if (is_prepared && taken.value() > 0) rate_ = std::clamp(bytes_needed(*probe) / taken.value() / 2, 1e6, 1e9);
    }
  }

  bool is_due(const BenchCase& bench_case, int round) const {
    if (refused_.contains(bench_case.key)) return false;
    const auto known = outcome_.records.find(bench_case.key);
    return known == outcome_.records.end() || known->second.rounds <= round;
  }

  /// Again before every round: what settled early leaves its time to what did not.
  void divide_time(int round) {
    std::vector<BenchCase> due;
    for (const BenchCase& bench_case : cases_)
      if (is_due(bench_case, round)) due.push_back(bench_case);
    slice_ = schedule_for(due, options_.budget - outcome_.spent, options_.rounds - round, rate_).slice;
  }

  bool is_within_budget(Seconds needed) const { return outcome_.spent + needed <= options_.budget; }

  void visit(const BenchCase& bench_case, int round) {
    if (!is_due(bench_case, round)) return;
    if (!is_within_budget(preparation_time(bench_case, rate_) + slice_)) return;
    auto prepared = workbench_.prepare(bench_case);
    if (!prepared) {
      refused_.insert(bench_case.key);
      outcome_.refused.insert(outcome_.refused.end(), prepared.error().begin(), prepared.error().end());
      return;
    }
    CaseRecord& record = outcome_.records[bench_case.key];
    record.backend = prepared->backend;
    measure(bench_case, *prepared->subject, record);
    ++record.rounds;
    ++outcome_.visits;
  }

  void measure(const BenchCase& bench_case, Subject& subject, CaseRecord& record) {
    const SliceOptions slice{
        .budget = slice_, .tolerance = options_.tolerance, .is_cold = bench_case.cache == CacheState::cold};
    for (int attempt = 0;; ++attempt) {
      SampleSet samples = record.samples;
      samples.begin_visit();
      outcome_.interrupted_samples += take_samples(subject, stopwatch_, clock_, slice, samples);
      const bool is_slow = outcome_.drift.add(time_reference(workbench_.reference(), stopwatch_, clock_));
      if (!is_slow || attempt == most_repeats) {
        record.samples = std::move(samples);
        if (is_slow) ++record.disturbed_rounds;
        return;
      }
      ++outcome_.repeated_visits;
    }
  }

  const std::vector<BenchCase>& cases_;
  Workbench& workbench_;
  Stopwatch& stopwatch_;
  const CampaignOptions& options_;
  const CampaignHooks& hooks_;
  CampaignOutcome& outcome_;
  Seconds start_, last_keep_;
  ClockQuality clock_;
  double rate_ = 50e6;  // bytes a second of a slow board
  Seconds slice_ = shortest_slice;
  std::set<std::string> refused_;
  std::int64_t done_ = 0, total_ = 0;
};

}  // namespace

Seconds preparation_time(const BenchCase& bench_case, double bytes_per_second) {
  return least_preparation + Seconds(bytes_needed(bench_case) / bytes_per_second);
}

Schedule schedule_for(const std::vector<BenchCase>& cases, Seconds budget, int rounds, double bytes_per_second) {
  Seconds fixed{0};
  for (const BenchCase& bench_case : cases) fixed += preparation_time(bench_case, bytes_per_second) + reference_time;
  const auto count = static_cast<double>(std::max<std::size_t>(cases.size(), 1));
  Schedule schedule;
  schedule.slice = std::clamp((budget / rounds - fixed) / count, shortest_slice, longest_slice);
  schedule.planned = rounds * (fixed + static_cast<double>(cases.size()) * schedule.slice);
  return schedule;
}

CampaignOutcome run_campaign(const std::vector<BenchCase>& cases, Workbench& workbench, Stopwatch& stopwatch,
                             const CampaignOptions& options, const CampaignHooks& hooks, CaseRecords known,
                             Seconds spent) {
  CampaignOutcome outcome;
  outcome.spent = spent;
  for (const auto& [key, record] : known) outcome.kept_from_before += record.rounds;
  outcome.records = std::move(known);
  Run(cases, workbench, stopwatch, options, hooks, outcome).all_rounds();
  return outcome;
}

Observation observation_of(const BenchCase& bench_case, const CaseRecord& record, int threads, double tolerance) {
  Observation observation;
  observation.layer = bench_case.layer;
  observation.segment = bench_case.segment;
  observation.cache = bench_case.cache;
  observation.median = record.samples.quiet_median();
  observation.p10 = std::min(observation.median, record.samples.percentile(0.1));
  observation.p90 = std::max(observation.median, record.samples.percentile(0.9));
  observation.p99 = std::max(observation.median, record.samples.percentile(0.99));
  observation.repetitions = record.samples.repetitions();
  observation.is_settled = record.samples.uncertainty() <= tolerance;
  observation.backend = record.backend;
  observation.threads = threads;
  return observation;
}

}  // namespace tiercut::kernels
