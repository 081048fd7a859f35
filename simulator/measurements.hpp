// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/latency_distribution.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

/// What a simulation adds up while it runs. Times are whole picoseconds, so sums are exact and in any order the same.
class Measurements {
 public:
  Measurements(const CompiledGraph& graph, const Options& options);

  void answered(const Record& record);
  void unanswered(Cause cause) {
    ++unanswered_;
    ++unanswered_by_[cause.index()];
  }
  /// A unit or fifo link was busy, or a fair link with any flows at all.
  void busy(int resource, Span span) { of(resource).busy += static_cast<std::uint64_t>(span.picoseconds()); }
  void worked(int unit, Span span) {
    busy(unit, span);
    ++of(unit).served;
  }
  void transmitted(int link, Bytes size, bool is_control, bool is_lost) {
    Usage& usage = of(link);
    (is_control ? usage.control : usage.payload) += size.value();
    ++(is_lost ? usage.lost : usage.served);
  }
  void dropped(int resource) { ++of(resource).dropped; }
  /// An attempt that a fault of the link has ended.
  void cut(int link) { ++of(link).lost; }

  /// Fills the figures; `duration` from the first arrival to the last event. Once.
  void fill(SimulationResult& result, Span duration);

 private:
  struct Usage {
    __extension__ unsigned __int128 busy = 0;
    std::int64_t served = 0;
    std::int64_t lost = 0, dropped = 0;
    double payload = 0, control = 0;
  };
  Usage& of(int resource) { return usage_[static_cast<std::size_t>(resource)]; }
  void fill_latencies(SimulationResult& result);

  const CompiledGraph& graph_;
  bool with_terms_;
  std::int64_t exact_left_;
  std::vector<LatencyDistribution> latencies_;  // by answer
  deployment::Terms total_terms_{};
  std::int64_t unanswered_ = 0;
  std::vector<std::int64_t> unanswered_by_;  // by Cause::index
  std::int64_t right_ = 0, fallbacks_ = 0;
  std::optional<Span> limit_;
  std::int64_t late_ = 0;
  std::vector<Usage> usage_;  // by resource
};

}  // namespace tiercut::simulator
