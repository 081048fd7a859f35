// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/sampler.hpp"

#include <gtest/gtest.h>

#include "fake_bench.hpp"

namespace tiercut::kernels {
namespace {

using test::FakeStopwatch;
using test::FakeSubject;

SampleSet sampled(FakeStopwatch& stopwatch, FakeSubject& subject, const SliceOptions& options) {
  SampleSet samples;
  take_samples(subject, stopwatch, quality_of(stopwatch), options, samples);
  return samples;
}

TEST(ClockQuality, IsItsStepAndItsPrice) {
  FakeStopwatch fine(25e-9);
  EXPECT_NEAR(quality_of(fine).resolution.value(), 25e-9, 1e-12);
  EXPECT_NEAR(quality_of(fine).overhead.value(), 25e-9, 1e-12);
  FakeStopwatch coarse(25e-9, 1e-3);
  EXPECT_NEAR(quality_of(coarse).resolution.value(), 1e-3, 1e-9);
  EXPECT_NEAR(quality_of(coarse).overhead.value(), 0, 1e-12);
}

TEST(Sampler, EndsAsSoonAsTheMedianHasSettled) {
  FakeStopwatch stopwatch;
  FakeSubject subject(stopwatch, [](int) { return 3e-6; });
  const SampleSet samples = sampled(stopwatch, subject, {.budget = Seconds(1)});
  EXPECT_EQ(samples.count(), 11U);
  EXPECT_NEAR(samples.median().value(), 3e-6, 1e-9);
  EXPECT_LT(stopwatch.time, 0.01);
}

TEST(Sampler, BatchesShortRunsToTwentyResolutions) {
  FakeStopwatch stopwatch(20e-9);
  FakeSubject subject(stopwatch, [](int) { return 7e-9; });
  const SampleSet samples = sampled(stopwatch, subject, {.budget = Seconds(1)});
  // A batch with its clock reading has to take 400 ns: at least (400 - 20) / 7 = 54.3 runs; doubling gives 64.
  EXPECT_EQ(samples.repetitions(), static_cast<int>(samples.count()) * 64);
  EXPECT_NEAR(samples.median().value(), 7e-9, 1e-12);
}

TEST(Sampler, MeasuresFineTimesWithACoarseClock) {
  FakeStopwatch stopwatch(25e-9, 1e-3);
  FakeSubject subject(stopwatch, [](int) { return 3e-6; });
  const SampleSet samples = sampled(stopwatch, subject, {.budget = Seconds(2)});
  EXPECT_NEAR(samples.median().value(), 3e-6, 3e-6 / 20);
}

TEST(Sampler, SaysWhenTheMedianHasNotSettledWithinTheBudget) {
  FakeStopwatch stopwatch;
  // Every other run takes twice as long: the median's interval reaches from 1 ms to 2 ms however many there are.
  FakeSubject subject(stopwatch, [](int run) { return run % 2 == 0 ? 1e-3 : 2e-3; });
  const SampleSet samples = sampled(stopwatch, subject, {.budget = Seconds(0.1)});
  EXPECT_GT(samples.uncertainty(), 0.01);
  EXPECT_GE(stopwatch.time, 0.1);
  EXPECT_LE(stopwatch.time, 0.1 + 5e-3);
}

TEST(Sampler, TakesThreeSamplesOfWhatTakesLongerThanItsBudget) {
  FakeStopwatch stopwatch;
  FakeSubject subject(stopwatch, [](int) { return 2.0; });
  const SampleSet samples = sampled(stopwatch, subject, {.budget = Seconds(0.1)});
  EXPECT_EQ(samples.count(), 3U);
  EXPECT_EQ(subject.runs, 5);  // the first touch and finding the batch
}

TEST(Sampler, GoesOnFromEarlierSamples) {
  FakeStopwatch stopwatch;
  FakeSubject subject(stopwatch, [](int) { return 1e-3; });
  SampleSet samples;
  for (int i = 0; i < 30; ++i) samples.add(Seconds(1e-3), 1);
  take_samples(subject, stopwatch, quality_of(stopwatch), {.budget = Seconds(1)}, samples);
  EXPECT_EQ(samples.count(), 41U);
}

TEST(Sampler, LeavesOutWhatAnotherProcessInterrupted) {
  FakeStopwatch stopwatch;
  // Every third run is interrupted and takes ten times as long.
  FakeSubject subject(stopwatch, [&](int run) {
    if (run % 3 != 0) return 1e-3;
    ++stopwatch.switches;
    return 1e-2;
  });
  SampleSet samples;
  const int left_out = take_samples(subject, stopwatch, quality_of(stopwatch), {.budget = Seconds(1)}, samples);
  EXPECT_EQ(samples.count(), 11U);
  EXPECT_GE(left_out, 5);
  EXPECT_LE(left_out, 6);
  EXPECT_NEAR(samples.percentile(0.99).value(), 1e-3, 1e-9);
}

TEST(Sampler, KeepsInterruptedSamplesWhereThereAreNoOthers) {
  FakeStopwatch stopwatch;
  FakeSubject subject(stopwatch, [&](int) {
    ++stopwatch.switches;
    return 1e-2;
  });
  SampleSet samples;
  EXPECT_EQ(take_samples(subject, stopwatch, quality_of(stopwatch), {.budget = Seconds(0.1)}, samples), 0);
  EXPECT_GE(samples.count(), 3U);
  EXPECT_NEAR(samples.median().value(), 1e-2, 1e-9);
}

TEST(Sampler, CoolsBeforeEveryColdRunAndTimesOnlyTheRun) {
  FakeStopwatch stopwatch;
  bool has_run_warm = false;
  int timed = 0;
  FakeSubject watched(stopwatch, [&](int run) {
    if (run > 0) {
      has_run_warm = has_run_warm || !watched.is_cool;
      ++timed;
    }
    return 1e-4;
  });
  const SampleSet samples = sampled(stopwatch, watched, {.budget = Seconds(1), .is_cold = true});
  EXPECT_FALSE(has_run_warm);
  EXPECT_EQ(timed, watched.coolings);
  EXPECT_EQ(samples.repetitions(), timed);
  EXPECT_NEAR(samples.median().value(), 1e-4, 1e-9);
}

}  // namespace
}  // namespace tiercut::kernels
