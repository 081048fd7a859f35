// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/line.hpp"

namespace tiercut::simulator {

/// What connections remember, by copy: the messages under way in the order in which they entered, and the window. Only
/// for connections whose messages can be delayed or overtaken. `Messages` knows them by node: `message(node)` is a
/// MessageState, `rank(node)` its stage and sample, in this order to be compared.
template <class Messages>
class ConnectionOrder {
 public:
  ConnectionOrder(const CompiledGraph& graph, Messages messages) : graph_(graph), messages_(messages) {
    states_.reserve(graph.connection_of.size());
    for (const int connection : graph.connection_of) {
      states_.emplace_back().window =
          graph.source->connections[static_cast<std::size_t>(connection)].transport.initial_window;
    }
  }

  /// In the order of (time of entry, stage, sample): only what entered at this very moment can have to stand behind.
  void enter(int connection, Node node, Instant now) {
    MessageState& entering = messages_.message(node);
    entering.entered = now;
    entering.is_aboard = true;
    Line& line = state(connection).line;
    Node before = line.last;
    while (before != no_node && messages_.message(before).entered == now &&
           messages_.rank(before) > messages_.rank(node)) {
      before = messages_.message(before).previous;
    }
    line.insert_behind(before, node, at());
  }

  /// The message's wait for its window, which moves on; after everything that entered earlier has met it.
  Span meet_window(int connection, Node node, const CompiledMessage& message, Instant now) {
    State& s = state(connection);
    const auto& definition = graph_.source->connections[static_cast<std::size_t>(message.connection_index)];
    const bool is_idle = s.in_window == 0 && s.has_delivered;
    if (is_idle && (now - s.last_delivery).seconds() > definition.transport.idle_restart) {
      s.window = definition.transport.initial_window;
    }
    messages_.message(node).has_met_window = true;
    ++s.in_window;
    return deployment::window_delay(definition, message.size, message.slowest, s.window);
  }

  /// Forgets a message that was cancelled; true when it was under way.
  bool leave(int connection, Node node) {
    if (!messages_.message(node).is_aboard) return false;
    take_out(state(connection), node);
    return true;
  }

  /// Takes the next message to deliver, when that has arrived; else no_node.
  Node next_deliverable(int connection, Instant now) {
    State& s = state(connection);
    const Node first = s.line.first;
    if (first == no_node || !messages_.message(first).has_arrived) return no_node;
    take_out(s, first);
    s.last_delivery = now;
    s.has_delivered = true;
    return first;
  }

 private:
  struct State {
    Line line;
    std::int32_t in_window = 0;  // of the messages under way, how many have met the window
    bool has_delivered = false;
    Instant last_delivery;
    Bytes window{};
  };
  State& state(int connection) { return states_[static_cast<std::size_t>(connection)]; }
  auto at() {
    return [this](Node node) -> MessageState& { return messages_.message(node); };
  }
  void take_out(State& s, Node node) {
    s.line.take_out(node, at());
    MessageState& taken = messages_.message(node);
    taken.is_aboard = false;
    if (taken.has_met_window) --s.in_window;
  }

  const CompiledGraph& graph_;
  Messages messages_;
  std::vector<State> states_;
};

}  // namespace tiercut::simulator
