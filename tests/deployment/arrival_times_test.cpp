// SPDX-License-Identifier: Apache-2.0
#include "deployment/arrival_times.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/statistics.hpp"

namespace tiercut::deployment {
namespace {

using scenarios::Arrivals;
using scenarios::ArrivalTrace;

/// 10 a second on average, in bursts of 0.3 s that are 0.5 s apart: 80 / 3 a second while one lasts.
StageGraph bursty(int members = 1) {
  StageGraph graph;
  graph.members = members;
  graph.arrivals = {Arrivals::Process::bursty, Seconds(0.1), Seconds(0.3), Seconds(0.5)};
  return graph;
}

// Kuczura 1973: an interrupted Poisson process renews itself at each arrival, with gaps whose squared coefficient of
// variation is 1 + 2 a r / (r + s)^2 (a, r, s: rates of arrivals, of ends of bursts, of ends of silences).
TEST(ArrivalTimes, GapsOfBurstsAreThoseOfAnInterruptedPoissonProcess) {
  const StageGraph graph = bursty();
  ArrivalTimes times(graph, 5);
  RunningMean gaps, squares, products;
  double last = times.next().when.since_start().value(), before = 0.1;
  for (int i = 0; i < 400'000; ++i) {
    const double now = times.next().when.since_start().value(), gap = now - last;
    gaps.add(gap);
    squares.add(gap * gap);
    products.add((gap - 0.1) * (before - 0.1));
    last = now;
    before = gap;
  }
  const auto expect_mean = [](const RunningMean& means, double expected) {
    EXPECT_NEAR(means.mean(), expected, 4 * std::sqrt(means.variance() / static_cast<double>(means.count())));
  };
  const double a = 80 / 3.0, r = 1 / 0.3, s = 1 / 0.5;
  const double variation = 1 + 2 * a * r / ((r + s) * (r + s));  // 7.25: far from Poisson's 1
  expect_mean(gaps, 0.1);
  expect_mean(squares, 0.01 * (1 + variation));
  expect_mean(products, 0);
}

TEST(ArrivalTimes, BurstsAreAsLikelyAtTheStartAsLater) {
  const StageGraph graph = bursty();
  RunningMean early;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    ArrivalTimes times(graph, seed);
    int count = 0;
    while (times.next().when.since_start().value() < 0.2) ++count;
    early.add(count);
  }
  EXPECT_NEAR(early.mean(), 2, 4 * std::sqrt(early.variance() / 4000));
}

TEST(ArrivalTimes, EachMemberHasItsOwnBursts) {
  const StageGraph three = bursty(3);
  ArrivalTimes times(three, 9);
  std::vector<std::vector<Instant>> by_member(4);
  Instant last;
  while (last.since_start().value() < 2000) {
    const auto [when, member] = times.next();
    ASSERT_GE(when, last);
    last = when;
    by_member[static_cast<std::size_t>(member)].push_back(when);
  }
  for (int member = 1; member <= 3; ++member) {
    const auto& its = by_member[static_cast<std::size_t>(member)];
    EXPECT_NEAR(static_cast<double>(its.size()), 20'000, 1600);  // 4 x sqrt(20,000 x 7.25)
  }
  const StageGraph one = bursty();
  ArrivalTimes alone(one, 9);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(alone.next().when, by_member[1][static_cast<std::size_t>(i)]) << i;
}

StageGraph recorded(std::vector<std::int64_t> picoseconds, Span lap) {
  ArrivalTrace trace;
  for (const std::int64_t each : picoseconds) trace.when.emplace_back(each);
  trace.lap = lap;
  StageGraph graph;
  graph.arrivals = {Arrivals::Process::trace, Seconds(1)};
  graph.arrivals.trace = std::make_shared<const ArrivalTrace>(std::move(trace));
  return graph;
}

TEST(ArrivalTimes, RecordedOnesComeAsTheyStand) {
  const StageGraph graph = recorded({5, 5, 9}, Span());
  ArrivalTimes times(graph, 1);
  for (const std::int64_t expected : {5, 5, 9}) EXPECT_EQ(times.next().when, Instant(expected));
  EXPECT_EQ(times.next().when, Instant::never());
  EXPECT_FALSE(arrival_shortage(graph, 3));
  EXPECT_EQ(arrival_shortage(graph, 4).value().code, "trace-too-short");
}

TEST(ArrivalTimes, RecordedOnesMayComeAgain) {
  const StageGraph graph = recorded({5, 6, 9}, Span(6));
  ArrivalTimes times(graph, 1);
  for (const std::int64_t expected : {5, 6, 9, 11, 12, 15, 17}) EXPECT_EQ(times.next().when, Instant(expected));
  EXPECT_FALSE(arrival_shortage(graph, 1'000'000));
}

}  // namespace
}  // namespace tiercut::deployment
