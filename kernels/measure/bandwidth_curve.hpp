// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "kernels/measure/stopwatch.hpp"

namespace tiercut::kernels {

/// How fast one thread reads memory that it read before.
struct BandwidthPoint {
  Bytes working_set{};
  BytesPerSecond bandwidth{};
};

/// 16 KiB, 24 KiB, 32 KiB, 48 KiB, ... up to `most` bytes.
std::vector<std::size_t> working_sets(std::size_t most);

/// Measures it for every working set up to `most` within about `budget`. Each is read whole, again and again, in 1, 2,
/// 4 and 8 streams; the fastest counts.
std::vector<BandwidthPoint> read_bandwidth(Stopwatch& stopwatch, std::size_t most, Seconds budget);

/// Working sets beyond which reading gets slower: where a doubling of the set (two points on) costs more than 10 % of
/// the bandwidth, the last set that keeps 95 % of it. A slope without a level in it has one knee.
std::vector<Bytes> cache_knees(std::span<const BandwidthPoint> curve);

/// Rate at which a tensor of 1 MiB is copied.
BytesPerSecond copy_rate(Stopwatch& stopwatch);

}  // namespace tiercut::kernels
