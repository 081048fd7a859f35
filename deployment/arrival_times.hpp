// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::deployment {

/// When and at which member samples arise, one after the other, by the keys of the folder's README (7 and 8): the same
/// for a simulation and for a run.
class ArrivalTimes {
 public:
  /// Refers to the graph.
  ArrivalTimes(const StageGraph& graph, std::uint64_t seed);

  struct Arrival {
    Instant when;
    int member = 1;
  };
  /// Behind the last recorded one: never. Throws std::overflow_error past the 106 days of simulated time.
  Arrival next();

 private:
  Arrival next_periodic(std::int64_t sample) const;
  Arrival next_poisson(std::int64_t sample);
  Arrival next_of_bursts();
  Arrival next_recorded(std::int64_t sample) const;
  void begin_bursts();
  Span gap_of_bursts(int member, std::int64_t number) const;

  const StageGraph& graph_;
  std::uint64_t seed_, entity_;
  std::int64_t sample_ = 0;
  Instant last_;
  // Of bursty arrivals:
  std::vector<std::pair<Instant, int>> coming_;  // the next one of each member, a heap with the earliest on top
  std::vector<std::int64_t> numbers_;            // of these, by member
};

/// An error (code trace-too-short) when recorded arrivals that do not come again are fewer than a run has samples.
std::optional<Diagnostic> arrival_shortage(const StageGraph& graph, std::int64_t samples);

}  // namespace tiercut::deployment
