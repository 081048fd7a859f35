// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "deployment/plan_checker.hpp"

/// What the plan checker says of thresholds that were chosen (internal to the folder). Losses are counted here once
/// more from the trace, sample by sample, by the replay of the stage graph; the binomial tail is summed here too.
namespace tiercut::deployment {

/// What the plan does on one part of the trace.
Result<PartFigures> recount(const scenarios::Scenario& scenario, const Plan& plan, profiles::TracePart part,
                            const scenarios::QualityRequirement& quality);

/// The figures and the certificate that a document claims. Codes: wrong-figures, wrong-certificate, loss-missed.
void check_threshold_claims(const scenarios::Scenario& scenario, const PlanDocument& document, CheckReport& report);

/// A lower bound on the objective over all placements and all thresholds whose loss on the calibration part is at most
/// the claims' allowance, by relaxation: each sample takes the quickest answer of least loss, and the allowance is
/// spent where it saves most a loss; that thresholds treat samples alike is left out. Of other objectives than mean
/// latency and accuracy, the quickest answer of all.
double chosen_thresholds_bound(const scenarios::Scenario& scenario, const ThresholdClaims& claims);

/// P(X <= errors), X binomial with n samples and probability p: the terms summed.
double at_most_errors(std::int64_t n, std::int64_t errors, double p);

}  // namespace tiercut::deployment
