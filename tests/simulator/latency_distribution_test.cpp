// SPDX-License-Identifier: Apache-2.0
#include "simulator/latency_distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "simulator/simulator.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

/// Values that try the buckets: some are equal, some spread over all magnitudes, some sit in two heaps.
std::vector<std::int64_t> values_of(int shape, std::size_t count) {
  std::mt19937_64 random(static_cast<unsigned>(shape));
  std::vector<std::int64_t> values;
  std::lognormal_distribution<double> lognormal(23, shape == 1 ? 0.5 : 6);
  for (std::size_t i = 0; i < count; ++i) {
    switch (shape) {
      case 0:
        values.push_back(33'335'680'000);
        break;
      case 1:
      case 2:
        values.push_back(static_cast<std::int64_t>(std::min(lognormal(random), 9e18)));
        break;
      case 3:
        values.push_back(static_cast<std::int64_t>(i % 2 == 0 ? random() % 5000 : 2'000'000'000'000 + random() % 5000));
        break;
      default:
        values.push_back(static_cast<std::int64_t>(random() % 4096));
    }
  }
  return values;
}

double nearest(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return static_cast<double>(sorted[(percent * sorted.size() + 99) / 100 - 1]) / 1e12;
}

TEST(LatencyDistribution, PercentilesOutOfBucketsKeepTheirBound) {
  for (int shape = 0; shape < 5; ++shape) {
    for (const std::size_t count : {1UL, 7UL, 511UL, 513UL, 100'000UL}) {
      auto values = values_of(shape, count);
      LatencyDistribution exact, bucketed;
      long double sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (i == count / 3) bucketed.bucket();
        exact.add(Span(values[i]));
        bucketed.add(Span(values[i]));
        sum += static_cast<long double>(values[i]);
      }
      std::ranges::sort(values);
      const auto e = exact.summary(), b = bucketed.summary();
      EXPECT_EQ(e.p50, nearest(values, 50));
      EXPECT_EQ(e.p99, nearest(values, 99));
      const auto within = [&](double got, std::size_t percent) {
        const double truth = nearest(values, percent);
        EXPECT_LE(std::fabs(got - truth), truth * LatencyDistribution::error * (1 + 1e-9) + 5e-13)
            << "shape " << shape << " of " << count << ", p" << percent;
      };
      within(b.p50, 50), within(b.p90, 90), within(b.p95, 95), within(b.p99, 99);
      if (shape == 0) {
        EXPECT_EQ(b.p99, 0.03333568);
      }
      for (const auto& summary : {e, b}) {
        EXPECT_DOUBLE_EQ(summary.mean, static_cast<double>(sum / static_cast<long double>(count) / 1e12L));
        EXPECT_EQ(summary.max, static_cast<double>(values.back()) / 1e12);
      }
      EXPECT_DOUBLE_EQ(bucketed.standard_error(), exact.standard_error());
    }
  }
}

TEST(LatencyDistribution, InfiniteValuesStandOnTop) {
  LatencyDistribution latencies;
  for (int i = 1; i <= 90; ++i) latencies.add(Span(i));
  const auto summary = latencies.summary(10);
  EXPECT_EQ(summary.p50, 50e-12);
  EXPECT_EQ(summary.p90, 90e-12);
  EXPECT_EQ(summary.p95, std::numeric_limits<double>::infinity());
  EXPECT_EQ(summary.mean, std::numeric_limits<double>::infinity());
}

TEST(LatencyDistribution, PartsAddUpToTheWhole) {
  for (const bool is_bucketed : {false, true}) {
    LatencyDistribution whole, part[2], all;
    const auto values = values_of(1, 5000);
    if (is_bucketed) whole.bucket(), part[0].bucket(), part[1].bucket();
    for (std::size_t i = 0; i < values.size(); ++i) {
      whole.add(Span(values[i]));
      part[i % 3 == 0 ? 0 : 1].add(Span(values[i]));
    }
    all.add_all(part[0]);
    all.add_all(part[1]);
    EXPECT_EQ(all.count(), 5000);
    EXPECT_EQ(all.summary().p90, whole.summary().p90);
    EXPECT_EQ(all.summary().mean, whole.summary().mean);
    EXPECT_NEAR(all.standard_error(), whole.standard_error(), 1e-12 * whole.standard_error());
  }
}

TEST(LatencyDistribution, AResultSaysWhetherItsPercentilesAreExact) {
  using namespace testing;
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1), 0.7))});
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.00125)};
  Options options;
  options.samples = 50'000;
  options.exact_percentiles_up_to = 50'000;
  const auto exact = simulate(b.graph, options);
  options.exact_percentiles_up_to = 49'999;
  const auto streamed = simulate(b.graph, options);
  ASSERT_TRUE(exact && streamed);
  EXPECT_EQ(exact->percentile_error, 0);
  EXPECT_EQ(streamed->percentile_error, 1.0 / 2048);
  EXPECT_EQ(streamed->latency_s.mean, exact->latency_s.mean);
  EXPECT_EQ(streamed->latency_s.max, exact->latency_s.max);
  for (const auto statistic : {Statistic::p50, Statistic::p90, Statistic::p95, Statistic::p99}) {
    const double truth = exact->latency_s.at(statistic);
    EXPECT_NEAR(streamed->latency_s.at(statistic), truth, truth / 2048);
  }
}

}  // namespace
}  // namespace tiercut::simulator
