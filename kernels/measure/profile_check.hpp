// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernels/law_fit.hpp"
#include "kernels/measure/profiler.hpp"
#include "profiles/profile.hpp"

namespace tiercut::kernels {

struct ProfileCheckOptions {
  int shapes = 400;                         ///< about so many layers that profiling does not measure
  std::vector<model::ModelPointer> models;  ///< whole, and cut where it may pay
  std::string backend = {};                 ///< empty: the best for each layer
  Seconds budget{120};
};

/// One thing predicted and measured.
struct CheckedCase {
  std::string key;
  bool is_series = false;  ///< several layers, as one call
  model::LayerType type = model::LayerType::input;
  Seconds predicted{}, measured{};
  double spread = 0;  ///< of the repetitions, (p90 - p10) / median
  int repetitions = 0;
  bool is_extrapolated = false;

  double error() const { return predicted / measured - 1; }
};

struct ProfileCheck {
  bool is_interrupted = false;
  std::vector<CheckedCase> cases;  ///< by layer type, series last
  Diagnostics unpriced;            ///< what the profile has no cost for, once a type
  CampaignOutcome outcome;
};

/// How far the profile's predictions lie off what this machine does, on shapes that are not in the grid of
/// `tiercut profile` and on models run in series, measured on as many threads as the profile says. The profile's
/// first unit is asked. Fails with bad-threads, backend-absent.
Result<ProfileCheck> check_profile(const profiles::Profile& profile, const ProfileCheckOptions& options,
                                   const ProfilerHooks& hooks);

/// Errors of some cases. A case is within 10 % when its error is, or when its own repetitions spread further.
struct CheckedShare {
  std::string name;  ///< layer type, or `all layers`
  FitQuality quality;
  double share_within_spread = 0;  ///< share of predictions within the larger of 10 % and the repetitions' spread
};
/// One row a layer type and one over all; series are left out.
std::vector<CheckedShare> shares_of(const std::vector<CheckedCase>& cases);

/// A line a case, with a header line.
std::string to_csv(const std::vector<CheckedCase>& cases);

}  // namespace tiercut::kernels
