// SPDX-License-Identifier: Apache-2.0
#include "interleaved.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>

namespace tiercut::benchmarks {
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The first run brings the contender's data back into the caches that the others have used since.
double seconds_of(const Contender& contender, int repeats) {
  contender.run();
  const double start = thread_seconds();
  for (int i = 0; i < repeats; ++i) contender.run();
  return (thread_seconds() - start) / repeats;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

std::vector<double> medians_interleaved(benchmark::State& state, const std::vector<Contender>& contenders,
                                        double seconds_a_turn) {
  std::vector<int> repeats;
  for (const Contender& contender : contenders) {
    const double once = std::max(seconds_of(contender, 1), 1e-8);
    repeats.push_back(std::max(1, static_cast<int>(seconds_a_turn / once)));
  }
  std::vector<std::vector<double>> seconds(contenders.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < contenders.size(); ++i) seconds[i].push_back(seconds_of(contenders[i], repeats[i]));
    state.SetIterationTime(seconds[0].back());
  }
  std::vector<double> medians;
  for (const auto& values : seconds) medians.push_back(median(values));
  return medians;
}

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

void Summary::report(benchmark::State& state) const {
  for (auto _ : state) benchmark::DoNotOptimize(ratios_.data());
  if (ratios_.empty()) return state.SkipWithError("nothing was measured before");
  state.counters["geometric_mean"] = geometric_mean(ratios_);
  state.counters["worst"] = *std::ranges::min_element(ratios_);
  state.counters["measured"] = static_cast<double>(ratios_.size());
}

}  // namespace tiercut::benchmarks
