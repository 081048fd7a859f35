// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "planner/thresholds/level_costs.hpp"
#include "planner/thresholds/thresholds.hpp"

namespace tiercut::planner {

/// P(latency over budget) <= share, by the levels that are late.
struct LatePromise {
  std::vector<bool> is_late;  ///< by level
  double share = 0;           ///< in (0, 1)
};

struct Promise {
  double loss_rate = 0;  ///< in (0, 1): the promised bound of the loss's rate
  double delta = 0.05;   ///< in (0, 1): the chance that the guarantee is allowed to fail
  std::optional<LatePromise> late;
};

/// One rate three times: where it was chosen, what is guaranteed, and on samples not used to choose.
struct CertifiedRate {
  double measured = 0;
  double certified = 1;  ///< the promised bound when certified, else 1
  double held_out = 0;
  std::uint64_t held_out_count = 0;
  double p_value = 1;  ///< of the null `the rate is above the promise`
};

/// What can be said of thresholds beyond the samples they were chosen on.
struct Certificate {
  bool is_certified = false;
  std::size_t step = 0;    ///< of the path: the last that passed; when none did, the first
  ThresholdAnswer answer;  ///< that step
  CertifiedRate loss;
  std::optional<CertifiedRate> late;
  double cost_measured = 0, cost_held_out = 0;
  std::size_t calibration_samples = 0, test_samples = 0;
  std::size_t tests = 0;  ///< steps tested, the failed one included
  double delta = 0;
  std::string guarantee;  ///< one sentence; also says when nothing is guaranteed, and how many samples it would take
};

/// Tests a path of thresholds, chosen on the calibration part alone and in an order fixed before, one after the other
/// on the test part until one fails; the last that passed keeps the promise with probability 1 - delta, for any
/// distribution the samples are drawn from independently (docs/thresholds.md). `path` rises in loss, as threshold_front
/// returns it; `costs` are the placements its answers refer to. Fails with bad-promise: an empty path, a loss that is
/// not 0 or 1, a rate or delta outside (0, 1), rows that do not fit.
Result<Certificate> certify(const ThresholdProblem& calibration, const ThresholdProblem& test,
                            std::span<const ThresholdAnswer> path, std::span<const LevelCosts> costs,
                            const Promise& promise);

/// The share of late samples to choose with, so that the test part is likely to certify `share`: what it may have at
/// most, less one standard deviation of that count. 0 when it is too small.
double cautious_share(double share, std::size_t test_samples, double delta);

}  // namespace tiercut::planner
