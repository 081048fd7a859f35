// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace tiercut {

namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection in which each input bit sways each output bit.
constexpr std::uint64_t finalise(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
constexpr std::uint64_t join(std::uint32_t low_half, std::uint32_t high_half) {
  return (static_cast<std::uint64_t>(high_half) << 32) | low_half;
}

}  // namespace

std::uint64_t entity_id(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bits
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return finalise(hash);
}

// Philox4x32 has a key of 64 bits. For a given seed no two entities share one, and for a given entity no two seeds do,
// because each step is a bijection.
std::uint64_t stream_key(std::uint64_t seed, std::uint64_t entity) {
  return finalise(finalise(seed + 0x9e3779b97f4a7c15ULL) ^ entity);
}

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t entity, std::uint64_t sample)
    : key_(stream_key(seed, entity)), sample_(sample) {}

std::uint64_t RandomStream::next() {
  const std::uint64_t index = index_++;
  if (index % 2 == 1) return spare_;  // a block of 128 bits holds two draws
  const std::uint64_t block = index / 2;
  const philox4x32_ctr_t counter = {{low(sample_), high(sample_), low(block), high(block)}};
  const philox4x32_key_t key = {{low(key_), high(key_)}};
  const philox4x32_ctr_t bits = philox4x32_R(10, counter, key);
  spare_ = join(bits.v[2], bits.v[3]);
  return join(bits.v[0], bits.v[1]);
}

double RandomStream::uniform() {
  // Odd multiples of 2^-53: symmetric about one half, and both ends out of reach.
  return static_cast<double>((next() >> 11) | 1U) * 0x1p-53;
}

double RandomStream::exponential(double mean) { return -mean * std::log(uniform()); }

double RandomStream::normal(double mean, double sd) {
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  return mean + sd * radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double RandomStream::lognormal_with(double mean, double coefficient_of_variation) {
  const double variance = std::log1p(coefficient_of_variation * coefficient_of_variation);
  return mean * std::exp(normal(-variance / 2.0, std::sqrt(variance)));
}

double RandomStream::gamma(double shape, double scale) {
  if (shape < 1.0) {  // their section 6: a draw of shape + 1, shrunk by a uniform
    const double boost = std::pow(uniform(), 1.0 / shape);
    return boost * gamma(shape + 1.0, scale);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal(0.0, 1.0);
    const double root = 1.0 + c * x;
    const double u = uniform();
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v * scale;
  }
}

}  // namespace tiercut
