// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "deployment/plan.hpp"
#include "runtime/validation/calibration.hpp"
#include "runtime/validation/recorded_run.hpp"

namespace tiercut::validation {

/// A run with the scenario (as its files say) and the plan that it was of.
struct FitRun {
  const RecordedRun* run = nullptr;
  scenarios::ScenarioPointer scenario;
  deployment::Plan plan;
};

/// How long a stage is under way in a simulation, from ready to fired. Seconds.
struct StageMoments {
  std::int64_t samples = 0;
  double mean = 0, deviation = 0;
};
/// Simulates a run's own arrivals and exits in a changed scenario; by stage of its graph. Handed in by who knows a
/// simulator.
using Replayer =
    std::function<Result<std::vector<StageMoments>>(const FitRun& run, const scenarios::Scenario& changed)>;

/// Fits a calibration to runs, which should not be so loaded that samples wait for one another: what waiting the
/// simulator does not explain is taken for overhead.
///  1. A call costs what its layers took; a tensor what serialising took (by bytes where sizes differ fourfold).
///  2. The runs are replayed at these costs. What a stage took longer than it does there is added: a compute stage's
///     to its call, a message's to the latency of its links (least squares over all messages). Three times over.
///  3. Scatter: of calls and messages about their means, less what the replay shows of it.
///  4. Drift: of the means between runs of the same stage; with one run, between tenths of it.
/// Fails with not-calibratable (no stages in a run), bad-run (a run and its scenario do not fit), and as the replayer.
Result<Calibration> fit(const std::vector<FitRun>& runs, const Replayer& replay);

}  // namespace tiercut::validation
