// SPDX-License-Identifier: Apache-2.0
#include "study/replications.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "study/result_bytes.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::study {
namespace {

using namespace testing;

/// M/M/1, half busy with work of 1 ms: 2 ms in all on average.
deployment::StageGraph half_busy() {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1), 1))});
  std::get<deployment::Compute>(b.graph.stages[1].work).family = scenarios::CostVariation::Family::gamma;
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.002)};
  b.graph.warm_up = 200;
  return b.graph;
}

ReplicationOptions options_of(std::int64_t replications, std::int64_t samples = 2200) {
  ReplicationOptions options;
  options.simulation.samples = samples;
  options.most = replications;
  options.workers = 2;
  options.simulate = [](const auto& graph, const auto& each) { return simulator::simulate(graph, each); };
  return options;
}

TEST(Replications, AreTheSingleSimulationsTogether) {
  const auto graph = half_busy();
  auto options = options_of(4);
  options.simulation.seed = 70;
  const auto all = replicate(graph, options);
  ASSERT_TRUE(all) << to_text(all.error());
  EXPECT_EQ(all->count, 4);
  EXPECT_EQ(all->pooled.samples, 4 * 2000);
  EXPECT_EQ(all->pooled.answered_by, std::vector<std::int64_t>{8000});
  RunningMean means, medians;
  double busy = 0, largest = 0, utilisation = 0;
  for (std::uint64_t seed = 70; seed < 74; ++seed) {
    simulator::Options each = options.simulation;
    each.seed = seed;
    const auto one = simulator::simulate(graph, each).value();
    means.add(one.latency_s.mean);
    medians.add(one.latency_s.p50);
    busy += one.resources[0].busy.value();
    utilisation += one.resources[0].utilisation / 4;
    largest = std::max(largest, one.latency_s.max);
  }
  EXPECT_DOUBLE_EQ(all->pooled.latency_s.mean, means.mean());
  EXPECT_DOUBLE_EQ(all->pooled.latency_s.p50, medians.mean());
  EXPECT_DOUBLE_EQ(all->pooled.latency_s.max, largest);
  EXPECT_DOUBLE_EQ(all->pooled.resources[0].busy.value(), busy);
  EXPECT_DOUBLE_EQ(all->pooled.resources[0].utilisation, utilisation);
  EXPECT_DOUBLE_EQ(all->pooled.mean_standard_error_s, std::sqrt(means.variance() / 4));
  // Student's t of 3 degrees: 3.182 (Abramowitz and Stegun, table 26.10).
  const Interval interval = all->intervals[0].value();
  EXPECT_NEAR(interval.high - interval.low, 2 * 3.182 * std::sqrt(means.variance() / 4), 1e-3 * interval.low);
  EXPECT_FALSE(all->intervals.back());
}

TEST(Replications, DoNotDependOnTheNumberOfWorkers) {
  const auto graph = half_busy();
  std::string first;
  for (const int workers : {1, 2, 5}) {
    auto options = options_of(1000);
    options.workers = workers;
    options.until = 0.02;
    const auto all = replicate(graph, options);
    ASSERT_TRUE(all) << to_text(all.error());
    const std::string bytes = to_bytes(all->pooled) + std::to_string(all->count);
    if (first.empty()) first = bytes;
    EXPECT_EQ(bytes, first) << workers << " workers";
  }
}

TEST(Replications, IntervalsHoldTheMeanOfMM1AsOftenAsTheySay) {
  const auto graph = half_busy();
  int held = 0;
  for (std::uint64_t run = 0; run < 60; ++run) {
    auto options = options_of(10);
    options.simulation.seed = 1000 * run;
    const Interval interval = replicate(graph, options).value().intervals[0].value();
    held += interval.low <= 0.002 && 0.002 <= interval.high ? 1 : 0;
  }
  EXPECT_GE(held, 52);  // 57 expected; 51 or fewer with a probability of 1 %
  EXPECT_LT(held, 60);
}

TEST(Replications, StopAsSoonAsTheMeanIsKnownWellEnough) {
  const auto graph = half_busy();
  auto options = options_of(1000);
  options.until = 0.015;
  const auto all = replicate(graph, options);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->is_close_enough);
  ASSERT_GT(all->count, 10);
  const auto half_width = [](const Replications& r) { return (r.intervals[0]->high - r.intervals[0]->low) / 2; };
  EXPECT_LE(half_width(*all), 0.015 * all->pooled.latency_s.mean);
  const auto one_fewer = replicate(graph, options_of(all->count - 1));
  EXPECT_GT(half_width(*one_fewer), 0.015 * one_fewer->pooled.latency_s.mean);
  options.most = 12;
  options.until = 1e-4;
  const auto too_few = replicate(graph, options);
  EXPECT_EQ(too_few->count, 12);
  EXPECT_FALSE(too_few->is_close_enough);
}

TEST(Replications, FailAsTheirSimulationsDo) {
  auto options = options_of(3, 100);  // all of it warm-up
  const auto all = replicate(half_busy(), options);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().front().code, "bad-samples");
  EXPECT_FALSE(all.error().front().hint.empty());
}

}  // namespace
}  // namespace tiercut::study
