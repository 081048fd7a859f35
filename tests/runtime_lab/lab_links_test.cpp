// SPDX-License-Identifier: Apache-2.0
// The links of a lab, measured by plain sockets. Bounds leave room for a machine that does other things too; the
// figures of a quiet one are in docs/validation.md.
#include <algorithm>
#include <cmath>

#include "core/statistics.hpp"
#include "deployment/stage_graph.hpp"
#include "runtime/lab/probes.hpp"
#include "runtime/lab/self_test.hpp"
#include "tests/runtime_lab/lab_scenarios.hpp"

namespace tiercut::lab {
namespace {

using namespace literals;
using LabLinks = test::LabTest;

TEST_F(LabLinks, FifteenMillisecondsEachWayAreThirtyThereAndBack) {
  Lab lab = up(test::two_devices(test::link("up", 0, 1, 15_ms)));
  const auto trips = measure_round_trips(lab, 0, 1, 50, Seconds(0.035));
  ASSERT_TRUE(trips) << to_text(trips.error());
  ASSERT_EQ(trips->size(), 50u);
  const Summary summary = summarise(*trips);
  EXPECT_NEAR(summary.p50, 0.030, 0.0004);
  EXPECT_GE(*std::min_element(trips->begin(), trips->end()), 0.030);
}

TEST_F(LabLinks, DatagramsCrossTwoLinksInTurn) {
  // 64 bytes at 1 Mbit/s take 0.512 ms, at 2 Mbit/s 0.256; latencies 5 and 7 ms: 12.768 ms.
  const auto slow = BytesPerSecond(1e6 / 8), faster = BytesPerSecond(2e6 / 8);
  Lab lab = up(
      test::platform({"a", "hub", "b"}, {test::link("one", 0, 1, 5_ms, slow), test::link("two", 1, 2, 7_ms, faster)}));
  const auto sent = measure_one_way(lab, 0, 2, 200, Seconds(0.005), 64);
  ASSERT_TRUE(sent) << to_text(sent.error());
  ASSERT_EQ(sent->seconds.size(), 200u);
  EXPECT_NEAR(summarise(sent->seconds).p50, 0.012768, 0.0002);
}

TEST_F(LabLinks, ABulkTransferGetsTheStatedBandwidth) {
  Lab lab = up(test::two_devices(test::link("up", 0, 1, 15_ms, 100_Mbit_per_s)));
  const auto rate = measure_bulk(lab, 0, 1, Seconds(2), Seconds(4));
  ASSERT_TRUE(rate) << to_text(rate.error());
  EXPECT_NEAR(rate->value(), 12.5e6, 0.02 * 12.5e6);
}

TEST_F(LabLinks, FiveHundredMegabitsAreCarried) {
  Lab lab = up(test::two_devices(test::link("up", 0, 1, 2_ms, 500_Mbit_per_s)));
  const auto rate = measure_bulk(lab, 0, 1, Seconds(1), Seconds(3));
  ASSERT_TRUE(rate) << to_text(rate.error());
  EXPECT_NEAR(rate->value(), 62.5e6, 0.05 * 62.5e6);
}

TEST_F(LabLinks, LossIsWithinItsBinomialBound) {
  auto lossy = test::link("up", 0, 1, 1_ms);
  lossy.loss = {0.05, Seconds(0.2)};
  Lab lab = up(test::platform({"a", "b"}, {lossy}));
  const auto sent = measure_one_way(lab, 0, 1, 4000, Seconds(0.0005));
  ASSERT_TRUE(sent) << to_text(sent.error());
  // Mean 200, standard deviation sqrt(4000 x 0.05 x 0.95) = 13.8; four of these.
  EXPECT_NEAR(static_cast<double>(4000 - sent->seconds.size()), 200, 4 * 13.8);
}

TEST_F(LabLinks, JitterPassesAKolmogorovSmirnovTest) {
  auto shaky = test::link("up", 0, 1, 15_ms);
  shaky.jitter = {scenarios::Jitter::Kind::normal, Seconds(0), Seconds(0.002)};
  Lab lab = up(test::platform({"a", "b"}, {shaky}));
  const auto sent = measure_one_way(lab, 0, 1, 400, Seconds(0.02));  // apart enough that order holds nobody up
  ASSERT_TRUE(sent) << to_text(sent.error());
  std::vector<double> delays = sent->seconds;
  std::sort(delays.begin(), delays.end());
  double mean = 0;
  for (const double delay : delays) mean += delay / static_cast<double>(delays.size());
  // Four standard errors, 2 ms / sqrt(400) = 0.1 ms each, and what the lab itself may be late.
  EXPECT_NEAR(mean, 0.015, 4 * 0.0001 + 0.0002);
  double distance = 0;
  for (std::size_t i = 0; i < delays.size(); ++i) {
    const double wanted = 0.5 * std::erfc(-(delays[i] - 0.015) / 0.002 / std::sqrt(2.0));
    const double n = static_cast<double>(delays.size());
    distance = std::max(
        {distance, std::abs(static_cast<double>(i + 1) / n - wanted), std::abs(static_cast<double>(i) / n - wanted)});
  }
  EXPECT_LT(distance, 1.63 / std::sqrt(400.0));  // 1 % level
}

/// First messages of 16 kB and 64 kB take one and two round trips more, as `window_delay` says; on a busy connection
/// none.
TEST_F(LabLinks, FirstMessagesWaitForTheirWindowsAsModelled) {
  const auto bandwidth = BytesPerSecond(105e6);
  Lab lab = up(test::two_devices(test::link("up", 0, 1, 15_ms, bandwidth)));
  deployment::Connection connection;
  connection.transport.kind = scenarios::Transport::Kind::tcp;
  connection.round_trip = Span::from(Seconds(0.030));
  for (const std::size_t bytes : {std::size_t{4000}, std::size_t{16000}, std::size_t{64000}}) {
    const auto first = measure_exchange(lab, 0, 1, bytes, 5, Connection::first);
    const auto busy = measure_exchange(lab, 0, 1, bytes, 10, Connection::busy);
    ASSERT_TRUE(first && busy);
    const Bytes size(static_cast<double>(bytes));
    const double plain = 0.030 + (size / bandwidth).value();
    Bytes window{14480};
    const Span delay = deployment::window_delay(connection, size, bandwidth, window);
    EXPECT_NEAR(summarise(*first).p50, plain + delay.seconds().value(), 0.05 * summarise(*first).p50) << bytes;
    EXPECT_NEAR(summarise(*busy).p50, plain, 0.002) << bytes;
  }
}

TEST_F(LabLinks, TheSelfTestSeesWhatIsStated) {
  const auto scenario = test::two_devices(test::link("up", 0, 1, 15_ms, 50_Mbit_per_s));
  Lab lab = up(scenario);
  const bool go_on = false;
  const auto test = self_test(scenario, lab, &go_on);
  ASSERT_TRUE(test) << to_text(test.error());
  ASSERT_EQ(test->pairs.size(), 2u);
  EXPECT_NEAR(test->pairs[0].wanted_s, 0.01501024, 1e-9);  // 64 bytes at 6.25 MB/s: 10.24 us
  EXPECT_LT(test->pairs[0].p50_error_s, 0.0002);
  EXPECT_GT(test->forwarder.error.count(), 1000u);
  EXPECT_NE(self_test_text(*test).find("a -> b"), std::string::npos);
}

}  // namespace
}  // namespace tiercut::lab
