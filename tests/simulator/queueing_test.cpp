// SPDX-License-Identifier: Apache-2.0
// One unit with Poisson arrivals, against queueing theory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "core/statistics.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using deployment::Term;

/// Work of 1 ms on average on one unit, `utilisation` of its time.
deployment::StageGraph one_unit(double utilisation, double variation, int warm_up = 0) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1), variation))});
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.001 / utilisation)};
  b.graph.warm_up = warm_up;
  return b.graph;
}

TEST(Queueing, WaitsFollowLindleysRecursionOnTheSameDraws) {
  // Lindley 1952: W(n + 1) = max(0, W(n) + S(n) - A(n + 1)), here in whole picoseconds.
  for (const double variation : {0.0, 0.7}) {
    Options options;
    options.samples = 20'000;
    options.seed = 11;
    std::vector<Record> records;
    ASSERT_TRUE(simulate_forked(one_unit(0.9, variation), options, &records));
    ASSERT_EQ(records.size(), 20'000u);
    Span wait, service;
    Instant arrival;
    std::int64_t waited = 0;
    for (const auto& record : records) {
      const auto i = static_cast<std::uint64_t>(record.sample);
      const Span gap = Span::from(Seconds(RandomStream(11, entity_id("arrivals"), i).exponential(0.001 / 0.9)));
      wait = std::max(Span(), wait + service - (i > 0 ? gap : Span()));
      arrival = arrival + gap;
      RandomStream cost(11, entity_id("cost/work"), i);
      service = variation == 0 ? milliseconds(1) : Span::from(Seconds(cost.lognormal_with(0.001, variation)));
      ASSERT_EQ(record.arrival, arrival) << i;
      ASSERT_EQ(record.terms[static_cast<std::size_t>(Term::queue)], wait) << i;
      ASSERT_EQ(record.latency, wait + service) << i;
      waited += wait > Span() ? 1 : 0;
    }
    EXPECT_GT(waited, 15'000);  // a busy unit: the recursion had something to say
  }
}

TEST(Queueing, AChainFollowsTheRecursionAtEachStationOnTheSameDraws) {
  // A device, a link and a server in a row, all three busy: a sample begins at a station when it is there and the one
  // before has left, and behind the link it flies for 15 ms.
  GraphBuilder b;
  const int device = b.unit("device"), server = b.unit("server");
  const int up = b.link("up", milliseconds(15), BytesPerSecond(1e6));
  const int little = b.compute("little", {after(b.source())}, device, milliseconds(1), 0.6);
  const int sent = b.transfer("x", {after(little)}, {up}, Bytes(1050));  // 1.05 ms
  b.answer({after(b.compute("big", {after(sent)}, server, microseconds(900), 0.8))});
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.0012)};
  Options options;
  options.samples = 20'000;
  options.seed = 5;
  std::vector<Record> records;
  ASSERT_TRUE(simulate_forked(b.graph, options, &records));
  ASSERT_EQ(records.size(), 20'000u);
  const auto cost = [](const char* stage, std::int64_t sample, double mean, double variation) {
    RandomStream stream(5, entity_id(stage), static_cast<std::uint64_t>(sample));
    return Span::from(Seconds(stream.lognormal_with(mean, variation)));
  };
  Instant device_free, link_free, server_free;
  for (const auto& record : records) {
    device_free = std::max(record.arrival, device_free) + cost("cost/little", record.sample, 0.001, 0.6);
    link_free = std::max(device_free, link_free) + microseconds(1050);
    server_free = std::max(link_free + milliseconds(15), server_free) + cost("cost/big", record.sample, 0.0009, 0.8);
    ASSERT_EQ(record.arrival + record.latency, server_free) << record.sample;
  }
}

struct Theory {
  double wait = 0;            ///< mean, seconds
  double share_waiting = -1;  ///< of the samples; -1: not told
};

/// Independent replications, so that a standard error is honest although waits are correlated.
void expect_waits(deployment::StageGraph graph, Term where, const Theory& theory) {
  graph.warm_up = 5000;
  RunningMean waits, shares;
  for (int r = 0; r < 30; ++r) {
    Options options;
    options.engine = Engine::fast;  // the others give the same records, which random graphs show
    options.samples = 25'000 + graph.warm_up;
    options.seed = 1000 + static_cast<std::uint64_t>(r);
    RunningMean wait, share;
    const auto result = simulate(graph, options, [&](const Record& record) {
      const Span waited = record.terms[static_cast<std::size_t>(where)];
      wait.add(waited.seconds().value());
      share.add(waited > Span() ? 1 : 0);
    });
    ASSERT_TRUE(result) << to_text(result.error());
    ASSERT_EQ(wait.count(), 25'000u);
    waits.add(wait.mean());
    shares.add(share.mean());
  }
  const auto expect_mean = [](const RunningMean& means, double expected) {
    const double standard_error = std::sqrt(means.variance() / static_cast<double>(means.count()));
    EXPECT_LT(standard_error, 0.08 * expected);  // else the next line would say little
    EXPECT_NEAR(means.mean(), expected, 4 * standard_error);
  };
  expect_mean(waits, theory.wait);
  if (theory.share_waiting >= 0) expect_mean(shares, theory.share_waiting);
}

// Pollaczek and Khinchine: a mean wait of rho E[S] (1 + c^2) / (2 (1 - rho)), here of work of 1 ms. Arrivals see what
// is there on average (PASTA), so a share of rho waits.
TEST(Queueing, WaitsAreThoseOfMD1) {
  for (const double rho : {0.3, 0.6, 0.9}) {
    expect_waits(one_unit(rho, 0), Term::queue, {0.001 * rho / 2 / (1 - rho), rho});
  }
}

TEST(Queueing, WaitsAreThoseOfMG1) {
  for (const double rho : {0.3, 0.6, 0.9}) {
    for (const double c : {0.5, 1.0}) {
      expect_waits(one_unit(rho, c), Term::queue, {0.001 * rho * (1 + c * c) / 2 / (1 - rho), rho});
    }
  }
}

deployment::StageGraph exponential(deployment::StageGraph graph) {
  for (auto& stage : graph.stages) {
    if (auto* compute = std::get_if<deployment::Compute>(&stage.work)) {
      compute->coefficient_of_variation = 1;
      compute->family = scenarios::CostVariation::Family::gamma;
    }
  }
  return graph;
}

TEST(Queueing, WaitsAreThoseOfMM1) {
  for (const double rho : {0.3, 0.6, 0.9}) {
    expect_waits(exponential(one_unit(rho, 1)), Term::queue, {0.001 * rho / (1 - rho), rho});
  }
}

// GI/M/1: an arrival waits with probability x and then x / (1 - x) services on average, where x = A(m (1 - x)) in
// (0, 1) with A the transform of the gaps and m the rate of service; here of an interrupted Poisson process (rates a of
// arrivals, r of ends of bursts, s of ends of silences): A(z) = a (z + s) / (z^2 + (a + r + s) z + a s), Kuczura 1973.
TEST(Queueing, WaitsInBurstsAreThoseOfGIM1) {
  auto graph = exponential(one_unit(0.5, 1));
  graph.arrivals = {scenarios::Arrivals::Process::bursty, Seconds(0.002), Seconds(0.02), Seconds(0.03)};
  const double a = 1250, r = 1 / 0.02, s = 1 / 0.03, m = 1000;  // 1,250 a second while a burst lasts
  double x = 0.5;
  for (int i = 0; i < 10'000; ++i) {
    const double z = m * (1 - x);
    x = a * (z + s) / (z * z + (a + r + s) * z + a * s);
  }
  ASSERT_GT(x, 0.5);
  ASSERT_LT(x, 0.99);
  expect_waits(graph, Term::queue, {x / (m * (1 - x)), x});
}

TEST(Queueing, ALinkIsMD1OfItsTransmissions) {
  // 1000 B at 1 MB/s: 1 ms on the link; what is in flight for 15 ms does not count.
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), BytesPerSecond(1e6));
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, Bytes(1000)))});
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.00125)};
  expect_waits(b.graph, Term::link_queue, {0.002, 0.8});  // 0.8 x 1 ms / 0.4
}

TEST(Queueing, ATandemOfEqualConstantWorkWaitsOnlyAtItsHead) {
  // Departures of the first are at least 1 ms apart, so nobody waits at the second: in all the wait of one M/D/1.
  GraphBuilder b;
  const int first = b.unit("first"), second = b.unit("second");
  const int head = b.compute("head", {after(b.source())}, first, milliseconds(1));
  b.answer({after(b.compute("tail", {after(head)}, second, milliseconds(1)))});
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.001 / 0.9)};
  expect_waits(b.graph, Term::queue, {0.001 * 0.9 / 0.2, 0.9});
}

TEST(Queueing, MembersThinAPoissonProcessAndASharedUnitMergesIt) {
  // Ten members with units of their own: at each an M/D/1 of a tenth of the arrivals.
  for (const bool is_shared : {false, true}) {
    GraphBuilder b;
    const int unit = b.unit("unit", is_shared ? 1 : 10);
    b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1)))});
    b.graph.members = 10;
    b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(is_shared ? 0.0125 : 0.00125)};
    expect_waits(b.graph, Term::queue, {0.002, 0.8});
  }
}

TEST(Queueing, PercentilesAreNearestRankAfterWarmUp) {
  Options options;
  options.samples = 1100;
  std::vector<Record> records;
  const auto result = simulate_forked(one_unit(0.8, 0.5, 100), options, &records);
  ASSERT_TRUE(result) << to_text(result.error());
  ASSERT_EQ(records.size(), 1000u);
  EXPECT_EQ(result->samples, 1000);
  EXPECT_EQ(result->warm_up, 100);
  std::vector<double> latencies;
  double sum = 0;
  for (const auto& r : records) {
    EXPECT_GE(r.sample, 100);
    latencies.push_back(r.latency.seconds().value());
    sum += latencies.back();
  }
  std::sort(latencies.begin(), latencies.end());
  EXPECT_EQ(result->latency_s.p50, latencies[499]);
  EXPECT_EQ(result->latency_s.p99, latencies[989]);
  EXPECT_EQ(result->latency_s.max, latencies[999]);
  EXPECT_NEAR(result->latency_s.mean, sum / 1000, 1e-12);
  double squares = 0;
  for (double l : latencies) squares += (l - sum / 1000) * (l - sum / 1000);
  EXPECT_NEAR(result->mean_standard_error_s, std::sqrt(squares / 999 / 1000), 1e-12);
}

}  // namespace
}  // namespace tiercut::simulator
