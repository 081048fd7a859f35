// SPDX-License-Identifier: Apache-2.0
// Loops that compilers turn into vector code, hence no branches and no calls. Elementary functions are series, good to
// a few units in the last place; what they leave open is how a value is rounded to a picosecond when it lies next to a
// half, and there a lane says so.
#include "simulator/draw_kernels.hpp"

#include <bit>
#include <cmath>
#include <numbers>

// One version for each width of vectors, chosen when the program starts. Sanitizers start too late for that.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__clang__)
#define TIERCUT_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TIERCUT_VECTORS
#endif

namespace tiercut::simulator::draw_kernels {

namespace {

using std::uint32_t;
using std::uint64_t;

[[gnu::always_inline]] inline double from_bits(uint64_t bits) { return std::bit_cast<double>(bits); }
[[gnu::always_inline]] inline uint64_t to_bits(double value) { return std::bit_cast<uint64_t>(value); }

// Adding this rounds to a whole number and leaves it in the low bits, for magnitudes up to 2^51.
constexpr double rounder = 0x1.8p52;

/// Natural logarithm of a normal number in (0, 1): of 2^e m, m near 1, by the series of the inverse hyperbolic tangent.
[[gnu::always_inline]] inline double logarithm(double x) {
  constexpr uint64_t root_half = 0x3fe6a09e667f3bcdULL;
  const uint64_t shifted = to_bits(x) - root_half + (uint64_t{1024} << 52);  // the exponent cannot go below zero
  const uint64_t raised = shifted >> 52;                                     // exponent + 1024
  const double exponent = from_bits(to_bits(0x1p52) + raised) - (0x1p52 + 1024);
  const double m = from_bits(to_bits(x) - (raised << 52) + (uint64_t{1024} << 52));
  const double s = (m - 1) / (m + 1), z = s * s;
  double series = 1.0 / 23;
  series = series * z + 1.0 / 21;
  series = series * z + 1.0 / 19;
  series = series * z + 1.0 / 17;
  series = series * z + 1.0 / 15;
  series = series * z + 1.0 / 13;
  series = series * z + 1.0 / 11;
  series = series * z + 1.0 / 9;
  series = series * z + 1.0 / 7;
  series = series * z + 1.0 / 5;
  series = series * z + 1.0 / 3;
  const double of_m = 2 * s + 2 * s * z * series;
  constexpr double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
  return exponent * ln2_high + (of_m + exponent * ln2_low);
}

/// e^x for |x| < 700.
[[gnu::always_inline]] inline double exponential_of(double x) {
  constexpr double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
  const double shifted = x * (1 / std::numbers::ln2) + rounder;
  const double n = shifted - rounder;
  const double r = (x - n * ln2_high) - n * ln2_low;
  double series = 1.0 / 87178291200.0;  // 14!
  series = series * r + 1.0 / 6227020800.0;
  series = series * r + 1.0 / 479001600.0;
  series = series * r + 1.0 / 39916800.0;
  series = series * r + 1.0 / 3628800.0;
  series = series * r + 1.0 / 362880.0;
  series = series * r + 1.0 / 40320.0;
  series = series * r + 1.0 / 5040.0;
  series = series * r + 1.0 / 720.0;
  series = series * r + 1.0 / 120.0;
  series = series * r + 1.0 / 24.0;
  series = series * r + 1.0 / 6.0;
  series = series * r + 0.5;
  series = series * r + 1.0;
  series = series * r + 1.0;
  return series * from_bits((to_bits(shifted) - to_bits(rounder) + 1023) << 52);
}

/// cos x for x in [0, 7]: a quarter turn at a time.
[[gnu::always_inline]] inline double cosine(double x) {
  constexpr double quarter_high = 0x1.921fb54400000p+0, quarter_low = 0x1.0b4611a626331p-34;
  const double shifted = x * (2 / std::numbers::pi) + rounder;
  const double quarters = shifted - rounder;
  const uint64_t n = to_bits(shifted) - to_bits(rounder);
  const double r = (x - quarters * quarter_high) - quarters * quarter_low, z = r * r;
  double even = 1.0 / 6402373705728000.0;  // 18!
  even = even * z - 1.0 / 20922789888000.0;
  even = even * z + 1.0 / 87178291200.0;
  even = even * z - 1.0 / 479001600.0;
  even = even * z + 1.0 / 3628800.0;
  even = even * z - 1.0 / 40320.0;
  even = even * z + 1.0 / 720.0;
  even = even * z - 1.0 / 24.0;
  even = even * z + 0.5;
  const double cos_r = 1 - z * even;
  double odd = 1.0 / 355687428096000.0;  // 17!
  odd = odd * z - 1.0 / 1307674368000.0;
  odd = odd * z + 1.0 / 6227020800.0;
  odd = odd * z - 1.0 / 39916800.0;
  odd = odd * z + 1.0 / 362880.0;
  odd = odd * z - 1.0 / 5040.0;
  odd = odd * z + 1.0 / 120.0;
  odd = odd * z - 1.0 / 6.0;
  const double sin_r = r + r * z * odd;
  const uint64_t is_odd = 0 - (n & 1), sign = ((n + 1) & 2) << 62;
  return from_bits(((to_bits(sin_r) & is_odd) | (to_bits(cos_r) & ~is_odd)) ^ sign);
}

/// A standard normal draw, as RandomStream::normal makes it of two uniforms.
[[gnu::always_inline]] inline double radius_times_cosine(double deviation, double u, double v) {
  return deviation * std::sqrt(-2.0 * logarithm(u)) * cosine(2.0 * std::numbers::pi * v);
}

/// Seconds to picoseconds. The value may be off by `relative` of itself and `absolute` picoseconds.
[[gnu::always_inline]] inline std::int64_t settle(double seconds, double relative, double absolute) {
  const double ticks = seconds * 1e12;
  const double shifted = ticks + rounder;
  const double off = std::fabs(ticks - (shifted - rounder)), size = std::fabs(ticks);
  const uint64_t whole = to_bits(shifted) - to_bits(rounder);
  const bool is_settled = (off + (size * relative + absolute) < 0.5) & (size < 0x1p50);
  return std::bit_cast<std::int64_t>(is_settled ? whole : std::bit_cast<uint64_t>(unsettled));
}

// Far above what the series and the streams' own functions leave, which is near 1e-15.
constexpr double function_error = 4e-14;

}  // namespace

TIERCUT_VECTORS
void uniforms(uint64_t stream_key, uint64_t first_sample, Uniforms& first, Uniforms& second) {
  constexpr uint64_t half = 0xffffffff;
  alignas(64) uint64_t low[lanes], high[lanes];
  for (int i = 0; i < lanes; ++i) {
    const uint64_t sample = first_sample + static_cast<uint64_t>(i);
    uint64_t x0 = sample & half, x1 = sample >> 32, x2 = 0, x3 = 0;
    uint64_t key0 = stream_key & half, key1 = stream_key >> 32;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {  // Philox4x32-10, as Random123 defines it
      const uint64_t a = uint64_t{0xD2511F53} * static_cast<uint32_t>(x0),
                     b = uint64_t{0xCD9E8D57} * static_cast<uint32_t>(x2);
      x0 = (b >> 32) ^ x1 ^ key0;
      x1 = b & half;
      x2 = (a >> 32) ^ x3 ^ key1;
      x3 = a & half;
      key0 = (key0 + 0x9E3779B9) & half;
      key1 = (key1 + 0xBB67AE85) & half;
    }
    low[i] = x0 | x1 << 32;
    high[i] = x2 | x3 << 32;
  }
  // Odd multiples of 2^-53: 52 bits k as 1 + k 2^-52, less 1, and half a step.
  for (int i = 0; i < lanes; ++i) {
    const uint64_t a = low[i], b = high[i];
    first[static_cast<std::size_t>(i)] = (from_bits(a >> 12 | to_bits(1.0)) - 1.0) + 0x1p-53;
    second[static_cast<std::size_t>(i)] = (from_bits(b >> 12 | to_bits(1.0)) - 1.0) + 0x1p-53;
  }
}

TIERCUT_VECTORS
uint64_t below(const Uniforms& uniforms, double probability) {
  uint64_t mask = 0;
  for (std::size_t i = 0; i < lanes; ++i) mask |= static_cast<uint64_t>(uniforms[i] < probability) << i;
  return mask;
}

TIERCUT_VECTORS
void exponential(const Uniforms& u, double mean, Picoseconds& out) {
  for (std::size_t i = 0; i < lanes; ++i) out[i] = settle(-mean * logarithm(u[i]), function_error, 0);
}

TIERCUT_VECTORS
void uniform(const Uniforms& u, double mean, double deviation, Picoseconds& out) {
  const double root = std::sqrt(3.0);
  for (std::size_t i = 0; i < lanes; ++i) out[i] = settle(mean + (2 * u[i] - 1) * root * deviation, 0, 0);
}

TIERCUT_VECTORS
void normal(const Uniforms& u, const Uniforms& v, double mean, double deviation, Picoseconds& out) {
  const double error = function_error * 9 * (std::fabs(mean) + deviation) * 1e12;
  for (std::size_t i = 0; i < lanes; ++i) out[i] = settle(mean + radius_times_cosine(deviation, u[i], v[i]), 0, error);
}

TIERCUT_VECTORS
void lognormal(const Uniforms& u, const Uniforms& v, double mean, double coefficient_of_variation, Picoseconds& out) {
  const double variance = std::log1p(coefficient_of_variation * coefficient_of_variation);
  const double deviation = std::sqrt(variance), middle = -variance / 2.0;
  const double error = function_error * (1 + 9 * (variance + deviation));  // an error of the exponent is a factor
  for (std::size_t i = 0; i < lanes; ++i) {
    const double exponent = middle + radius_times_cosine(deviation, u[i], v[i]);
    out[i] = settle(mean * exponential_of(exponent), error, 0);
  }
}

}  // namespace tiercut::simulator::draw_kernels
