// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/statistics.hpp"

namespace tiercut::deployment {

/// What thresholds do to one part of an exit trace.
struct PartFigures {
  std::int64_t samples = 0;
  std::int64_t lost = 0;  ///< by what counts as lost; of F1 millionths
  double accuracy = 0;
  Summary latency_s;

  double lost_share() const { return samples > 0 ? static_cast<double>(lost) / static_cast<double>(samples) : 0; }
};

/// What was tested on the samples not used to choose.
struct CertifiedFigures {
  double confidence = 0;       ///< in (0, 1)
  double loss = 1;             ///< the share lost is at most this
  std::optional<double> late;  ///< the share answered after the limit of the latency percentile is at most this
  std::int64_t tests = 1;      ///< steps of the fixed sequence, the failed one included
};

/// What is claimed of thresholds that were chosen on the calibration part of a trace. Objective, bound and gap of such
/// a plan are about that part.
struct ThresholdClaims {
  std::string objective;       ///< what was to be least: `mean latency`, `p99 latency`, `accuracy`
  std::string loss = "error";  ///< what counts as lost: word of scenarios::QualityRequirement::Measure
  int model_class = 0;         ///< of a class error and F1
  /// No plan whose thresholds lose at most so many calibration samples is better.
  std::int64_t allowance = 0;
  PartFigures measured;                       ///< on the calibration part
  std::optional<CertifiedFigures> certified;  ///< nothing when nothing is
  std::optional<PartFigures> held_out;        ///< on the test part
};

}  // namespace tiercut::deployment
