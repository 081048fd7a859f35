// SPDX-License-Identifier: Apache-2.0
#include "deployment/stage_graph.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::deployment {

std::string_view to_text(Term term) {
  constexpr std::array<std::string_view, term_count> names = {
      "queue",    "compute",   "exit check", "serialise",        "link queue",
      "transmit", "transport", "propagate",  "aggregation wait", "return"};
  return names[static_cast<std::size_t>(term)];
}

std::string_view kind_of(const Stage& stage) {
  constexpr std::array<std::string_view, std::variant_size_v<StageWork>> names = {
      "source", "compute", "transfer", "control", "decision", "join", "first-conclusive", "answer"};
  return names[stage.work.index()];
}

Span transmission(const Resource& link, Bytes size) { return link.overhead + Span::from(size / link.bandwidth); }

Span window_delay(const Connection& connection, Bytes size, BytesPerSecond slowest, Bytes& window) {
  if (connection.transport.kind == scenarios::Transport::Kind::ideal) return {};
  const Bytes largest = std::max(connection.transport.largest_window, Bytes(1));
  window = std::clamp(window, Bytes(1), largest);
  Span delay;
  for (Bytes left = size; left > window;) {
    const Span sending = Span::from(window / slowest);
    // From here on acknowledgements return before the window is used up: the link is the limit, not the window.
    if (sending >= connection.round_trip) break;
    const Span stall = connection.round_trip - sending;
    if (window == largest) {
      const double stalls = std::ceil(left / window) - 1;
      return delay + Span::from(stall.seconds() * stalls);
    }
    delay += stall;
    left -= window;
    window = std::min(window * 2, largest);
  }
  return delay;
}

}  // namespace tiercut::deployment
