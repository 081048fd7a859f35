// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tiercut::benchmarks {

/// The device and server scenario as one would write it straight on SimGrid, for nothing but speed: the same Execs and
/// Comms, without actors, the next started when one completes; latency on the links, no queues (samples do not
/// overlap at a unit), no records, no terms. Returns the mean latency in seconds.
double run_bare_simgrid(std::int64_t samples, double period_s);

}  // namespace tiercut::benchmarks
