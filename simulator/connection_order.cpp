// SPDX-License-Identifier: Apache-2.0
#include "simulator/connection_order.hpp"

#include <stdexcept>
#include <tuple>

namespace tiercut::simulator {

ConnectionOrder::ConnectionOrder(const CompiledGraph& graph) : graph_(graph), states_(graph.connection_of.size()) {
  for (std::size_t c = 0; c < states_.size(); ++c) {
    const auto& connection = graph.source->connections[static_cast<std::size_t>(graph.connection_of[c])];
    states_[c].window = connection.transport.initial_window;
  }
}

void ConnectionOrder::enter(int connection, const Passenger& passenger) {
  state(connection).passengers.insert_sorted(passenger, [](const Passenger& a, const Passenger& b) {
    return std::tie(a.entered, a.stage, a.sample) < std::tie(b.entered, b.stage, b.sample);
  });
}

Span ConnectionOrder::meet_window(int connection, const CompiledMessage& message, StageId stage, std::int64_t sample,
                                  Instant now) {
  State& s = state(connection);
  const std::size_t place = find(s, stage, sample);
  if (place == s.passengers.size()) return {};  // cancelled at this very moment
  const auto& definition = graph_.source->connections[static_cast<std::size_t>(message.connection_index)];
  const bool is_idle = s.in_window == 0 && s.has_delivered;
  if (is_idle && (now - s.last_delivery).seconds() > definition.transport.idle_restart) {
    s.window = definition.transport.initial_window;
  }
  s.passengers[place].has_met_window = true;
  ++s.in_window;
  return deployment::window_delay(definition, message.size, message.slowest, s.window);
}

void ConnectionOrder::arrive(int connection, StageId stage, std::int64_t sample) {
  State& s = state(connection);
  const std::size_t place = find(s, stage, sample);
  if (place == s.passengers.size()) throw std::logic_error("a message arrives that never entered its connection");
  s.passengers[place].has_arrived = true;
}

bool ConnectionOrder::leave(int connection, StageId stage, std::int64_t sample) {
  State& s = state(connection);
  const std::size_t place = find(s, stage, sample);
  if (place == s.passengers.size()) return false;
  if (s.passengers[place].has_met_window) --s.in_window;
  s.passengers.erase(place);
  return true;
}

bool ConnectionOrder::pop_deliverable(int connection, Instant now, Passenger& passenger) {
  State& s = state(connection);
  if (s.passengers.empty() || !s.passengers.front().has_arrived) return false;
  passenger = s.passengers.front();
  s.passengers.pop_front();
  if (passenger.has_met_window) --s.in_window;
  s.last_delivery = now;
  s.has_delivered = true;
  return true;
}

std::size_t ConnectionOrder::find(State& state, StageId stage, std::int64_t sample) {
  // Messages arrive nearly in their order, so this ends after a few steps.
  std::size_t i = 0;
  while (i < state.passengers.size() && (state.passengers[i].stage != stage || state.passengers[i].sample != sample)) {
    ++i;
  }
  return i;
}

}  // namespace tiercut::simulator
