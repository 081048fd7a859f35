// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "deployment/stage_graph.hpp"
#include "scenarios/scenario.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::report {

/// What a simulation drew, by the powers that profiles and links state; first arrival to last event.
struct Energy {
  struct Part {
    std::string name;  ///< of a device with all its members, or of a link
    bool is_link = false;
    Joules idle{};             ///< devices: idle power all the time
    Joules compute{};          ///< devices: busy beyond idle power of each unit while it computes
    Joules send{}, receive{};  ///< links: beyond idle power, while they transmit
    Joules total() const { return idle + compute + send + receive; }
  };
  std::vector<Part> parts;  ///< devices, then links; those that state no power are left out
  Joules for_samples{};     ///< all but idle
  double arrivals = 0;      ///< that it was drawn for, warm-up included
};

/// Nothing when no power is stated. A unit with several workers draws its busy power when all have work, and in
/// proportion when fewer have; units of a device that compute at once add up; a device that is out of order is taken to
/// idle. `arrivals`: of the whole run.
std::optional<Energy> energy_of(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                                const simulator::SimulationResult& result, std::int64_t arrivals);

}  // namespace tiercut::report
