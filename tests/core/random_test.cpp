// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tiercut {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Philox4x32-10 written down again from the paper (Salmon et al. 2011, section 3.3), to hold the streams against.
Block philox(Block counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

std::uint64_t finalise(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// The Kolmogorov-Smirnov distance times sqrt(n); above 1.95 with probability 0.001.
double kolmogorov(std::vector<double> draws, const std::function<double(double)>& distribution) {
  std::sort(draws.begin(), draws.end());
  const double n = static_cast<double>(draws.size());
  double distance = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double f = distribution(draws[i]), k = static_cast<double>(i);
    distance = std::max({distance, f - k / n, (k + 1) / n - f});
  }
  return distance * std::sqrt(n);
}

constexpr std::size_t many = 100'000;

template <class Draw>
std::vector<double> draws_along_a_stream(Draw draw) {
  RandomStream stream(7, entity_id("test"), 3);
  std::vector<double> draws(many);
  for (double& value : draws) value = draw(stream);
  return draws;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) ma += a[i], mb += b[i];
  ma /= static_cast<double>(a.size());
  mb /= static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

std::vector<double> first_draws(std::uint64_t seed, std::string_view entity, std::uint64_t first_sample) {
  std::vector<double> draws;
  for (std::uint64_t i = 0; i < many; ++i)
    draws.push_back(RandomStream(seed, entity_id(entity), first_sample + i).uniform());
  return draws;
}

TEST(Philox, TestsOwnCopyMeetsThePublishedAnswers) {
  // The known answers that Random123 publishes for philox4x32-10.
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, DrawsAreThePhiloxBlocks) {
  for (std::uint64_t seed : {0ULL, 1ULL, 0xffffffffffffffffULL}) {
    for (std::uint64_t entity : {entity_id("link/up"), entity_id("arrivals")}) {
      for (std::uint64_t sample : {0ULL, 5ULL, 0x123456789abcdefULL}) {
        RandomStream stream(seed, entity, sample);
        const std::uint64_t key = finalise(finalise(seed + 0x9e3779b97f4a7c15ULL) ^ entity);
        for (std::uint32_t block = 0; block < 20; ++block) {
          const Block bits =
              philox({static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32), block, 0},
                     {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
          for (std::size_t half = 0; half < 2; ++half) {
            const std::uint64_t word = (std::uint64_t{bits[2 * half + 1]} << 32) | bits[2 * half];
            ASSERT_EQ(stream.uniform(), static_cast<double>((word >> 11) | 1) / 9007199254740992.0);
          }
        }
      }
    }
  }
}

TEST(EntityId, IsFnv1aFinalised) {
  // FNV-1a's published 64-bit values of "", "a" and "foobar".
  EXPECT_EQ(entity_id(""), finalise(0xcbf29ce484222325ULL));
  EXPECT_EQ(entity_id("a"), finalise(0xaf63dc4c8601ec8cULL));
  EXPECT_EQ(entity_id("foobar"), finalise(0x85944171f73967e8ULL));
}

TEST(EntityId, NamesDoNotCollide) {
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 50'000; ++i) {
    ids.insert(entity_id("link/" + std::to_string(i)));
    ids.insert(entity_id("device/" + std::to_string(i)));
  }
  EXPECT_EQ(ids.size(), 100'000u);
}

TEST(RandomStream, OrderOfCallsAcrossStreamsDoesNotMatter) {
  const auto stream = [](std::uint64_t sample) { return RandomStream(11, entity_id("link/up"), sample); };
  std::vector<std::vector<double>> apart(4), interleaved(4);
  for (std::uint64_t s = 0; s < 4; ++s) {
    RandomStream own = stream(s);
    for (int i = 0; i < 9; ++i) apart[s].push_back(own.uniform());
  }
  std::vector<RandomStream> all = {stream(0), stream(1), stream(2), stream(3)};
  for (int i = 0; i < 9; ++i) {
    for (std::size_t s = 4; s-- > 0;) interleaved[s].push_back(all[s].uniform());
  }
  EXPECT_EQ(apart, interleaved);
}

TEST(RandomStream, CopiesContinueAlike) {
  RandomStream stream(1, 2, 3);
  stream.uniform();
  RandomStream copy = stream;
  EXPECT_EQ(stream.uniform(), copy.uniform());
  EXPECT_EQ(stream.normal(0, 1), copy.normal(0, 1));
}

TEST(RandomStream, UniformFillsTheOpenInterval) {
  const auto draws = draws_along_a_stream([](RandomStream& s) { return s.uniform(); });
  EXPECT_GT(*std::min_element(draws.begin(), draws.end()), 0.0);
  EXPECT_LT(*std::max_element(draws.begin(), draws.end()), 1.0);
  EXPECT_LT(kolmogorov(draws, [](double x) { return x; }), 1.95);
}

TEST(RandomStream, FirstDrawsOfSamplesAreUniform) {
  EXPECT_LT(kolmogorov(first_draws(7, "link/up", 0), [](double x) { return x; }), 1.95);
  EXPECT_LT(kolmogorov(first_draws(0, "arrivals", 1'000'000), [](double x) { return x; }), 1.95);
}

TEST(RandomStream, EntitiesSamplesAndSeedsAreIndependent) {
  const double bound = 4.5 / std::sqrt(static_cast<double>(many));  // 4.5 standard errors of a correlation of 0
  const auto base = first_draws(7, "link/up", 0);
  EXPECT_LT(std::fabs(correlation(base, first_draws(7, "link/down", 0))), bound);
  EXPECT_LT(std::fabs(correlation(base, first_draws(8, "link/up", 0))), bound);
  EXPECT_LT(std::fabs(correlation(base, first_draws(7, "link/up", 1))), bound);
  std::vector<double> second;
  for (std::uint64_t i = 0; i < many; ++i) {
    RandomStream stream(7, entity_id("link/up"), i);
    stream.uniform();
    second.push_back(stream.uniform());
  }
  EXPECT_LT(std::fabs(correlation(base, second)), bound);
}

// Closed-form distribution functions; 1.95 as above.
TEST(RandomStream, ExponentialHasItsDistribution) {
  const auto draws = draws_along_a_stream([](RandomStream& s) { return s.exponential(0.2); });
  EXPECT_LT(kolmogorov(draws, [](double x) { return 1 - std::exp(-x / 0.2); }), 1.95);
}

TEST(RandomStream, NormalHasItsDistribution) {
  const auto draws = draws_along_a_stream([](RandomStream& s) { return s.normal(3, 2); });
  EXPECT_LT(kolmogorov(draws, [](double x) { return 0.5 * std::erfc(-(x - 3) / 2 / std::sqrt(2.0)); }), 1.95);
}

TEST(RandomStream, LognormalHasTheMeanAndSpreadAskedFor) {
  const auto draws = draws_along_a_stream([](RandomStream& s) { return s.lognormal_with(5, 0.3); });
  const double sigma = std::sqrt(std::log(1 + 0.3 * 0.3)), mu = std::log(5.0) - sigma * sigma / 2;
  EXPECT_LT(kolmogorov(draws, [&](double x) { return 0.5 * std::erfc(-(std::log(x) - mu) / sigma / std::sqrt(2.0)); }),
            1.95);
  double mean = 0, variance = 0;
  for (double x : draws) mean += x / many;
  for (double x : draws) variance += (x - mean) * (x - mean) / many;
  EXPECT_NEAR(mean, 5, 4.5 * 1.5 / std::sqrt(1.0 * many));  // standard deviation 0.3 x 5
  EXPECT_NEAR(std::sqrt(variance) / mean, 0.3, 0.01);
}

TEST(RandomStream, LognormalWithoutSpreadIsItsMean) {
  RandomStream stream(1, 2, 3);
  EXPECT_EQ(stream.lognormal_with(5, 0), 5);
}

TEST(RandomStream, GammaHasItsDistribution) {
  // Shape 2: 1 - (1 + x) exp(-x). Shape 1/2: a chi square with one degree of freedom, halved: erf(sqrt(x)).
  const auto two = draws_along_a_stream([](RandomStream& s) { return s.gamma(2, 3); });
  EXPECT_LT(kolmogorov(two, [](double x) { return 1 - (1 + x / 3) * std::exp(-x / 3); }), 1.95);
  const auto half = draws_along_a_stream([](RandomStream& s) { return s.gamma(0.5, 1); });
  EXPECT_LT(kolmogorov(half, [](double x) { return std::erf(std::sqrt(x)); }), 1.95);
}

}  // namespace
}  // namespace tiercut
