// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

/// What a simulation adds up while it runs. Eight bytes a sample, for exact percentiles.
class Measurements {
 public:
  explicit Measurements(const CompiledGraph& graph);

  void answered(const Record& record);
  void unanswered() { ++unanswered_; }
  void served(int copy) { ++of(copy).served; }  ///< by a unit
  void transmitted(int resource, Bytes size, bool is_control, bool is_lost);
  void busy(int copy, Span span) { of(copy).busy += span.seconds().value(); }  ///< a fair link with any flows at all

  /// Fills the figures; `duration` from the first arrival to the last event.
  void fill(SimulationResult& result, Span duration) const;

 private:
  struct Usage {
    double busy = 0;
    std::int64_t served = 0;
    std::int64_t lost = 0;
    double payload = 0, control = 0;
  };
  Usage& of(int copy) { return usage_[static_cast<std::size_t>(graph_.resource_of[static_cast<std::size_t>(copy)])]; }

  const CompiledGraph& graph_;
  std::vector<std::vector<double>> latencies_;  // seconds, by answer
  deployment::Terms total_terms_{};
  std::int64_t unanswered_ = 0;
  std::int64_t right_ = 0;
  std::vector<Usage> usage_;  // by resource
};

}  // namespace tiercut::simulator
