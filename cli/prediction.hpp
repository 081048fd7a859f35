// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "deployment/plan.hpp"
#include "runtime/validation/calibration_fit.hpp"
#include "runtime/validation/run_comparison.hpp"
#include "simulator/simulator.hpp"

/// The simulator's side of `validate` and `calibrate`.
namespace tiercut::cli {

/// The arrivals and exits of a run, in the order of arrival. Empty (null) where the run does not say who answered
/// though its model has exits.
std::shared_ptr<const std::vector<simulator::Course>> courses_of(const validation::RecordedRun& run,
                                                                 const deployment::StageGraph& graph);

struct PredictionRequest {
  const scenarios::Scenario* scenario = nullptr;
  const deployment::Plan* plan = nullptr;
  const validation::Calibration* calibration = nullptr;  ///< null: none; then there are no intervals
  std::int64_t samples = 1000;                           ///< warm-up included
  std::uint64_t seed = 1;
  const validation::RecordedRun* replayed = nullptr;  ///< its arrivals and exits instead of drawn ones
  std::optional<std::int64_t> warm_up{};              ///< default: the scenario's
  const volatile bool* stop = nullptr;
};

/// Simulates as many samples as asked for again and again: every statistic foretold is its mean over that. With a
/// calibration the same with drift drawn anew each time, and the interval is from its 5 % to its 95 % quantile then.
/// Fails as deployment::lower and simulator::simulate do, with not-replayable, and with `interrupted`.
Result<validation::Prediction> predict(const PredictionRequest& request);

/// A validation::Replayer.
Result<std::vector<validation::StageMoments>> replay_stages(const validation::FitRun& run,
                                                            const scenarios::Scenario& changed);

}  // namespace tiercut::cli
