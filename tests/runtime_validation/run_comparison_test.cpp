// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/run_comparison.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tiercut::validation {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

/// Latencies 1, 2, ..., count times `unit`; even samples are answered by `little`, with compute as their only term.
RecordedRun run_of(int count, double unit) {
  RecordedRun run;
  run.path = "made up";
  run.answers = {"final", "little"};
  run.has_bytes = true;
  for (int i = 0; i < count; ++i) {
    RecordedSample sample;
    sample.arrival = i;
    sample.latency = (i + 1) * unit;
    sample.answer = i % 2 == 0 ? 1 : 0;
    sample.terms = TermMeans{};
    (*sample.terms)[static_cast<std::size_t>(deployment::Term::compute)] = sample.latency;
    sample.payload_bytes = 100;
    sample.is_right = i % 4 == 0;
    run.samples.push_back(sample);
  }
  return run;
}

Prediction prediction_of(int count, double unit) {
  Prediction prediction;
  prediction.answers = {"little", "final"};
  for (int i = 0; i < count; ++i) {
    prediction.latencies.push_back((i + 1) * unit);
    prediction.answered_by.push_back(i % 2);
  }
  const Summary summary = summarise(prediction.latencies);
  for (std::size_t i = 0; i < statistic_count; ++i) prediction.statistics[i] = summary.at(all_statistics[i]);
  prediction.terms[static_cast<std::size_t>(deployment::Term::compute)] = summary.mean;
  prediction.accuracy = 0.5;
  prediction.payload_bytes = 110;
  return prediction;
}

Tolerances all_within(double share) {
  Tolerances tolerances;
  tolerances.fill(share);
  return tolerances;
}

TEST(Comparison, EveryFigureByHand) {
  // Measured 1..100 ms, predicted 1.1 times as much: +10 % of every statistic.
  const RecordedRun run = run_of(100, 1e-3);
  const Comparison comparison = compare(prediction_of(100, 1.1e-3), {&run}, all_within(0.1001));
  const double measured[] = {50.5e-3, 50e-3, 90e-3, 95e-3, 99e-3, 100e-3};
  for (std::size_t i = 0; i < statistic_count; ++i) {
    const Figure& figure = comparison.latency[i].latency;
    EXPECT_NEAR(figure.measured, measured[i], 1e-12);
    EXPECT_NEAR(figure.error(), measured[i] * 0.1, 1e-12);
    EXPECT_NEAR(*figure.relative_error(), 0.1, 1e-9);
    EXPECT_FALSE(figure.spread);
    EXPECT_EQ(comparison.latency[i].is_within, true);
  }
  EXPECT_TRUE(comparison.is_within());
  EXPECT_FALSE(compare(prediction_of(100, 1.1e-3), {&run}, all_within(0.0999)).is_within());
  EXPECT_TRUE(compare(prediction_of(100, 1.1e-3), {&run}, {}).is_within());  // nothing asked for
  // Odd numbers of ms are answered by little: 1, 3, ..., 99, mean 50; even ones: mean 51.
  ASSERT_EQ(comparison.answers.size(), 2u);
  EXPECT_EQ(comparison.answers[0].name, "little");
  EXPECT_DOUBLE_EQ(comparison.answers[0].share.measured, 0.5);
  EXPECT_NEAR(comparison.answers[0].mean->measured, 50e-3, 1e-12);
  EXPECT_NEAR(comparison.answers[1].mean->predicted, 51e-3 * 1.1, 1e-12);
  EXPECT_NEAR((*comparison.terms)[static_cast<std::size_t>(deployment::Term::compute)].measured, 50.5e-3, 1e-12);
  EXPECT_NEAR(comparison.accuracy->measured, 0.25, 1e-12);
  EXPECT_NEAR(*comparison.payload_bytes->relative_error(), 0.1, 1e-12);
  // i ms against 1.1 i ms: the mean of 0.1 i.
  EXPECT_NEAR(comparison.wasserstein_s, 5.05e-3, 1e-12);
}

TEST(Comparison, TheSpreadOfRunsExcusesAnError) {
  const RecordedRun slow = run_of(100, 1.2e-3), fast = run_of(100, 0.8e-3);
  const Comparison comparison = compare(prediction_of(100, 1.3e-3), {&slow, &fast}, all_within(0.05));
  const StatisticRow& p50 = comparison.latency[1];
  EXPECT_NEAR(p50.latency.measured, 50e-3, 1e-12);
  EXPECT_NEAR(*p50.latency.spread, 20e-3, 1e-12);
  EXPECT_EQ(p50.is_within, true);  // off by 15 ms
  EXPECT_TRUE(comparison.kolmogorov_smirnov_of_runs.has_value());
  EXPECT_NEAR(*comparison.wasserstein_s_of_runs, 20.2e-3, 1e-12);  // 0.4 times the mean of 1..100 ms
  const Comparison worse = compare(prediction_of(100, 1.5e-3), {&slow, &fast}, all_within(0.05));
  EXPECT_FALSE(worse.is_within());  // 25 ms
}

TEST(Comparison, WarmUpDoesNotCountAndUnansweredSamplesAreInfinitelyLate) {
  RecordedRun run = run_of(100, 1e-3);
  run.warm_up = 50;
  run.samples[99].latency = never;
  const Comparison comparison = compare(prediction_of(100, 1e-3), {&run}, all_within(0.5));
  EXPECT_EQ(comparison.samples, 50);
  EXPECT_EQ(comparison.unanswered, 1);
  EXPECT_NEAR(comparison.latency[1].latency.measured, 75e-3, 1e-12);  // 25th of 51..100 ms
  EXPECT_EQ(comparison.latency[5].latency.measured, never);
  EXPECT_FALSE(comparison.latency[5].latency.relative_error());
  EXPECT_EQ(comparison.latency[5].is_within, false);
  EXPECT_EQ(comparison.latency[1].is_within, true);
}

TEST(Comparison, IntervalsCoverOrNot) {
  const RecordedRun run = run_of(100, 1e-3);
  Prediction prediction = prediction_of(100, 1e-3);
  prediction.intervals.emplace();
  prediction.intervals->fill({49e-3, 91e-3});
  const Comparison comparison = compare(prediction, {&run}, {});
  const bool covered[] = {true, true, true, false, false, false};
  for (std::size_t i = 0; i < statistic_count; ++i) EXPECT_EQ(comparison.latency[i].is_covered, covered[i]);
}

TEST(Comparison, PlansAreRankedByWhatIsMeasured) {
  const RecordedRun a = run_of(100, 1e-3), b = run_of(100, 2e-3), c = run_of(100, 3e-3);
  const Comparison first = compare(prediction_of(100, 2.2e-3), {&a}, {});
  const Comparison second = compare(prediction_of(100, 2.1e-3), {&b}, {});
  const Comparison third = compare(prediction_of(100, 5e-3), {&c}, {});
  const auto rankings = rank({&first, &second, &third});
  ASSERT_EQ(rankings.size(), statistic_count);
  for (const Ranking& each : rankings) {
    EXPECT_NEAR(each.kendall_tau, 1.0 / 3, 1e-12);  // two pairs agree, one does not
    EXPECT_EQ(each.chosen, 1u);
    EXPECT_EQ(each.best, 0u);
    EXPECT_NEAR(each.regret, 1, 1e-12);
    EXPECT_EQ(each.pairs_apart, 3);  // nobody says how much runs differ
    EXPECT_NEAR(*each.tau_apart, 1.0 / 3, 1e-12);
  }
}

TEST(Comparison, PairsThatRepeatedRunsDoNotTellApartCountForNothing) {
  const RecordedRun a = run_of(100, 1e-3), again = run_of(100, 2.5e-3), b = run_of(100, 2e-3), c = run_of(100, 9e-3);
  const Comparison first = compare(prediction_of(100, 2.2e-3), {&a, &again}, {});  // 1.75 +- 0.75 against 2
  const Comparison second = compare(prediction_of(100, 2.1e-3), {&b}, {});
  const Comparison third = compare(prediction_of(100, 5e-3), {&c}, {});
  for (const Ranking& each : rank({&first, &second, &third})) {
    EXPECT_NEAR(each.kendall_tau, 1.0 / 3, 1e-12);
    EXPECT_EQ(each.pairs_apart, 2);
    EXPECT_EQ(each.tau_apart, 1.0);
  }
  for (const Ranking& each : rank({&first, &second})) {
    EXPECT_EQ(each.pairs_apart, 0);
    EXPECT_FALSE(each.tau_apart);
  }
}

}  // namespace
}  // namespace tiercut::validation
