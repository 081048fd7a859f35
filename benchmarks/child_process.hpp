// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <vector>

/// Measurements in a process of their own: one process can run one engine of SimGrid, and peak memory is a process's.
namespace tiercut::benchmarks {

struct Outcome {
  double seconds = 0;         ///< of processor time
  double value = 0;           ///< what `work` returned
  double peak_mebibytes = 0;  ///< resident
};

/// Runs `work` in a child; all zeros when that failed.
Outcome in_child(const std::function<double()>& work);

double median(std::vector<double> values);

/// False, and the benchmark is skipped, when an outcome's value is not `expected`.
bool is_right(benchmark::State& state, const Outcome& outcome, double expected);

}  // namespace tiercut::benchmarks
