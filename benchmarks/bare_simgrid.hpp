// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tiercut::benchmarks {

/// The device and server scenario as one would write it straight on SimGrid, for nothing but speed: no actors, no
/// records, no terms. Both return the mean latency in seconds.

/// The same Execs and Comms as the engine `simgrid` has, the next started when one completes; latency on the links, no
/// queues (samples do not overlap at a unit).
double run_bare_activities(std::int64_t samples, double period_s);

/// Each step a timer of SimGrid, with queues by Lindley's recursion: a unit or link is free again when its last piece
/// of work ends.
double run_bare_timers(std::int64_t samples, double period_s);

}  // namespace tiercut::benchmarks
