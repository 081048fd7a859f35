// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/measure/sample_set.hpp"
#include "kernels/measure/stopwatch.hpp"

namespace tiercut::kernels {

/// Something whose time is taken.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual void run() = 0;
  virtual void cool() {}  ///< turns what run() reads and writes out of the caches; not timed
};

struct SliceOptions {
  Seconds budget{};         ///< wall time for one visit, warming up and cooling included
  double tolerance = 0.01;  ///< of SampleSet::uncertainty
  int least_samples = 11;   ///< before a visit may end because the median has settled
  int most_samples = 200;
  bool is_cold = false;  ///< cool() before every run, one run a sample
};

/// However long a run takes, a visit takes this many samples, and warms up by one run.
inline constexpr int fewest_samples = 3;

/// One visit: runs batches, each at least 20 times as long as the clock's resolution, until the median of `samples`
/// (those of earlier visits included) has settled or the budget is used. A batch in which another process had the
/// processor is left out, unless too few others remain; returns how many were.
int take_samples(Subject& subject, Stopwatch& stopwatch, const ClockQuality& clock, const SliceOptions& options,
                 SampleSet& samples);

}  // namespace tiercut::kernels
