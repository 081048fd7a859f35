// SPDX-License-Identifier: Apache-2.0
#include "report/human.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tiercut::report {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(FormatDuration, GivesFourDigitsInAFittingUnit) {
  EXPECT_EQ(format_duration(Seconds(0.04642)), "46.42 ms");
  EXPECT_EQ(format_duration(Seconds(0.03)), "30.00 ms");
  EXPECT_EQ(format_duration(Seconds(0.00098)), "980.0 us");
  EXPECT_EQ(format_duration(Seconds(1.0)), "1.000 s");
  EXPECT_EQ(format_duration(Seconds(1e-12)), "1.000 ps");
  EXPECT_EQ(format_duration(Seconds(12345.6)), "12346 s");
}

TEST(FormatDuration, MovesToTheNextUnitWhenRoundingReachesIt) {
  EXPECT_EQ(format_duration(Seconds(0.99996e-3)), "1.000 ms");  // 999.96 us rounds to 1000 us
  EXPECT_EQ(format_duration(Seconds(9.99996e-3)), "10.00 ms");  // not 10.000 ms
}

TEST(FormatDuration, SpellsOutZeroNegativeAndInfinite) {
  EXPECT_EQ(format_duration(Seconds(0)), "0 s");
  EXPECT_EQ(format_duration(Seconds(-0.00642)), "-6.420 ms");
  EXPECT_EQ(format_duration(Seconds(infinity)), "never");
}

TEST(FormatSize, IsExactForSmallMessages) {
  EXPECT_EQ(format_size(Bytes(8)), "8 B");
  EXPECT_EQ(format_size(Bytes(3136)), "3,136 B");  // 784 floats
  EXPECT_EQ(format_size(Bytes(47'890'040)), "47.89 MB");
}

TEST(FormatBandwidth, CountsBits) {
  EXPECT_EQ(format_bandwidth(BytesPerSecond(12.5e6)), "100.0 Mbit/s");
  EXPECT_EQ(format_bandwidth(BytesPerSecond::infinite()), "unlimited");
}

TEST(FormatCount, GroupsThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'286'502), "1,286,502");
  EXPECT_EQ(format_count(-1000), "-1,000");
  EXPECT_EQ(format_count(-100), "-100");
}

TEST(FormatShare, GivesPercent) { EXPECT_EQ(format_share(0.0961), "9.61 %"); }

}  // namespace
}  // namespace tiercut::report
