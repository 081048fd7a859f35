// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::planner {

/// A stage graph with what one sample needs laid out flat: resources and connections by copy, durations on the
/// picosecond grid, edges forwards. The graph must outlive it.
struct PreparedGraph {
  enum class Kind : std::uint8_t { source, compute, message, decision, join, first_conclusive, answer };
  struct Out {
    deployment::StageId to = -1;
    deployment::Condition when = deployment::Condition::always;
  };
  struct Hop {
    int slot = -1;
    int resource = -1;
    std::int64_t duration = 0;
    std::int64_t latency = 0;
  };
  struct Work {
    int slot = -1;
    int resource = -1;
    std::int64_t cost = 0;
  };
  struct Message {
    Work serialise, deserialise;
    int first_hop = 0, hop_count = 0;
    int connection = -1;  ///< by copy
    double size = 0;
    BytesPerSecond slowest{};
    std::int64_t overhead = 0;  ///< of all hops, for fair routes
    std::int64_t latency = 0;   ///< of all hops, for fair routes
    bool is_fair = false;
    bool is_control = false;
    bool is_return = false;
  };
  struct Stage {
    Kind kind = Kind::source;
    int first_out = 0, out_count = 0;
    int input_count = 0;
    Work compute;  ///< cost includes the exit check
    std::int64_t exit_check = 0;
    int message = -1;
  };
  /// One copy of a connection.
  struct Channel {
    const deployment::Connection* connection = nullptr;
    bool has_window = false;
    bool is_warm = false;
    Bytes window{};  ///< as a sample finds it
  };

  explicit PreparedGraph(const deployment::StageGraph& graph);

  const deployment::StageGraph* graph;
  std::vector<Stage> stages;
  std::vector<Out> outs;
  std::vector<Message> messages;
  std::vector<Hop> hops;
  std::vector<int> hop_slots;  ///< beside hops
  std::vector<Channel> channels;
  std::vector<double> bandwidth;  ///< by slot; 0 for units
  std::size_t slot_count = 0;

  std::span<const Hop> hops_of(const Message& message) const {
    return {hops.data() + message.first_hop, static_cast<std::size_t>(message.hop_count)};
  }
  std::span<const int> slots_of(const Message& message) const {
    return {hop_slots.data() + message.first_hop, static_cast<std::size_t>(message.hop_count)};
  }
};

}  // namespace tiercut::planner
