// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tiercut::runtime {

/// Time on a machine's monotonic clock, in nanoseconds: it never jumps, and means nothing on another machine.
using Nanoseconds = std::int64_t;
inline constexpr Nanoseconds nanoseconds_a_second = 1'000'000'000;
inline constexpr Nanoseconds never = INT64_MAX;

Nanoseconds monotonic_now();

}  // namespace tiercut::runtime
