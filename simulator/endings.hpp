// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "deployment/stage_graph.hpp"

namespace tiercut::simulator {

/// How a sample ends. Each does in one of these ways, so they sum to the arrivals.
enum class Ending : std::uint8_t {
  answered,
  dropped,  ///< by a queue that was full, or because its turn came too late
  failed,   ///< by a fault, or because no exit answers it
};
std::string_view to_text(Ending ending);  ///< `answered`, `dropped`, `failed`

/// What took a sample's answer first. Numbers: the graph's faults, then the queues of its resources, then their
/// deadlines.
class Cause {
 public:
  constexpr Cause() = default;  ///< nothing: its exits and joins gave no answer
  static constexpr Cause still_under_way() { return Cause(-2); }
  static constexpr Cause fault(int fault) { return Cause(fault); }
  static Cause queue(const deployment::StageGraph& graph, int resource) {
    return Cause(static_cast<std::int32_t>(graph.faults.size()) + resource);
  }
  static Cause deadline(const deployment::StageGraph& graph, int resource) {
    return Cause(static_cast<std::int32_t>(graph.faults.size() + graph.resources.size()) + resource);
  }
  /// From 0 for counting, less than count(graph).
  std::size_t index() const { return static_cast<std::size_t>(number_ + 2); }
  static Cause at(std::size_t index) { return Cause(static_cast<std::int32_t>(index) - 2); }
  static std::size_t count(const deployment::StageGraph& graph) {
    return 2 + graph.faults.size() + 2 * graph.resources.size();
  }

  bool is_none() const { return number_ == -1; }
  Ending ending(const deployment::StageGraph& graph) const;
  std::string text(const deployment::StageGraph& graph) const;  ///< `fault flood`, `the queue of pi was full`
  bool operator==(const Cause&) const = default;

 private:
  constexpr explicit Cause(std::int32_t number) : number_(number) {}
  std::int32_t number_ = -1;
};

}  // namespace tiercut::simulator
