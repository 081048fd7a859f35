// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/bandwidth_curve.hpp"

#include <gtest/gtest.h>

namespace tiercut::kernels {
namespace {

std::vector<BandwidthPoint> curve_of(const std::vector<double>& gigabytes) {
  std::vector<BandwidthPoint> curve;
  const auto sets = working_sets(std::size_t{1} << 34);
  for (std::size_t i = 0; i < gigabytes.size(); ++i)
    curve.push_back({Bytes(static_cast<double>(sets[i])), BytesPerSecond(gigabytes[i] * 1e9)});
  return curve;
}

constexpr double kib = 1024;

TEST(WorkingSets, ArePowersOfTwoAndWhatLiesHalfWay) {
  EXPECT_EQ(working_sets(64 << 10), (std::vector<std::size_t>{16384, 24576, 32768, 49152, 65536}));
  EXPECT_TRUE(working_sets(1000).empty());
}

TEST(CacheKnees, StandWhereALevelEnds) {
  // 16 24 32 | 48 64 96 128 192 256 | 384 512 768
  const auto curve = curve_of({200, 202, 198, 120, 119, 121, 120, 118, 119, 30, 29, 30});
  EXPECT_EQ(cache_knees(curve), (std::vector<Bytes>{Bytes(32 * kib), Bytes(256 * kib)}));
}

TEST(CacheKnees, OfAGentleSlopeAreOne) {
  const auto curve = curve_of({100, 100, 100, 90, 70, 55, 40, 30, 20, 20, 20});
  EXPECT_EQ(cache_knees(curve), (std::vector<Bytes>{Bytes(32 * kib)}));
}

TEST(CacheKnees, AreNotFoundInNoise) {
  EXPECT_TRUE(cache_knees(curve_of({100, 95, 101, 97, 103, 96, 99, 95, 100})).empty());
  EXPECT_TRUE(cache_knees({}).empty());
  EXPECT_TRUE(cache_knees(curve_of({100})).empty());
}

}  // namespace
}  // namespace tiercut::kernels
