// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/ring_queue.hpp"

namespace tiercut::simulator {

/// What connections remember, by copy: the messages under way in the order in which they entered, and the window. Only
/// for connections whose messages can be delayed or overtaken.
class ConnectionOrder {
 public:
  explicit ConnectionOrder(const CompiledGraph& graph);

  struct Passenger {
    Instant entered;
    StageId stage = -1;
    std::int64_t sample = 0;
    std::uint32_t slot = 0;
    bool has_arrived = false;
    bool has_met_window = false;
  };

  void enter(int connection, const Passenger& passenger);
  /// The message's wait for its window, which moves on; after everything that entered earlier has met it.
  Span meet_window(int connection, const CompiledMessage& message, StageId stage, std::int64_t sample, Instant now);
  void arrive(int connection, StageId stage, std::int64_t sample);
  /// Forgets a message that was cancelled; true when it was under way.
  bool leave(int connection, StageId stage, std::int64_t sample);
  /// The next message to deliver, when it has arrived.
  bool pop_deliverable(int connection, Instant now, Passenger& passenger);

 private:
  struct State {
    RingQueue<Passenger> passengers;
    Bytes window{};
    Instant last_delivery;
    bool has_delivered = false;
    int in_window = 0;  // of the passengers, how many have met the window
  };
  State& state(int connection) { return states_[static_cast<std::size_t>(connection)]; }
  static std::size_t find(State& state, StageId stage, std::int64_t sample);

  const CompiledGraph& graph_;
  std::vector<State> states_;
};

}  // namespace tiercut::simulator
