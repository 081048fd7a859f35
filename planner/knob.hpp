// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/schema.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::planner {

/// One value of a scenario that may be otherwise, on a grid: latencies and the budget in picoseconds, bandwidths in
/// 1e-18 s a byte (so that transmission times are straight lines along it; more is slower), cost factors in 1e-9.
struct Knob {
  enum class Kind {
    link_latency,    ///< `links.up.latency`, s
    link_bandwidth,  ///< `links.up.bandwidth`, B/s
    device_cost,     ///< `devices.pi.cost`: what calls, layers and exit checks cost there, times this; now 1
    budget           ///< `requirement.latency.at_most`, s
  } kind = Kind::link_latency;
  int index = 0;  ///< of the link or device
  bool operator==(const Knob&) const = default;
};

/// All of a scenario: latency and bandwidth of every link, every device with a profile, the budget if there is one.
std::vector<Knob> knobs_of(const scenarios::Scenario& scenario);
std::string name_of(const scenarios::Scenario& scenario, const Knob& knob);
/// Of its name; fails with unknown-knob.
Result<Knob> find_knob(const scenarios::Scenario& scenario, const std::string& name);
Dimension dimension_of(const Knob& knob);

double value_now(const scenarios::Scenario& scenario, const Knob& knob);
std::int64_t ticks_of(const Knob& knob, double value);
double value_at(const Knob& knob, std::int64_t ticks);
/// The ticks that a knob may have go from 0 to this: an hour, 1 kB/s, a factor of 10,000.
std::int64_t most_ticks(const Knob& knob);

/// The scenario with the knob there; routes are found anew, the hash is empty.
scenarios::Scenario turned(const scenarios::Scenario& scenario, const Knob& knob, std::int64_t ticks);

/// Whether messages between places, sources and the answer go the same ways. Routes have the least sum of latencies,
/// which are straight lines along every knob: a route that is least in both is least in all scenarios between them.
bool have_same_routes(const scenarios::Scenario& a, const scenarios::Scenario& b);

/// Whether the mean latency of every plan is a straight line along every knob between two scenarios that differ in
/// knobs alone, up to a picosecond a stage: steps that follow each other in time (chain_steps), no windows, and the
/// same routes in both. Then it is a sum of latencies, of bytes times seconds a byte, and of costs times factors, each
/// with a coefficient that no knob changes.
bool is_linear_between(const scenarios::Scenario& a, const scenarios::Scenario& b);

}  // namespace tiercut::planner
