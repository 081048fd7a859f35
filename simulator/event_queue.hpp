// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "core/units.hpp"

namespace tiercut::simulator {

/// What can be due at an instant, in the order in which ties are handled.
enum class EventKind : std::uint8_t {
  work_done,   ///< of a unit or fifo link; `where` is its copy
  flow_done,   ///< of a fair route; `where` is the flow
  flow_start,  ///< the overheads of a fair route have passed
  propagated,
  resend,  ///< the timeout of a lost attempt has passed
  source,  ///< an input that arises later than the sample's first
  arrival,
  deadline,  ///< of a join; last, so that what arrives at the same moment is there
};

struct Event {
  Instant when;
  EventKind kind = EventKind::work_done;
  int stage = -1;
  std::int64_t sample = 0;
  std::uint32_t slot = 0;
  int where = -1;

  bool operator<(const Event& other) const {
    return std::tie(when, kind, stage, sample, where) <
           std::tie(other.when, other.kind, other.stage, other.sample, other.where);
  }
};

/// Events in the order of their key; equal keys do not occur.
class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  const Event& top() const { return heap_.front(); }
  void push(const Event& event) {
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }

 private:
  static bool is_later(const Event& a, const Event& b) { return b < a; }
  std::vector<Event> heap_;
};

}  // namespace tiercut::simulator
