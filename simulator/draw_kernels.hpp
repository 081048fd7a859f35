// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace tiercut::simulator {

/// Draws of many samples at once. What one RandomStream a sample gives is the truth; a value that these cannot tell
/// from it to the picosecond is left `unsettled`, to be drawn from the stream itself.
namespace draw_kernels {

inline constexpr int lanes = 64;  ///< samples a call, consecutive
inline constexpr std::int64_t unsettled = std::numeric_limits<std::int64_t>::min();

using Uniforms = std::array<double, lanes>;
using Picoseconds = std::array<std::int64_t, lanes>;

/// The first two uniforms of the streams of samples first_sample, first_sample + 1, ...; exact.
void uniforms(std::uint64_t stream_key, std::uint64_t first_sample, Uniforms& first, Uniforms& second);

/// Bit i: whether the uniform of lane i is below `probability`; exact.
std::uint64_t below(const Uniforms& uniforms, double probability);

/// Durations in picoseconds; the parameters are in seconds.
void exponential(const Uniforms& u, double mean, Picoseconds& out);
void uniform(const Uniforms& u, double mean, double deviation, Picoseconds& out);
void normal(const Uniforms& u, const Uniforms& v, double mean, double deviation, Picoseconds& out);
void lognormal(const Uniforms& u, const Uniforms& v, double mean, double coefficient_of_variation, Picoseconds& out);

}  // namespace draw_kernels
}  // namespace tiercut::simulator
