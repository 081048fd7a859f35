// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/clock_offset.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;

TEST(ClockOffset, IsExactWhenBothWaysTakeEquallyLong) {
  // Theirs is 5 s ahead; 15 ms each way; 1 ms until they answer.
  ClockOffset clock;
  const Nanoseconds ahead = 5 * nanoseconds_a_second;
  clock.add(0, 15 * millisecond + ahead, 16 * millisecond + ahead, 31 * millisecond);
  EXPECT_EQ(clock.shortest_round_trip(), 30 * millisecond);
  const ClockOffset::At at = clock.at(15'500'000);
  EXPECT_EQ(at.offset, ahead);
  EXPECT_EQ(at.error, 15 * millisecond);  // half of the round trip
}

TEST(ClockOffset, AnAnswerBeforeTheQuestionIsNone) {
  ClockOffset clock;
  clock.add(100, 0, 200, 150);  // they claim to have held it for longer than we waited
  EXPECT_FALSE(clock.is_known());
}

// Whatever the two ways take, and however the clocks drift within the limit, the true offset is within the bound.
RC_GTEST_PROP(ClockOffset, ErrorIsWithinItsBound, ()) {
  const auto start = *rc::gen::inRange<Nanoseconds>(-nanoseconds_a_second, nanoseconds_a_second);
  const double drift = *rc::gen::inRange(-100, 101) * 1e-6;
  const auto theirs = [&](Nanoseconds ours) {
    return ours + start + static_cast<Nanoseconds>(drift * static_cast<double>(ours));
  };
  ClockOffset clock;
  Nanoseconds now = 0;
  const int asked = *rc::gen::inRange(1, 40);
  for (int i = 0; i < asked; ++i) {
    now += *rc::gen::inRange<Nanoseconds>(1, nanoseconds_a_second);
    const auto there = *rc::gen::inRange<Nanoseconds>(1, 40 * millisecond),
               held = *rc::gen::inRange<Nanoseconds>(0, millisecond),
               back = *rc::gen::inRange<Nanoseconds>(1, 40 * millisecond);
    clock.add(now, theirs(now + there), theirs(now + there + held), now + there + held + back);
    now += there + held + back;
  }
  const Nanoseconds when = *rc::gen::inRange<Nanoseconds>(0, now + 10 * nanoseconds_a_second);
  const ClockOffset::At at = clock.at(when);
  // While they hold a question both clocks drift apart by 100 ns at most; rounding adds a few.
  RC_ASSERT(std::llabs(theirs(when) - when - at.offset) <= at.error + 120);
}

TEST(ClockOffset, ASharedClockIsBelievedUntilMeasurementsContradict) {
  ClockOffset clock;
  clock.add(0, 40, 50, 100);
  EXPECT_TRUE(clock.is_consistent_with_shared());
  clock.add(nanoseconds_a_second * 2, nanoseconds_a_second * 3, nanoseconds_a_second * 3,
            nanoseconds_a_second * 2 + 100);
  EXPECT_FALSE(clock.is_consistent_with_shared());
}

}  // namespace
}  // namespace tiercut::runtime
