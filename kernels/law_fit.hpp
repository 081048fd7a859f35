// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "kernels/observation.hpp"
#include "profiles/cost_law.hpp"

namespace tiercut::kernels {

/// How well a law predicts observations that it was not fitted to.
struct FitQuality {
  int observations = 0;
  double median_error = 0;  ///< of |predicted / measured - 1|
  double p99_error = 0;
  double share_within_10 = 0;  ///< share of predictions within 10 %
  double median_spread = 0;    ///< of the observations' own spread: what no law can beat
};

struct FittedLaw {
  profiles::CostLaw law;       ///< provenance: measured, with the error of cross-validation
  FitQuality cross_validated;  ///< k-fold, folds by shape
};

/// One law a layer type that occurs in the observations (single layers, one cache state, backend and thread count),
/// least squares on relative error with non-negative coefficients over features of the layer, in pieces where a
/// division lowers the cross-validated error. `cold`: some of the layers observed with cold caches, from which the law
/// learns what a layer costs in a call that leaves nothing of it in the caches; no error is stated of them. Fails with
/// too-few-observations.
Result<std::vector<FittedLaw>> fit_laws(std::span<const Observation> observations,
                                        std::span<const Observation> cold = {});

/// Of absolute relative errors, and of the spreads of what was measured.
FitQuality quality_from(std::vector<double> errors, std::vector<double> spreads);

/// Quality of given laws on given observations.
FitQuality quality_of(const profiles::CostLaw& law, std::span<const Observation> observations);

}  // namespace tiercut::kernels
