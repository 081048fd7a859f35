// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "scenarios/platform.hpp"

namespace tiercut::scenarios {

/// Out of order from one moment until another, or for good.
struct Outage {
  Instant from;
  Instant until = Instant::never();
  bool operator==(const Outage&) const = default;
};

/// A device, a unit of one, or links, out of order at times.
struct Fault {
  std::string name;
  std::optional<DeviceRef> device;  ///< member 0 of a group: every member, each with its own random outages
  std::optional<int> unit;          ///< of the device, in place of the whole device
  std::vector<Hop> links;           ///< in place of a device; member 0: every copy, each with its own random outages
  bool loses = true;                ///< what is there is lost; else it stands still and goes on afterwards
  std::vector<Outage> outages;  ///< stated or read from a file, recovery included; ascending, apart from one another
  Seconds time_between{}, time_to_repair{};  ///< means of exponential times, in place of outages, when above 0
  Seconds recovery{};                        ///< after each repair, still out
  std::string digest{};                      ///< SHA-256 of the file that the outages were read from
};

}  // namespace tiercut::scenarios
