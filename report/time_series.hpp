// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "core/files.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::report {

/// A simulation over time, as CSV: a line for each second, minute, ... of simulated time, counted from the first
/// arrival, up to the last answer. Columns: `from_s`, `arrived`, `answered`, `under_way` at its end (of those answered
/// at some time), and `mean_s`, `max_s` of the latencies of those that were answered in it, empty when none was.
/// Samples of the warm-up are in it: it is what one looks at to choose one.
class TimeSeries {
 public:
  /// `interval` above 0. Fails as AtomicFile::create.
  static Result<TimeSeries> create(const std::string& path, Span interval);

  void ended(const simulator::Record& record);
  /// Fails with too-many-intervals beyond a million lines.
  Result<void> commit(const simulator::SimulationResult& result);

 private:
  struct Interval {
    std::int64_t arrived = 0, unanswered = 0, answered = 0;
    double sum_s = 0;
    Span longest{};
  };
  TimeSeries(AtomicFile file, Span interval) : file_(std::move(file)), interval_(interval) {}
  std::int64_t index_of(Instant time) const { return time.picoseconds() / interval_.picoseconds(); }

  AtomicFile file_;
  Span interval_;
  std::map<std::int64_t, Interval> intervals_;
};

inline constexpr std::int64_t most_intervals = 1'000'000;

/// About a hundred lines for so many samples: 1, 2 or 5 times a power of ten.
Span usual_interval(const deployment::StageGraph& graph, std::int64_t samples);

}  // namespace tiercut::report
