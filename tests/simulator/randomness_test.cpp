// SPDX-License-Identifier: Apache-2.0
// Jitter, loss, order of delivery, and that equal seeds give equal runs.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/random.hpp"
#include "core/statistics.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using namespace tiercut::literals;
using deployment::Term;
using Jitter = scenarios::Jitter;

double seconds(const Record& record, Term t) { return record.terms[static_cast<std::size_t>(t)].seconds().value(); }

GraphBuilder one_link(const Jitter& jitter, scenarios::Loss loss, Seconds period) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s);
  b.resource(up).latency = Span::from(Seconds(0.015) + jitter.mean);
  b.resource(up).jitter = jitter;
  b.resource(up).loss = loss;
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, 12'500_B, b.connection()))});  // 1 ms
  b.graph.arrivals.period = period;
  return b;
}

TEST(Randomness, JitterHasTheStatedMeanAndDeviation) {
  const std::int64_t n = 20'000;
  for (const Jitter& jitter : {Jitter{Jitter::Kind::normal, Seconds(0), Seconds(0.001)},
                              Jitter{Jitter::Kind::lognormal, Seconds(0.003), Seconds(0.001)},
                              Jitter{Jitter::Kind::gamma, Seconds(0.002), Seconds(0.001)},
                              Jitter{Jitter::Kind::uniform, Seconds(0), Seconds(0.001)}}) {
    Options options;
    options.samples = n;
    std::vector<Record> records;
    ASSERT_TRUE(simulate_forked(one_link(jitter, {}, Seconds(1)).graph, options, &records));
    RunningMean delay, square;
    for (const auto& r : records) {
      const double d = seconds(r, Term::propagate) - 0.015 - jitter.mean.value();
      delay.add(d);
      square.add(d * d);
      ASSERT_EQ(r.terms[static_cast<std::size_t>(Term::transport)], Span());
    }
    const double root = std::sqrt(static_cast<double>(n));
    EXPECT_NEAR(delay.mean(), 0, 4 * 0.001 / root);
    EXPECT_NEAR(square.mean(), 1e-6, 4 * std::sqrt(square.variance()) / root);
  }
}

TEST(Randomness, DelayIsNeverBelowZero) {
  Options options;
  options.samples = 1000;
  std::vector<Record> records;
  auto b = one_link({Jitter::Kind::normal, Seconds(0), Seconds(0.1)}, {}, Seconds(1));
  ASSERT_TRUE(simulate_forked(b.graph, options, &records));
  int at_zero = 0;
  for (const auto& r : records) {
    EXPECT_GE(seconds(r, Term::propagate), 0);
    at_zero += seconds(r, Term::propagate) == 0 ? 1 : 0;
  }
  EXPECT_GT(at_zero, 300);  // the standard normal lies below -0.15 with probability 0.44
}

TEST(Randomness, LostAttemptsCostTheirTimeAndTheTimeout) {
  // Attempts are lost with 0.2: geometric, 0.25 losses a message, each 1 ms on the link and 200 ms of timeout.
  const std::int64_t n = 20'000;
  Options options;
  options.samples = n;
  options.seed = 5;
  std::vector<Record> records;
  const auto result = simulate_forked(one_link({}, {0.2, Seconds(0.2)}, Seconds(10)).graph, options, &records);
  ASSERT_TRUE(result) << to_text(result.error());
  std::int64_t lost = 0;
  for (const auto& r : records) {
    RandomStream draws(5, entity_id("loss/up/x"), static_cast<std::uint64_t>(r.sample));
    std::int64_t mine = 0;
    while (draws.uniform() < 0.2) ++mine;
    lost += mine;
    ASSERT_EQ(r.latency.picoseconds(), 16'000'000'000 + mine * 201'000'000'000) << r.sample;
    ASSERT_EQ(r.terms[static_cast<std::size_t>(Term::transport)].picoseconds(), mine * 201'000'000'000);
  }
  const auto& link = result->resources[0];
  EXPECT_EQ(link.lost, lost);
  EXPECT_EQ(link.served, n);
  EXPECT_EQ(link.payload, Bytes(12'500.0 * static_cast<double>(n + lost)));
  EXPECT_NEAR(link.busy.value(), 0.001 * static_cast<double>(n + lost), 1e-9);
  const double deviation = std::sqrt(0.2) / 0.8 * std::sqrt(static_cast<double>(n));  // of the geometric, n times
  EXPECT_NEAR(static_cast<double>(lost), 0.25 * static_cast<double>(n), 4 * deviation);
}

TEST(Randomness, AConnectionDeliversInOrder) {
  // Messages 2 ms apart, jitter of 10 ms: many arrive early and wait for the ones before.
  Options options;
  options.samples = 5000;
  std::vector<Record> records;
  auto b = one_link({Jitter::Kind::uniform, Seconds(0), Seconds(0.01)}, {0.05, Seconds(0.05)}, Seconds(0.002));
  ASSERT_TRUE(simulate_forked(b.graph, options, &records));
  ASSERT_EQ(records.size(), 5000u);
  RandomStream none(0, 0, 0);
  Instant last;
  int held_back = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& r = records[i];
    ASSERT_EQ(r.sample, static_cast<std::int64_t>(i));
    const Instant delivered = r.arrival + r.latency;
    ASSERT_GE(delivered, last);
    RandomStream loss(1, entity_id("loss/up/x"), i);
    if (!(loss.uniform() < 0.05)) {
      // Not lost, so it was there after queue, 1 ms and its flight; it is delivered then or with the message before.
      const auto& t = r.terms;
      const Instant there = r.arrival + t[static_cast<std::size_t>(Term::link_queue)] + milliseconds(1) +
                            t[static_cast<std::size_t>(Term::propagate)];
      ASSERT_EQ(delivered, std::max(there, last)) << i;
      held_back += last > there ? 1 : 0;
    }
    last = delivered;
  }
  EXPECT_GT(held_back, 1000);
}

TEST(Randomness, PoissonMembersComeFromTheSecondDraw) {
  GraphBuilder b;
  b.answer({after(b.source())});
  b.graph.members = 4;
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(2)};
  Options options;
  options.samples = 8000;
  options.seed = 3;
  std::vector<Record> records;
  ASSERT_TRUE(simulate_forked(b.graph, options, &records));
  Instant arrival;
  std::vector<int> count(5);
  for (const auto& r : records) {
    RandomStream stream(3, entity_id("arrivals"), static_cast<std::uint64_t>(r.sample));
    arrival = arrival + Span::from(Seconds(stream.exponential(0.5)));
    ASSERT_EQ(r.arrival, arrival);
    ASSERT_EQ(r.member, static_cast<int>(stream.uniform() * 4) + 1);
    ++count[static_cast<std::size_t>(r.member)];
  }
  for (int m = 1; m <= 4; ++m) EXPECT_NEAR(count[static_cast<std::size_t>(m)], 2000, 4 * std::sqrt(1500.0));
  EXPECT_NEAR(arrival.since_start().value(), 4000, 4 * 0.5 * std::sqrt(8000.0));
}

/// A bit of everything that is random or can tie.
deployment::StageGraph everything() {
  GraphBuilder b;
  const int device = b.unit("device", 5), server = b.unit("server");
  const int up = b.link("up", milliseconds(15), 100_Mbit_per_s, false, 5);
  const int shared = b.link("shared", milliseconds(5), 100_Mbit_per_s, true);
  b.resource(up).jitter = {Jitter::Kind::gamma, Seconds(0.002), Seconds(0.003)};
  b.resource(up).loss = {0.1, Seconds(0.03)};
  scenarios::Transport tcp;
  tcp.kind = scenarios::Transport::Kind::tcp;
  const int connection = b.connection(milliseconds(34), tcp, 5), fair = b.connection();
  const int exit = b.exit("early", 0.4);
  const int source = b.source();
  const int image = b.transfer("image", {after(source)}, {up}, 30'000_B, connection);
  const int other = b.transfer("copy", {after(source)}, {shared}, 20'000_B, fair);
  const int little = b.compute("little", {after(source)}, device, milliseconds(4), 0.3, microseconds(10));
  const int big = b.compute("big", {after(image)}, server, milliseconds(1), 0.5);
  const int second = b.compute("second", {after(other)}, server, milliseconds(1));
  const int decision = b.decision({after(little)}, exit, {image});
  const int stop = b.control("stop", {if_conclusive(decision)}, {up}, 8_B, {big}, connection);
  const int joined = b.join({after(big), after(second)}, 1, milliseconds(20));
  b.compute("log", {after(stop)}, server, microseconds(100));
  b.answer({after(b.first_conclusive({if_conclusive(decision), after(joined)}))});
  b.graph.members = 5;
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.02)};
  return b.graph;
}

TEST(Randomness, AHundredRepeatsAreIdenticalToTheByte) {
  Options options;
  options.samples = 300;
  options.seed = 42;
  std::string first, repeat;
  const auto result = simulate_forked(everything(), options, nullptr, &first);
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_GT(first.size(), 300 * sizeof(deployment::Terms));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(simulate_forked(everything(), options, nullptr, &repeat));
    ASSERT_EQ(repeat, first) << "repeat " << i;
  }
  options.seed = 43;
  ASSERT_TRUE(simulate_forked(everything(), options, nullptr, &repeat));
  EXPECT_NE(repeat, first);
}

}  // namespace
}  // namespace tiercut::simulator
