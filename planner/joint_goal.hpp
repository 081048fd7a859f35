// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/joint_thresholds.hpp"

namespace tiercut::planner {

/// What a scenario wants of placement and thresholds.
struct JointGoal {
  bool is_most_accurate = false;  ///< the least loss first, then the statistic
  Statistic statistic = Statistic::mean;
  LossChoice loss;
  std::optional<scenarios::QualityRequirement> quality;
  std::optional<scenarios::LatencyRequirement> latency;
  std::vector<LatencyLimit> limits;  ///< for choosing: with a confidence, cautious enough to be certified
  std::size_t test_samples = 0;

  /// Mean latency when the scenario says how good answers must be, accuracy when it only says how soon they must come.
  /// Fails with no-goal when it says neither.
  static Result<JointGoal> of(const scenarios::Scenario& scenario);

  bool has_unit_loss() const { return loss.kind != LossKind::f1; }
  bool is_certified() const { return quality && quality->confidence && has_unit_loss(); }
  double confidence() const { return quality->confidence.value_or(0); }
  std::optional<Span> latest() const;
  /// The share that a percentile lets come later; nothing for other statistics.
  std::optional<double> late_share() const;
  /// The smallest share that has to be certified.
  double hardest_share() const;
  /// Losses that are allowed on the calibration part.
  std::uint64_t budget(const profiles::ExitTrace& trace, std::uint64_t most) const;
  scenarios::QualityRequirement::Measure measure() const;
  std::string objective_text() const;
};

LossChoice loss_choice(const scenarios::QualityRequirement& quality);

}  // namespace tiercut::planner
