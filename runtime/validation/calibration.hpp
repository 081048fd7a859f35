// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/quantile_table.hpp"
#include "core/schema.hpp"
#include "scenarios/scenario.hpp"

/// What runs taught of devices and links, beside what their profiles and the scenario say.
namespace tiercut::validation {

/// A call as it was measured: these layers, in this order, on this unit.
struct CalibratedCall {
  std::vector<std::string> layers;
  double time = 0;          ///< mean, seconds, with what the agent adds
  double drift = 0;         ///< standard deviation of the mean between runs as long as those measured, over the mean
  double spread_drift = 0;  ///< standard deviation of the logarithm of the scatter between such runs
  QuantilePointer shape;    ///< time over mean; null: constant
  std::int64_t samples = 0;
};
struct CalibratedUnit {
  std::string name;
  double scale = 1;                  ///< measured over priced: for calls that were not measured
  std::optional<double> exit_check;  ///< seconds
  std::vector<CalibratedCall> calls;
};
/// A device, or all members of a group.
struct CalibratedDevice {
  std::string name;
  /// Seconds a tensor sent, received; and a byte of it, where sizes differed enough to tell (else the profile's rates).
  double serialise = 0, deserialise = 0;
  std::optional<double> serialise_byte, deserialise_byte;
  std::vector<CalibratedUnit> units;
};
struct CalibratedLink {
  std::string name;
  double added = 0;         ///< seconds of latency beyond what the scenario states
  double byte = 0;          ///< seconds a byte beyond what the stated bandwidth makes of it
  double drift = 0;         ///< standard deviation of it between runs, seconds
  double spread_drift = 0;  ///< standard deviation of the logarithm of `deviation` between runs
  double deviation = 0;     ///< of single messages, seconds
  QuantilePointer shape;    ///< of mean 0, in deviations; null: constant
};
struct Calibration {
  std::string how;                ///< provenance: tool, date, machine
  std::vector<std::string> runs;  ///< what it was fitted to: path, scenario, start, samples
  std::vector<CalibratedDevice> devices;
  std::vector<CalibratedLink> links;
};

/// The file format `tiercut/calibration/1`.
const Format& calibration_format();
std::string to_yaml(const Calibration& calibration);
/// Fails with format errors, and bad-quantiles (not ascending, or not as many as a table has).
Result<Calibration> read_calibration(const std::string& path);

/// The scenario with calls, overheads and links as measured. Devices and links that it does not have are passed over:
/// a calibration serves all scenarios of the same machines. The hash stays, as plans are of the scenario.
scenarios::Scenario calibrated(const scenarios::Scenario& scenario, const Calibration& calibration);

/// The calibration as another run of the same length might have shown it: every device's calls and every link's latency
/// moved by its drift times a normal draw, its scatter by another one, keyed by (seed, name). What prediction intervals
/// are made of.
Calibration redrawn(const Calibration& calibration, std::uint64_t seed);

}  // namespace tiercut::validation
