// SPDX-License-Identifier: Apache-2.0
// Lines with a limit or several workers: small ones by hand, large ones against queueing theory.
#include <gtest/gtest.h>

#include <cmath>

#include "core/statistics.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using Drop = scenarios::QueueLimit::Drop;
using Latencies = std::vector<std::int64_t>;

struct Run {
  Latencies latencies;  // in microseconds, by sample; -1 without an answer
  SimulationResult result;
};

Run run(const deployment::StageGraph& graph, std::int64_t samples) {
  Options options;
  options.samples = samples;
  options.with_unanswered = true;
  std::vector<Record> records;
  const auto result = simulate_forked(graph, options, &records);
  EXPECT_TRUE(result) << to_text(result.error());
  Run run{Latencies(records.size()), *result};
  for (const auto& r : records)
    run.latencies[static_cast<std::size_t>(r.sample)] =
        r.ending == Ending::answered ? r.latency.picoseconds() / 1'000'000 : -1;
  return run;
}

/// 10 ms of work every millisecond.
GraphBuilder rushed_unit(scenarios::QueueLimit limit) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.resource(unit).queue = limit;
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(10)))});
  b.graph.arrivals.period = Seconds(0.001);
  return b;
}

TEST(BoundedQueues, TheNewestFindNoPlace) {
  // 0 works from 0 ms, 1 and 2 wait; they work from 10 and 20 ms.
  const auto got = run(rushed_unit({Drop::newest, 2, {}}).graph, 6);
  EXPECT_EQ(got.latencies, (Latencies{10'000, 19'000, 28'000, -1, -1, -1}));
  ASSERT_EQ(got.result.unanswered.size(), 1u);
  EXPECT_EQ(got.result.unanswered[0].ending, Ending::dropped);
  EXPECT_EQ(got.result.unanswered[0].why, "the queue of cpu was full");
  EXPECT_EQ(got.result.unanswered[0].samples, 3);
  EXPECT_EQ(got.result.resources[0].dropped, 3);
}

TEST(BoundedQueues, TheOldestMakeRoom) {
  // 4 and 5 are left to wait: they work from 10 and 20 ms.
  EXPECT_EQ(run(rushed_unit({Drop::oldest, 2, {}}).graph, 6).latencies,
            (Latencies{10'000, -1, -1, -1, 16'000, 25'000}));
}

TEST(BoundedQueues, NobodyNeedsToWait) {
  EXPECT_EQ(run(rushed_unit({Drop::newest, 0, {}}).graph, 12).latencies,
            (Latencies{10'000, -1, -1, -1, -1, -1, -1, -1, -1, -1, 10'000, -1}));
}

TEST(BoundedQueues, WhoseTurnComesTooLateIsNotTaken) {
  // At 10 ms sample 5 has waited for 5 ms, sample 6 for 4 ms; at 20 ms sample 7 for 13 ms.
  const auto got = run(rushed_unit({Drop::newest, {}, Seconds(0.004)}).graph, 8);
  EXPECT_EQ(got.latencies, (Latencies{10'000, -1, -1, -1, -1, -1, 14'000, -1}));
  ASSERT_EQ(got.result.unanswered.size(), 1u);
  EXPECT_EQ(got.result.unanswered[0].why, "too late for cpu");
}

TEST(BoundedQueues, ALinkDropsWhatComesTooFast) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(15), BytesPerSecond(1e6));
  b.resource(up).queue = {Drop::newest, 1, {}};
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, Bytes(3000), b.connection()))});
  b.graph.arrivals.period = Seconds(0.001);
  // 3 ms on the link each: 0 from 0 ms, 1 from 3, 3 from 6, 6 from 9, and so on; the others find one waiting.
  EXPECT_EQ(run(b.graph, 9).latencies, (Latencies{18'000, 20'000, -1, 21'000, -1, -1, 21'000, -1, -1}));
}

TEST(BoundedQueues, ASampleByItselfLosesNothing) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.resource(unit).queue = {Drop::newest, 0, {}};
  const int source = b.source();
  std::vector<deployment::Edge> parts;
  for (const char* name : {"a", "b", "c"})
    parts.push_back(after(b.compute(name, {after(source)}, unit, milliseconds(2))));
  b.answer({after(b.join(parts, 3))});
  b.graph.arrivals.period = Seconds(0.005);
  // While sample 0 is served, until 6 ms, nobody else may wait; so sample 1 loses all three parts at 5 ms.
  EXPECT_EQ(run(b.graph, 3).latencies, (Latencies{6000, -1, 6000}));
}

TEST(BoundedQueues, AJoinGoesOnWithoutWhatWasDropped) {
  GraphBuilder b;
  const int slow = b.unit("slow"), fast = b.unit("fast");
  b.resource(slow).queue = {Drop::newest, 0, {}};
  const int source = b.source();
  const int x = b.compute("x", {after(source)}, slow, milliseconds(6));
  const int y = b.compute("y", {after(source)}, fast, milliseconds(1));
  b.answer({after(b.join({after(x), after(y)}, 1, milliseconds(7)))});
  b.graph.arrivals.period = Seconds(0.004);
  // Sample 1 has no place at the slow unit; its join gives up 7 ms after the fast one, which fired after 1 ms.
  EXPECT_EQ(run(b.graph, 2).latencies, (Latencies{6000, 8000}));
}

/// M/M/1 with room for so many, the one at work among them; work of 1 ms on average.
deployment::StageGraph mm1k(double rho, int room, Drop drop) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.resource(unit).queue = {drop, room - 1, {}};
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1), 1))});
  std::get<deployment::Compute>(b.graph.stages[1].work).family = scenarios::CostVariation::Family::gamma;
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.001 / rho)};
  b.graph.warm_up = 1000;
  return b.graph;
}

// M/M/1/K: a share of (1 - rho) rho^K / (1 - rho^(K + 1)) finds it full; K + 1 states, of geometric shares. Whoever is
// dropped instead, as many are.
TEST(BoundedQueues, BlockingIsThatOfMM1K) {
  struct Case {
    double rho;
    int room;
    Drop drop;
  };
  for (const Case c : {Case{0.8, 1, Drop::newest}, Case{0.8, 3, Drop::newest}, Case{1.5, 4, Drop::newest},
                       Case{0.6, 2, Drop::oldest}}) {
    const double full = (1 - c.rho) * std::pow(c.rho, c.room) / (1 - std::pow(c.rho, c.room + 1));
    double inside = 0;  // mean number there
    for (int n = 1; n <= c.room; ++n)
      inside += n * (1 - c.rho) * std::pow(c.rho, n) / (1 - std::pow(c.rho, c.room + 1));
    RunningMean shares, latencies;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      Options options;
      options.samples = 21'000;
      options.seed = seed;
      const auto result = simulate(mm1k(c.rho, c.room, c.drop), options);
      ASSERT_TRUE(result);
      ASSERT_EQ(result->samples, 20'000);
      shares.add(static_cast<double>(result->unanswered.at(0).samples) / 20'000);
      latencies.add(result->latency_by_exit_s.at(0).mean);
    }
    const auto expect_mean = [](const RunningMean& means, double expected) {
      EXPECT_NEAR(means.mean(), expected, 4 * std::sqrt(means.variance() / static_cast<double>(means.count())));
    };
    expect_mean(shares, full);
    // Little: those there over those who come in.
    if (c.drop == Drop::newest) expect_mean(latencies, inside * 0.001 / c.rho / (1 - full));
  }
}

TEST(Workers, ServeSeveralSamplesAtATimeButNotOnesStages) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.resource(unit).workers = 2;
  const int source = b.source();
  std::vector<deployment::Edge> parts;
  for (const char* name : {"a", "b"}) parts.push_back(after(b.compute(name, {after(source)}, unit, milliseconds(4))));
  b.answer({after(b.join(parts, 2))});
  b.graph.arrivals.period = Seconds(0.001);
  // 0 is served from 0 to 8 ms, 1 beside it from 1 to 9 ms. At 8 ms the free worker begins with 2, which has waited the
  // longest, at 9 ms the other with 3.
  const auto got = run(b.graph, 4);
  EXPECT_EQ(got.latencies, (Latencies{8000, 8000, 14'000, 14'000}));
  EXPECT_DOUBLE_EQ(got.result.resources[0].busy.value(), 0.032);
  EXPECT_DOUBLE_EQ(got.result.resources[0].utilisation, 0.032 / (2 * 0.017));
}

TEST(Workers, FailTogether) {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.resource(unit).workers = 2;
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(10)))});
  b.graph.arrivals.period = Seconds(0.001);
  deployment::Fault fault;
  fault.name = "it";
  fault.resources = {{unit, 0}};
  fault.outages = {{Instant() + microseconds(2500), Instant() + microseconds(4000)}};
  b.graph.faults = {fault};
  // 0 and 1 work and 2 waits when it fails, 3 comes meanwhile; 4 and 5 find two workers, 6 waits for the first.
  EXPECT_EQ(run(b.graph, 7).latencies, (Latencies{-1, -1, -1, -1, 10'000, 10'000, 18'000}));
  b.graph.faults[0].loses = false;  // 1.5 ms later; 2 has the first worker at 11.5 ms, 3 the other one at 12.5 ms
  EXPECT_EQ(run(b.graph, 4).latencies, (Latencies{11'500, 11'500, 19'500, 19'500}));
}

// Erlang 1917: with a = c rho at work on average and b the share lost without waiting, b(n) = a b(n - 1) / (n + a b(n -
// 1)), a share b / (1 - rho (1 - b)) waits, and those 1 / (c - a) services on average.
TEST(Workers, WaitsAreThoseOfMMc) {
  struct Case {
    int workers;
    double rho;
  };
  for (const Case c : {Case{2, 0.5}, Case{3, 0.8}, Case{8, 0.9}}) {
    GraphBuilder b;
    const int unit = b.unit("cpu");
    b.resource(unit).workers = c.workers;
    b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1), 1))});
    std::get<deployment::Compute>(b.graph.stages[1].work).family = scenarios::CostVariation::Family::gamma;
    b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.001 / c.rho / c.workers)};
    b.graph.warm_up = 5000;
    const double a = c.workers * c.rho;
    double lost = 1;
    for (int n = 1; n <= c.workers; ++n) lost = a * lost / (n + a * lost);
    const double waiting = lost / (1 - c.rho * (1 - lost));
    RunningMean waits, shares;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      Options options;
      options.samples = 30'000;
      options.seed = seed;
      RunningMean wait, share;
      const auto result = simulate(b.graph, options, [&](const Record& record) {
        const Span waited = record.terms[static_cast<std::size_t>(deployment::Term::queue)];
        wait.add(waited.seconds().value());
        share.add(waited > Span() ? 1 : 0);
      });
      ASSERT_TRUE(result);
      waits.add(wait.mean());
      shares.add(share.mean());
    }
    const auto expect_mean = [](const RunningMean& means, double expected) {
      EXPECT_NEAR(means.mean(), expected, 4 * std::sqrt(means.variance() / static_cast<double>(means.count())));
    };
    expect_mean(shares, waiting);
    expect_mean(waits, waiting * 0.001 / (c.workers - a));
  }
}

}  // namespace
}  // namespace tiercut::simulator
