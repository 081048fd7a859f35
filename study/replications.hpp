// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/statistics.hpp"
#include "study/evaluator.hpp"

namespace tiercut::study {

struct ReplicationOptions {
  simulator::Options simulation;  ///< of each; the r-th (from 0) has the seed + r
  std::int64_t most = 10;         ///< 2 at least
  /// Stop once half the width of the mean's interval is at most this share of the mean, after 10 at the earliest.
  std::optional<double> until;
  int workers = 1;  ///< processes
  Simulate simulate;
  const volatile bool* stop = nullptr;
  std::function<void(std::int64_t done, std::int64_t total)> progress;
};

inline constexpr double replication_confidence = 0.95;

struct Replications {
  /// Of all together: samples, times and bytes are sums, statistics and utilisations means, the maximum is that of all;
  /// the standard error of the mean is that between replications.
  simulator::SimulationResult pooled;
  std::int64_t count = 0;
  /// Of each statistic but the maximum, which has no expectation that longer runs come nearer to.
  std::array<std::optional<Interval>, all_statistics.size()> intervals;
  bool is_close_enough = true;  ///< false: `until` was asked for and not reached
};

/// Simulates a graph again and again, independently, each time with its own warm-up left out, and says how well its
/// statistics are known. The same for any number of workers. Fails with what simulating fails with, no-process,
/// worker-died, and with `interrupted`. Only from a process of one thread.
Result<Replications> replicate(const deployment::StageGraph& graph, const ReplicationOptions& options);

}  // namespace tiercut::study
