// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

/// Contenders measured in turn, round by round, so that what slows the machine slows all of them.
namespace tiercut::benchmarks {

struct Contender {
  std::string name;
  std::function<void()> run;
};

/// Medians over the rounds, in seconds of the thread's processor time for one run of each contender, its caches warm. A
/// round repeats each so often that it takes about `seconds_a_turn`. The first contender's time is the benchmark's own.
std::vector<double> medians_interleaved(benchmark::State& state, const std::vector<Contender>& contenders,
                                        double seconds_a_turn = 1e-3);

double geometric_mean(const std::vector<double>& values);

/// Ratios of a program's measurements so far; the last benchmark reports them together.
class Summary {
 public:
  void add(double ratio) { ratios_.push_back(ratio); }
  /// Counters `geometric_mean`, `worst` and `measured`.
  void report(benchmark::State& state) const;

 private:
  std::vector<double> ratios_;
};

}  // namespace tiercut::benchmarks
