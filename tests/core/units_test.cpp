// SPDX-License-Identifier: Apache-2.0
#include "core/units.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <limits>

namespace tiercut {
namespace {

using namespace literals;

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};
template <class A, class B>
concept Multipliable = requires(A a, B b) {
  a* b;
};

static_assert(Addable<Seconds, Seconds>);
static_assert(!Addable<Seconds, Bytes>, "a time and a size do not add");
static_assert(!Addable<Seconds, double>, "a bare number has no unit");
static_assert(!Comparable<Seconds, Bytes>);
static_assert(!Multipliable<Seconds, Seconds>, "no square seconds");
static_assert(!std::convertible_to<double, Seconds>, "construction is explicit");
static_assert(!Addable<Instant, Instant>, "two moments do not add");

TEST(Units, TransmissionAndComputeTimes) {
  // 3136 bytes over 100 Mbit/s: 3136 x 8 / 1e8 s.
  EXPECT_DOUBLE_EQ((3136_B / 100_Mbit_per_s).value(), 250.88e-6);
  EXPECT_DOUBLE_EQ((Flops(2e9) / FlopsPerSecond(1e9)).value(), 2.0);
  EXPECT_DOUBLE_EQ((Watts(3.5) * 2_s).value(), 7.0);
  EXPECT_EQ((1_B / BytesPerSecond::infinite()).value(), 0.0);
}

TEST(Units, LiteralsAreExact) {
  EXPECT_EQ((15_ms).value(), 0.015);
  EXPECT_EQ((16.42_ms).value(), 0.01642);
}

TEST(Span, RoundsToTheNearestPicosecond) {
  EXPECT_EQ(Span::from(15_ms).picoseconds(), 15'000'000'000);
  EXPECT_EQ(Span::from(Seconds(0.4e-12)).picoseconds(), 0);
  EXPECT_EQ(Span::from(Seconds(0.6e-12)).picoseconds(), 1);
  EXPECT_EQ(Span::from(Seconds(-0.6e-12)).picoseconds(), -1);
}

TEST(Span, SaturatesOutsideItsRange) {
  EXPECT_EQ(Span::from(Seconds(1e9)), Span::longest());
  EXPECT_EQ(Span::from(Seconds::infinite()), Span::longest());
  EXPECT_EQ(Span::from(Seconds(std::numeric_limits<double>::quiet_NaN())), Span::longest());
}

TEST(Instant, SumsAreExactWhereDoublesAreNot) {
  Instant now;
  for (int i = 0; i < 10; ++i) now = now + Span::from(100_ms);
  EXPECT_EQ(now.picoseconds(), 1'000'000'000'000);
  EXPECT_EQ(now - Instant(0), Span::from(1_s));
}

}  // namespace
}  // namespace tiercut
