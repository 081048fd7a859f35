// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/units.hpp"

namespace tiercut::simulator {

/// Names something that stands in a line: a stage of a sample under way, or the sample where it is in one place at a
/// time.
using Node = std::uint32_t;
inline constexpr Node no_node = ~Node{0};

/// A line through the states of those who stand in it, so that standing takes no memory of its own. `at(node)` is a
/// state with `next` and `previous`.
struct Line {
  Node first = no_node, last = no_node;

  bool is_empty() const { return first == no_node; }

  /// `before` may be no_node: at the front.
  template <class At>
  void insert_behind(Node before, Node node, At at) {
    auto& inserted = at(node);
    if (is_empty()) {
      inserted.previous = inserted.next = no_node;
      first = last = node;
      return;
    }
    inserted.previous = before;
    Node& link = before == no_node ? first : at(before).next;
    inserted.next = link;
    link = node;
    (inserted.next == no_node ? last : at(inserted.next).previous) = node;
  }

  template <class At>
  void take_out(Node node, At at) {
    if (first == last) {
      first = last = no_node;
      return;
    }
    const auto& taken = at(node);
    (taken.previous == no_node ? first : at(taken.previous).next) = taken.next;
    (taken.next == no_node ? last : at(taken.next).previous) = taken.previous;
  }
};

/// What a message has on its way. Valid from the beginning of its route.
struct MessageState {
  Span window_delay{};
  Instant entered;                          ///< its connection
  Node next = no_node, previous = no_node;  ///< in its connection
  std::uint32_t attempt = 0;
  std::uint16_t hop = 0;
  bool is_aboard = false;  ///< its connection knows of it
  bool has_arrived = false, has_met_window = false;
};

}  // namespace tiercut::simulator
