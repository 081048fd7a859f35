// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/stopwatch.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/measure/machine_facts.hpp"

namespace tiercut::kernels {

Seconds SteadyStopwatch::now() {
  return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

long SteadyStopwatch::interruptions() { return involuntary_switches(); }

ClockQuality quality_of(Stopwatch& stopwatch) {
  constexpr int readings = 501;
  // A clock of coarse steps stands still for long; what it can do is seen only at a step.
  constexpr int longest_wait = 1 << 22;
  std::vector<double> steps;
  Seconds smallest_step = Seconds::infinite();
  for (int i = 0; i < readings; ++i) {
    const Seconds first = stopwatch.now();
    steps.push_back((stopwatch.now() - first).value());
    if (steps.back() > 0) smallest_step = std::min(smallest_step, Seconds(steps.back()));
  }
  for (int i = 0; i < longest_wait && !smallest_step.is_finite(); ++i) {
    const Seconds first = stopwatch.now();
    const Seconds step = stopwatch.now() - first;
    if (step.value() > 0) smallest_step = step;
  }
  std::ranges::nth_element(steps, steps.begin() + readings / 2);
  const Seconds overhead(steps[readings / 2]);
  if (!smallest_step.is_finite()) smallest_step = Seconds(1e-3);
  return {std::max(smallest_step, overhead), overhead};
}

}  // namespace tiercut::kernels
