// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernels/law_fit.hpp"
#include "kernels/measure/bandwidth_curve.hpp"
#include "kernels/measure/machine_facts.hpp"
#include "kernels/observation.hpp"

namespace tiercut::kernels {

/// Measured time of layers in series over what CallCost makes of their own times.
struct SeriesRatio {
  std::string segment;
  double ratio = 1;
  int layers = 0;
  Bytes weights{};
};

/// What was found out about this machine, ready to be written down.
struct MeasuredDevice {
  std::string name;
  std::string tool;     ///< `tiercut 0.1.0`
  std::string command;  ///< as it was typed
  std::string date;     ///< `2026-01-31`
  std::string compiler;
  std::string backend;  ///< names and versions
  int threads = 1;
  MachineFacts facts;
  std::vector<BandwidthPoint> bandwidth;
  Seconds overhead_per_call{};
  Seconds exit_check{};
  BytesPerSecond copy_rate = BytesPerSecond::infinite();
  Bytes runtime_footprint{};
  std::vector<FittedLaw> laws;
  std::vector<Observation> table;  ///< layers of the model that was asked for
  std::vector<SeriesRatio> series;
  double series_correction = 1;
  std::string series_how;  ///< which segments it comes from
  std::string summary;     ///< repetitions and spread, for the provenance
  std::vector<std::string> notes;
};

/// A profile file, `tiercut/profile/1`, that `plan` and `simulate` take as it is.
std::string to_yaml(const MeasuredDevice& device);

}  // namespace tiercut::kernels
