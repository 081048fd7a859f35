// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

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

int take_samples(Subject& subject, Stopwatch& stopwatch, const ClockQuality& clock, const SliceOptions& options,
                 SampleSet& samples) {
  const Seconds start = stopwatch.now();
  int runs = 1;
  if (options.is_cold)
    subject.run();
  else
    runs = batch_for(subject, stopwatch, clock, std::min(options.budget * 0.1, Seconds(2e-3)));
  int next_check = options.least_samples, kept = 0;
  std::vector<Seconds> interrupted;
  for (int taken = 1; taken <= options.most_samples; ++taken) {
    if (options.is_cold) subject.cool();
    const long interruptions = stopwatch.interruptions();
    const Seconds time = std::max(Seconds(0), time_of(subject, stopwatch, runs) - clock.overhead) / runs;
    if (stopwatch.interruptions() != interruptions) {
      interrupted.push_back(time);
    } else {
      samples.add(time, runs);
      ++kept;
    }
    if (taken >= fewest_samples && stopwatch.now() - start >= options.budget) break;
    if (kept < next_check) continue;
    if (samples.uncertainty() <= options.tolerance) break;
    next_check = static_cast<int>(std::ceil(kept * settle_check_growth));
  }
  if (kept >= fewest_samples) return static_cast<int>(interrupted.size());
  for (const Seconds time : interrupted) samples.add(time, runs);
  return 0;
}

}  // namespace tiercut::kernels
