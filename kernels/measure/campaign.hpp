// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "kernels/measure/bench_case.hpp"
#include "kernels/measure/drift_watch.hpp"
#include "kernels/measure/sampler.hpp"

namespace tiercut::kernels {

/// Makes cases ready to run. An interface, so that campaigns are tested without kernels.
class Workbench {
 public:
  struct Prepared {
    std::unique_ptr<Subject> subject;
    std::string backend;  ///< who runs it: `highway`, or `highway, eigen`
  };
  virtual ~Workbench() = default;
  virtual Result<Prepared> prepare(const BenchCase& bench_case) = 0;
  /// The same work all along, whose time tells whether the machine is as fast as it was.
  virtual Subject& reference() = 0;
};

struct CampaignOptions {
  Seconds budget{};  ///< wall time for the whole; a case is not begun that is not expected to end within it
  int rounds = 3;    ///< visits to each case, every round in another order, so that a drift hits all alike
  double tolerance = 0.01;
  std::uint64_t seed = 1;
  std::size_t first_cases = 0;  ///< so many of the cases come first in every round, as others are compared with them
};

/// What is known of one case.
struct CaseRecord {
  SampleSet samples;
  int rounds = 0;            ///< visits that were kept
  int disturbed_rounds = 0;  ///< of these, visits during which the machine stayed slower than usual
  std::string backend;
};
using CaseRecords = std::map<std::string, CaseRecord>;  ///< by key

/// Wall time set aside for getting a case ready and for each of its visits.
struct Schedule {
  Seconds slice{};    ///< of one visit
  Seconds planned{};  ///< all visits, preparations and reference timings
};
Seconds preparation_time(const BenchCase& bench_case, double bytes_per_second);
Schedule schedule_for(const std::vector<BenchCase>& cases, Seconds budget, int rounds, double bytes_per_second);

struct CampaignOutcome {
  CaseRecords records;
  int visits = 0;               ///< made by this call
  int kept_from_before = 0;     ///< visits taken over
  int repeated_visits = 0;      ///< thrown away because the reference had slowed down
  int interrupted_samples = 0;  ///< left out because another process had the processor
  int unreached_cases = 0;      ///< for want of time
  Diagnostics refused;          ///< of cases that could not be prepared, once each
  bool is_interrupted = false;
  Seconds spent{};  ///< earlier calls included
  DriftWatch drift;
};

struct CampaignHooks {
  std::function<bool()> is_stopped = [] { return false; };
  std::function<void(std::int64_t done, std::int64_t total)> progress = [](std::int64_t, std::int64_t) {};
  /// Called every ten seconds or so, and at the end when interrupted.
  std::function<void(const CampaignOutcome&)> keep = [](const CampaignOutcome&) {};
};

/// Measures all cases, going on from `known` (with `spent` of the budget gone).
CampaignOutcome run_campaign(const std::vector<BenchCase>& cases, Workbench& workbench, Stopwatch& stopwatch,
                             const CampaignOptions& options, const CampaignHooks& hooks, CaseRecords known = {},
                             Seconds spent = Seconds(0));

/// The record as an observation. The record must hold samples.
Observation observation_of(const BenchCase& bench_case, const CaseRecord& record, int threads, double tolerance);

}  // namespace tiercut::kernels
