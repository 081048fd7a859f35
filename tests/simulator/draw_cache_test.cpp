// SPDX-License-Identifier: Apache-2.0
// Draws of 64 samples at once are those of a stream each, bit by bit.
#include "simulator/draw_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tiercut::simulator {
namespace {

constexpr std::uint64_t seed = 17;
using Kind = DurationLaw::Kind;

/// The definition, written out by means of RandomStream alone.
std::int64_t expected(const DurationLaw& law, std::uint64_t entity, std::int64_t sample) {
  RandomStream stream(seed, entity, static_cast<std::uint64_t>(sample));
  const double mean = law.mean.value(), spread = law.spread;
  double seconds = 0;
  switch (law.kind) {
    case Kind::exponential:
      seconds = stream.exponential(mean);
      break;
    case Kind::uniform:
      seconds = mean + (2 * stream.uniform() - 1) * std::sqrt(3.0) * spread;
      break;
    case Kind::normal:
      seconds = stream.normal(mean, spread);
      break;
    case Kind::lognormal:
      seconds = stream.lognormal_with(mean, spread);
      break;
    case Kind::gamma:
      seconds = stream.gamma(mean * mean / (spread * spread), spread * spread / mean);
      break;
    case Kind::measured:
      seconds = mean + spread * law.shape->at(stream.uniform());
      break;
  }
  return std::max<std::int64_t>(0, law.offset.picoseconds() + std::llround(seconds * 1e12));
}

std::vector<DurationLaw> laws() {
  const Span offset(15'000'000'000);
  return {{Kind::exponential, Seconds(0.002), 0, {}},    {Kind::exponential, Seconds(40), 0, {}},
          {Kind::exponential, Seconds(3e-12), 0, {}},    {Kind::uniform, Seconds(0), 0.001, offset},
          {Kind::uniform, Seconds(1), 0.9, {}},          {Kind::normal, Seconds(0), 0.001, offset},
          {Kind::normal, Seconds(0), 0.1, offset},       {Kind::normal, Seconds(20), 2, {}},
          {Kind::lognormal, Seconds(0.002), 0.3, {}},    {Kind::lognormal, Seconds(0.1), 5, {}},
          {Kind::lognormal, Seconds(500), 0.01, offset}, {Kind::lognormal, Seconds(1e-9), 0.5, {}},
          {Kind::gamma, Seconds(0.002), 0.001, offset}};
}

TEST(DrawCache, DurationsAreThoseOfTheStreams) {
  std::uint64_t entity = entity_id("cost/x");
  for (const DurationLaw& law : laws()) {
    DurationDraws draws(law, seed, ++entity);
    for (std::int64_t sample = 0; sample < 20'000; ++sample) {
      ASSERT_EQ(draws.at(sample).picoseconds(), expected(law, entity, sample))
          << "law " << static_cast<int>(law.kind) << " of mean " << law.mean.value() << ", sample " << sample;
    }
  }
}

TEST(DrawCache, OrderOfSamplesIsIrrelevant) {
  const DurationLaw law{Kind::lognormal, Seconds(0.002), 0.3, {}};
  DurationDraws draws(law, seed, 5);
  ChanceDraws chance(0.3, seed, 6);
  UniformDraws places(seed, 7);
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const std::int64_t sample = i * 7'919'317 % 1'000'003 + (i % 3 == 0 ? std::int64_t{1} << 35 : 0);
    const auto counter = static_cast<std::uint64_t>(sample);
    ASSERT_EQ(draws.at(sample).picoseconds(), expected(law, 5, sample));
    ASSERT_EQ(chance.at(sample), RandomStream(seed, 6, counter).uniform() < 0.3);
    ASSERT_EQ(places.at(sample), RandomStream(seed, 7, counter).uniform());
  }
}

TEST(DrawCache, LaterAttemptsGoOnInTheStream) {
  const DurationLaw law{Kind::uniform, Seconds(0.002), 0.001, {}};
  const DurationDraws draws(law, seed, 5);
  const ChanceDraws chance(0.5, seed, 6);
  for (std::int64_t sample = 0; sample < 100; ++sample) {
    RandomStream delays(seed, 5, static_cast<std::uint64_t>(sample)),
        losses(seed, 6, static_cast<std::uint64_t>(sample));
    for (std::uint32_t attempt = 0; attempt < 5; ++attempt) {
      const double seconds = 0.002 + (2 * delays.uniform() - 1) * std::sqrt(3.0) * 0.001;
      ASSERT_EQ(draws.at(sample, attempt).picoseconds(), std::llround(seconds * 1e12));
      ASSERT_EQ(chance.at(sample, attempt), losses.uniform() < 0.5);
    }
  }
}

TEST(DrawKernels, HardlyAnyValueIsLeftOpen) {
  // Else vector code would save nothing: one in a thousand may lie so near a half picosecond that only the stream
  // tells.
  draw_kernels::Uniforms u, v;
  draw_kernels::Picoseconds out;
  int open = 0;
  for (std::uint64_t first = 0; first < 64'000; first += draw_kernels::lanes) {
    draw_kernels::uniforms(stream_key(seed, 9), first, u, v);
    draw_kernels::lognormal(u, v, 0.002, 0.3, out);
    open += static_cast<int>(std::count(out.begin(), out.end(), draw_kernels::unsettled));
    draw_kernels::exponential(u, 0.005, out);
    open += static_cast<int>(std::count(out.begin(), out.end(), draw_kernels::unsettled));
  }
  EXPECT_LT(open, 128);
}

}  // namespace
}  // namespace tiercut::simulator
