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

/// Mean wait over independent replications, so that its standard error is honest although waits are correlated.
RunningMean mean_waits(const deployment::StageGraph& graph, int replications, std::int64_t samples) {
  RunningMean means;
  for (int r = 0; r < replications; ++r) {
    Options options;
    options.samples = samples + graph.warm_up;
    options.seed = 1000 + static_cast<std::uint64_t>(r);
    const auto result = simulate_forked(graph, options);
    if (!result) {
      ADD_FAILURE() << to_text(result.error());
      return means;
    }
    EXPECT_EQ(result->samples, samples);
    means.add(result->total_terms[static_cast<std::size_t>(Term::queue)].seconds().value() /
              static_cast<double>(samples));
  }
  return means;
}

void expect_mean(const RunningMean& means, double expected) {
  const double standard_error = std::sqrt(means.variance() / static_cast<double>(means.count()));
  EXPECT_LT(standard_error, 0.05 * expected);  // else the next line would say little
  EXPECT_NEAR(means.mean(), expected, 4 * standard_error);
}

TEST(Queueing, MeanWaitIsThatOfMD1) {
  // Pollaczek and Khinchine without variance: rho D / (2 (1 - rho)) = 0.8 x 1 ms / 0.4 = 2 ms.
  expect_mean(mean_waits(one_unit(0.8, 0, 2000), 40, 10'000), 0.002);
}

TEST(Queueing, MeanWaitIsThatOfMG1) {
  // Pollaczek and Khinchine: rho E[S] (1 + c^2) / (2 (1 - rho)) = 0.7 x 1 ms x 1.64 / 0.6 = 1.91333 ms, c = 0.8.
  expect_mean(mean_waits(one_unit(0.7, 0.8, 2000), 40, 10'000), 0.7e-3 * 1.64 / 0.6);
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
