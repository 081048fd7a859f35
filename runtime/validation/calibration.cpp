// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/random.hpp"

namespace tiercut::validation {
namespace {

/// Of seconds a byte; nothing a byte is no limit.
BytesPerSecond rate_of(double byte) { return byte > 0 ? BytesPerSecond(1 / byte) : BytesPerSecond::infinite(); }

void apply(const CalibratedUnit& measured, profiles::Unit& unit) {
  unit.scale = measured.scale;
  if (measured.exit_check) unit.exit_check = Seconds(*measured.exit_check);
  for (const CalibratedCall& call : measured.calls) {
    unit.calls.push_back({call.layers, Seconds(call.time), call.shape});
  }
}

void apply(const CalibratedDevice& measured, scenarios::Device& device) {
  if (!device.profile) return;
  auto profile = std::make_shared<profiles::Profile>(*device.profile);
  profile->serialise_overhead = Seconds(measured.serialise);
  profile->deserialise_overhead = Seconds(measured.deserialise);
  if (measured.serialise_byte) profile->serialise = rate_of(*measured.serialise_byte);
  if (measured.deserialise_byte) profile->deserialise = rate_of(*measured.deserialise_byte);
  for (const CalibratedUnit& unit : measured.units) {
    const int index = profile->find_unit(unit.name);
    if (index >= 0) apply(unit, profile->units[static_cast<std::size_t>(index)]);
  }
  device.profile = std::move(profile);
}

void apply(const CalibratedLink& measured, scenarios::Link& link) {
  link.latency = std::max(Seconds(), link.latency + Seconds(measured.added));
  if (measured.byte > 0) link.bandwidth = rate_of(1 / link.bandwidth.value() + measured.byte);
  // What the scenario states of jitter is in the measured one.
  if (measured.shape && measured.deviation > 0) {
    link.latency += link.jitter.mean;
    link.jitter = {scenarios::Jitter::Kind::measured, Seconds(), Seconds(measured.deviation), measured.shape};
  }
}

/// With the same mean of 1, and `power` times the scatter of its logarithm.
QuantilePointer widened(const QuantilePointer& shape, double power) {
  if (!shape) return nullptr;
  std::array<double, QuantileTable::size> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::pow(std::max(0.0, shape->values()[i]), power);
  const QuantilePointer wide = QuantileTable::from(values);
  return std::make_shared<QuantileTable>(wide->moved(1 / wide->mean(), 0));
}

}  // namespace

scenarios::Scenario calibrated(const scenarios::Scenario& scenario, const Calibration& calibration) {
  scenarios::Scenario changed = scenario;
  for (scenarios::Device& device : changed.devices) {
    for (const CalibratedDevice& measured : calibration.devices) {
      if (measured.name == device.name) apply(measured, device);
    }
  }
  for (scenarios::Link& link : changed.links) {
    for (const CalibratedLink& measured : calibration.links) {
      if (measured.name == link.name) apply(measured, link);
    }
  }
  // Not prepare(): messages go the ways they went when these were measured.
  return changed;
}

Calibration redrawn(const Calibration& calibration, std::uint64_t seed) {
  Calibration other = calibration;
  for (CalibratedDevice& device : other.devices) {
    RandomStream stream(seed, entity_id("drift/" + device.name), 0);
    const double moved = stream.normal(0, 1), spread = stream.normal(0, 1);
    for (CalibratedUnit& unit : device.units) {
      for (CalibratedCall& call : unit.calls) {
        call.time *= std::max(0.0, 1 + moved * call.drift);
        if (call.spread_drift > 0) call.shape = widened(call.shape, std::exp(spread * call.spread_drift));
      }
    }
  }
  for (CalibratedLink& link : other.links) {
    RandomStream stream(seed, entity_id("drift/" + link.name), 0);
    link.added += stream.normal(0, 1) * link.drift;
    link.deviation *= std::exp(stream.normal(0, 1) * link.spread_drift);
  }
  return other;
}

}  // namespace tiercut::validation
