// SPDX-License-Identifier: Apache-2.0
#include "deployment/places.hpp"

#include <algorithm>

namespace tiercut::deployment {

int message_unit(const scenarios::Scenario& scenario, scenarios::DeviceRef device) {
  const profiles::ProfilePointer& profile = scenario.device(device).profile;
  if (!profile) return -1;
  const auto cpu = std::find_if(profile->units.begin(), profile->units.end(),
                                [](const profiles::Unit& unit) { return unit.kind == "cpu"; });
  return cpu == profile->units.end() ? 0 : static_cast<int>(cpu - profile->units.begin());
}

bool is_place(const scenarios::Scenario& scenario, const scenarios::Scenario::Place& place) {
  const int index = place.device.device;
  if (index < 0 || index >= static_cast<int>(scenario.devices.size())) return false;
  const scenarios::Device& device = scenario.device(place.device);
  return place.device.member >= 0 && place.device.member <= device.count && device.profile && place.unit >= 0 &&
         place.unit < static_cast<int>(device.profile->units.size());
}

}  // namespace tiercut::deployment
