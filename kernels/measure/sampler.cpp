// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/sampler.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::kernels {
namespace {

constexpr double resolutions_per_sample = 20;
constexpr int largest_batch = 1 << 20;
constexpr double settle_check_growth = 1.2;

Seconds time_of(Subject& subject, Stopwatch& stopwatch, int runs) {
  const Seconds start = stopwatch.now();
  for (int i = 0; i < runs; ++i) subject.run();
  return stopwatch.now() - start;
}

/// Runs in a sample; finding it warms the caches, the branch predictors and a processor that had clocked down.
int batch_for(Subject& subject, Stopwatch& stopwatch, const ClockQuality& clock, Seconds warm_up) {
  const Seconds least = resolutions_per_sample * clock.resolution;
  subject.run();
  const Seconds start = stopwatch.now();
  for (int runs = 1;;) {
    const Seconds batch = time_of(subject, stopwatch, runs);
    if (batch < least && runs < largest_batch)
      runs *= 2;
    else if (stopwatch.now() - start >= warm_up)
      return runs;
  }
}

}  // namespace

void take_samples(Subject& subject, Stopwatch& stopwatch, const ClockQuality& clock, const SliceOptions& options,
                  SampleSet& samples) {
  const Seconds start = stopwatch.now();
  int runs = 1;
  if (options.is_cold)
    subject.run();
  else
    runs = batch_for(subject, stopwatch, clock, std::min(options.budget * 0.1, Seconds(2e-3)));
  int next_check = options.least_samples;
  for (int taken = 0; taken < options.most_samples;) {
    if (options.is_cold) subject.cool();
    const Seconds time = std::max(Seconds(0), time_of(subject, stopwatch, runs) - clock.overhead);
    samples.add(time / runs, runs);
    ++taken;
    if (taken >= fewest_samples && stopwatch.now() - start >= options.budget) return;
    if (taken < next_check) continue;
    if (samples.uncertainty() <= options.tolerance) return;
    next_check = static_cast<int>(std::ceil(taken * settle_check_growth));
  }
}

}  // namespace tiercut::kernels
