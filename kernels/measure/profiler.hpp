// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/measure/campaign.hpp"
#include "kernels/measure/device_profile.hpp"
#include "kernels/measure/model_cases.hpp"

namespace tiercut::kernels {

struct ProfilerOptions {
  bool is_quick = false;
  double grid_scale = 0;  ///< as GridOptions::scale; 0: 0.3 when quick, 3 else
  Seconds budget{0};      ///< of everything; 0: 45 s when quick, 12 minutes else
  int threads = 1;
  std::string backend = {};             ///< empty: the best for each layer
  CacheState cache = CacheState::warm;  ///< in which the laws are measured
  model::ModelPointer model = {};       ///< whose layers are measured one by one, or null
  std::string name = {};                ///< of the profile
  std::string tool = {}, command = {}, date = {};
  std::string partial_file = {};  ///< where an interrupted campaign leaves its measurements
  bool must_resume = false;       ///< fail when there is nothing to resume
};

/// Fails with backend-absent, bad-threads (below 1 or more than the machine has processors), bad-budget (below 1 s).
Result<void> check(const ProfilerOptions& options, const MachineFacts& facts);

/// What is going to be measured; follows from the options and the machine's memory alone, so that an interrupted
/// campaign finds its cases again.
struct ProfilePlan {
  std::vector<BenchCase> cases;
  std::vector<ModelCases> series;  ///< the model's, or typical networks; their cases are among `cases`
  CampaignOptions campaign;
  Seconds probe_budget{};
  std::size_t largest_working_set = 0;
  std::string settings;               ///< as PartialMeasurements
  std::vector<std::string> left_out;  ///< keys of the model's cases that this machine has no memory for
};
ProfilePlan plan_profile(const ProfilerOptions& options, const MachineFacts& facts);

/// What is measured beside layers.
struct MachineProbes {
  std::vector<BandwidthPoint> bandwidth;
  Seconds overhead_per_call{};
  Seconds exit_check{};
  BytesPerSecond copy_rate = BytesPerSecond::infinite();
  Bytes runtime_footprint{};
  long involuntary_switches = 0;
  Hertz slowest_clock{}, fastest_clock{};  ///< seen meanwhile; 0 where the system does not say
};

/// The profile of what was measured. Fails when too few layers were measured for any law.
Result<MeasuredDevice> device_from(const ProfilerOptions& options, const ProfilePlan& plan, const MachineFacts& facts,
                                   const MachineProbes& probes, const CampaignOutcome& outcome);

struct ProfilerHooks {
  std::function<bool()> is_stopped = [] { return false; };
  std::function<void(std::int64_t done, std::int64_t total)> progress = [](std::int64_t, std::int64_t) {};
  std::function<void(const std::string&)> say = [](const std::string&) {};  ///< one sentence, without a full stop
};

struct ProfilerResult {
  bool is_interrupted = false;  ///< then the measurements are in partial_file, and `device` is empty
  MeasuredDevice device;
  CampaignOutcome outcome;
};

/// Measures this machine. The partial file stays when interrupted; else it is for the caller to remove once the
/// profile is written.
Result<ProfilerResult> profile_machine(const ProfilerOptions& options, const ProfilerHooks& hooks);

}  // namespace tiercut::kernels
