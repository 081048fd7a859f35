// SPDX-License-Identifier: Apache-2.0
#include "simulator/event_queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

namespace tiercut::simulator {
namespace {

using Key = std::tuple<std::int64_t, int, int, std::int64_t>;

Key key_of(const Event& event) {
  return {event.when().picoseconds(), static_cast<int>(event.kind()), event.stage(), event.sample()};
}

TEST(EventQueue, KeepsWhatAnEventSays) {
  const Event event(Instant(12), EventKind::deadline, Event::most_stages - 1, Event::most_samples - 1, 4'000'000'000U,
                    7);
  EXPECT_EQ(event.when(), Instant(12));
  EXPECT_EQ(event.kind(), EventKind::deadline);
  EXPECT_EQ(event.stage(), Event::most_stages - 1);
  EXPECT_EQ(event.sample(), Event::most_samples - 1);
  EXPECT_EQ(event.slot(), 4'000'000'000U);
  EXPECT_EQ(event.where(), 7);
}

TEST(EventQueue, HandsOutInOrderOfTimeKindStageAndSample) {
  // Against a sorted map, with ties, and with every mixture of taking, looking and adding.
  std::mt19937 random(3);
  for (const unsigned adding : {30U, 50U, 70U}) {
    EventQueue queue;
    std::map<Key, std::uint32_t> expected;
    for (std::uint32_t i = 0; i < 30'000; ++i) {
      if (expected.empty() || random() % 100 < adding) {
        const Key key{random() % 40, random() % 8, random() % 5, random() % 100'000};
        if (!expected.emplace(key, i).second) continue;
        queue.push({Instant(std::get<0>(key)), static_cast<EventKind>(std::get<1>(key)), std::get<2>(key),
                    std::get<3>(key), i, -1});
      } else if (random() % 4 == 0) {
        ASSERT_EQ(key_of(queue.top()), expected.begin()->first);
      } else {
        ASSERT_EQ(queue.next_when().picoseconds(), std::get<0>(expected.begin()->first));
        const Event event = queue.pop();
        ASSERT_EQ(key_of(event), expected.begin()->first);
        ASSERT_EQ(event.slot(), expected.begin()->second);
        expected.erase(expected.begin());
      }
      ASSERT_EQ(queue.empty(), expected.empty());
    }
  }
}

}  // namespace
}  // namespace tiercut::simulator
