// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/emulated_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tiercut::lab {
namespace {

constexpr std::int64_t us = 1'000, ms = 1'000'000;

LinkSettings settings(double mbit_per_s, std::int64_t latency) {
  LinkSettings made;
  made.name = "up";
  made.latency = latency;
  made.bytes_per_ns = mbit_per_s / 8e3;
  made.buffer = 1.5e6;
  return made;
}
Load load(double bytes, double segment = 1448, std::uint64_t flow = 1) {
  return {bytes, std::min(bytes, segment), flow};
}

TEST(EmulatedLink, PacketsAreTransmittedOneAfterAnother) {
  // 1250 bytes at 100 Mbit/s take 100 us. Two at once: 100 and 200 us, each 15 ms later.
  EmulatedLink link(settings(100, 15 * ms), 1);
  EXPECT_EQ(link.carry({0, 0}, load(1250))->last, 15 * ms + 100 * us);
  EXPECT_EQ(link.carry({0, 0}, load(1250))->last, 15 * ms + 200 * us);
  // After a pause the link is free again.
  EXPECT_EQ(link.carry({ms, ms}, load(1250))->last, 16 * ms + 100 * us);
}

TEST(EmulatedLink, WithoutBandwidthOnlyLatencyCounts) {
  EmulatedLink link(settings(0, 15 * ms), 1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(link.carry({7, 7}, load(1448))->last, 15 * ms + 7);
}

TEST(EmulatedLink, SegmentsOfALargePacketFollowEachOtherOverSeveralHops) {
  // Four segments of 1250 bytes. Link one at 100 Mbit/s: the first is out after 100 us, the last after 400 us. Link two
  // at 200 Mbit/s (50 us a segment) is never the bottleneck: first after 150, last after 450 us, as single packets.
  EmulatedLink one(settings(100, 0), 1), two(settings(200, 0), 1), three(settings(50, 0), 1);
  const Passage first = *one.carry({0, 0}, load(5000, 1250));
  EXPECT_EQ(first.first, 100 * us);
  EXPECT_EQ(first.last, 400 * us);
  const Passage second = *two.carry(first, load(5000, 1250));
  EXPECT_EQ(second.first, 150 * us);
  EXPECT_EQ(second.last, 450 * us);
  // Link three at 50 Mbit/s (200 us a segment) is: it starts at 150 us and takes 800.
  EXPECT_EQ(three.carry(second, load(5000, 1250))->last, 950 * us);
}

TEST(EmulatedLink, AFullBufferDropsWhatComes) {
  LinkSettings small = settings(8, 0);  // 1 byte a microsecond
  small.buffer = 3000;
  EmulatedLink link(small, 1);
  // 1000 bytes each: waiting before it are 0, 1000, 2000, 3000 bytes; the fifth finds 4000.
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(link.carry({0, 0}, load(1000))) << i;
  EXPECT_FALSE(link.carry({0, 0}, load(1000)));
  EXPECT_TRUE(link.carry({1000 * us, 1000 * us}, load(1000)));
  EXPECT_EQ(link.report().full, 1u);
}

TEST(EmulatedLink, LossIsAsOftenAsStated) {
  LinkSettings lossy = settings(0, 0);
  lossy.loss = 0.1;
  EmulatedLink link(lossy, 7);
  int lost = 0;
  const int count = 20000;
  for (int i = 0; i < count; ++i) lost += link.carry({i, i}, load(100)) ? 0 : 1;
  // Binomial: mean 2000, standard deviation sqrt(20000 x 0.1 x 0.9) = 42.4; four of these.
  EXPECT_NEAR(lost, 2000, 4 * 42.4);
  EXPECT_EQ(link.report().lost, static_cast<std::uint64_t>(lost));
}

TEST(EmulatedLink, AMessageHasOneJitterAndAConnectionStaysInOrder) {
  LinkSettings shaky = settings(0, 15 * ms);
  shaky.jitter = {scenarios::Jitter::Kind::uniform, Seconds(0), Seconds(0.002)};
  EmulatedLink link(shaky, 3);
  std::int64_t previous = 0;
  int distinct = 0;
  for (int message = 0; message < 200; ++message) {
    const std::int64_t start = message * 2 * ms;
    const std::int64_t first = link.carry({start, start}, load(1448))->last;
    EXPECT_GE(first, previous);  // may be held up by the message before, never overtake it
    const std::int64_t second = link.carry({start + 50 * us, start + 50 * us}, load(1448))->last;
    EXPECT_GE(second, first);
    distinct += first - start != previous - (start - 2 * ms) ? 1 : 0;
    previous = second;
  }
  EXPECT_GT(distinct, 150);
}

TEST(EmulatedLink, UniformJitterPassesAKolmogorovSmirnovTest) {
  LinkSettings shaky = settings(0, 15 * ms);
  shaky.jitter = {scenarios::Jitter::Kind::uniform, Seconds(0), Seconds(0.001)};
  EmulatedLink link(shaky, 3);
  std::vector<double> delays;
  for (std::int64_t i = 0; i < 2000; ++i)
    delays.push_back(static_cast<double>(link.carry({i * 10 * ms, i * 10 * ms}, load(64))->last - i * 10 * ms));
  std::sort(delays.begin(), delays.end());
  // Uniform on 15 ms +- sqrt(3) ms by its standard deviation.
  const double low = 15e6 - std::sqrt(3.0) * 1e6, width = 2 * std::sqrt(3.0) * 1e6;
  double distance = 0;
  for (std::size_t i = 0; i < delays.size(); ++i) {
    const double wanted = (delays[i] - low) / width, n = static_cast<double>(delays.size());
    distance = std::max(
        {distance, std::abs(static_cast<double>(i + 1) / n - wanted), std::abs(static_cast<double>(i) / n - wanted)});
  }
  EXPECT_LT(distance, 1.63 / std::sqrt(2000.0));  // 1 % level
}

TEST(EmulatedLink, OverheadIsPaidOncePerMessage) {
  LinkSettings slow = settings(100, 0);
  slow.overhead = 500 * us;
  EmulatedLink link(slow, 1);
  EXPECT_EQ(link.carry({0, 0}, load(1250))->last, 600 * us);
  EXPECT_EQ(link.carry({10, 10}, load(1250))->last, 700 * us);
  EXPECT_EQ(link.carry({10 * ms, 10 * ms}, load(1250))->last, 10 * ms + 600 * us);
}

TEST(EmulatedLink, FairSharesAreEqualInBytes) {
  // Flow 1 sends 1000-byte packets, flow 2 500-byte ones, both always waiting: after 300 kB each has had half.
  LinkSettings fair = settings(8, 0);
  fair.discipline = scenarios::Discipline::fair;
  EmulatedLink link(fair, 1);
  ASSERT_TRUE(link.is_fair());
  double sizes[2] = {1000, 500}, sent[2] = {0, 0};
  int tickets[2] = {0, 1};
  for (int i = 0; i < 300; ++i) link.enqueue({0, 0}, load(1000, 1448, 1), &tickets[0]);
  for (int i = 0; i < 600; ++i) link.enqueue({0, 0}, load(500, 1448, 2), &tickets[1]);
  std::int64_t now = 0;
  while (sent[0] + sent[1] < 300e3) {
    const auto sending = link.send_next(now);
    ASSERT_TRUE(sending);
    const int who = *static_cast<int*>(sending->ticket);
    sent[who] += sizes[who];
    EXPECT_EQ(sending->end - now, static_cast<std::int64_t>(sizes[who]) * us);
    now = sending->end;
    link.sent();
  }
  EXPECT_NEAR(sent[0], 150e3, 1000);
  EXPECT_NEAR(sent[1], 150e3, 1000);
}

TEST(ErrorHistogram, PercentilesAreNearestRankAndUpperEnds) {
  ErrorHistogram histogram;
  EXPECT_EQ(histogram.percentile(0.99), 0);
  histogram.packets[4] = 98;  // 4 to 5 us
  histogram.packets[99] = 1;  // 99 to 100 us
  histogram.packets[4095] = 1;
  histogram.longest_ns = 7'000'000;
  EXPECT_EQ(histogram.percentile(0.5), 5);
  EXPECT_EQ(histogram.percentile(0.99), 100);
  EXPECT_EQ(histogram.percentile(1), 7000);
  ErrorHistogram earlier;
  earlier.packets[4] = 90;
  EXPECT_EQ(histogram.since(earlier).count(), 10u);
}

}  // namespace
}  // namespace tiercut::lab
