// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tiercut::benchmarks {

struct BareRecord {
  std::int64_t latency_ps = 0;
  std::int32_t exit = 0;
};

/// The deployment `two_exits` written out by hand as one loop over a binary heap: no stage graph, no terms, no figures
/// of resources; what a program for just this deployment may take. Its latencies are those of the simulator, to the
/// picosecond. `with_blocks`: draws come 64 at a time out of simulator/draw_cache.hpp, else from a RandomStream each.
std::vector<BareRecord> run_bare_heap(int members, double period_s, std::int64_t samples, std::uint64_t seed,
                                      bool with_blocks);

}  // namespace tiercut::benchmarks
