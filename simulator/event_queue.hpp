// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/units.hpp"

namespace tiercut::simulator {

/// What can be due at an instant, in the order in which ties are handled.
enum class EventKind : std::uint8_t {
  work_done,   ///< of a unit or fifo link; `where` is its copy
  link_free,   ///< of a fifo link whose message is on its way already; `where` is its copy
  flow_done,   ///< of a fair route; `where` is the flow
  flow_start,  ///< the overheads of a fair route have passed
  propagated,
  resend,  ///< the timeout of a lost attempt has passed
  fault,   ///< something goes out of order, or comes back: before what begins at that moment
  source,  ///< an input that arises later than the sample's first
  arrival,
  deadline,  ///< of a join; last, so that what arrives at the same moment is there
};

/// In 24 bytes, because most of a run is spent on moving them: ties are broken by one number, kind before stage before
/// sample.
class Event {
 public:
  static constexpr unsigned stage_bits = 20, sample_bits = 40;
  static constexpr std::int64_t most_samples = std::int64_t{1} << sample_bits;
  static constexpr int most_stages = 1 << stage_bits;

  Event() = default;
  Event(Instant when, EventKind kind, int stage, std::int64_t sample, std::uint32_t slot, int where)
      : when_(when),
        order_(static_cast<std::uint64_t>(kind) << (stage_bits + sample_bits) |
               static_cast<std::uint64_t>(stage) << sample_bits | static_cast<std::uint64_t>(sample)),
        slot_(slot),
        where_(where) {}

  Instant when() const { return when_; }
  EventKind kind() const { return static_cast<EventKind>(order_ >> (stage_bits + sample_bits)); }
  int stage() const { return static_cast<int>(order_ >> sample_bits & (most_stages - 1)); }
  std::int64_t sample() const { return static_cast<std::int64_t>(order_ & (most_samples - 1)); }
  std::uint32_t slot() const { return slot_; }
  int where() const { return where_; }

  /// Without a branch: which of two events is first is anybody's guess.
  bool operator<(const Event& other) const {
    return (when_ < other.when_) | ((when_ == other.when_) & (order_ < other.order_));
  }

 private:
  Instant when_;
  std::uint64_t order_ = 0;
  std::uint32_t slot_ = 0;
  int where_ = -1;
};

/// Events in the order of their key; equal keys do not occur. A heap of four children a node; the place of a popped
/// event is left open, because what comes of an event is mostly one more.
class EventQueue {
 public:
  EventQueue() : heap_(least_room, last()) {}

  bool empty() const { return size_ == (is_open_ ? 1 : 0); }
  std::size_t size() const { return size_ - (is_open_ ? 1 : 0); }
  /// When the next event is due; the queue must not be empty.
  Instant next_when() const { return (is_open_ ? heap_[least_child(0)] : heap_[0]).when(); }
  /// Of an event that comes soon, to have its data at hand.
  const Event& coming() const { return heap_[least_child(0)]; }
  const Event& top() {
    if (is_open_) close();
    return heap_[0];
  }
  /// Takes the first event.
  Event pop() {
    if (is_open_) close();
    is_open_ = true;
    return heap_[0];
  }
  void push(const Event& event) {
    if (is_open_) {
      is_open_ = false;
      sink(event);
      return;
    }
    if (size_ + 4 >= heap_.size()) heap_.resize(2 * heap_.size(), last());
    rise(size_++, event);
  }

 private:
  void close() {
    is_open_ = false;
    const Event moved = heap_[--size_];
    heap_[size_] = last();
    if (size_ > 0) sink(moved);
  }

  std::size_t least_child(std::size_t node) const {
    const Event* const child = heap_.data() + 4 * node + 1;
    const std::size_t a = child[1] < child[0] ? 1 : 0, b = child[3] < child[2] ? 3 : 2;
    return 4 * node + 1 + (child[b] < child[a] ? b : a);
  }

  /// From the top, whose place is free, down to its own.
  void sink(const Event event) {
    Event* const heap = heap_.data();
    std::size_t hole = 0;
    while (4 * hole + 1 < size_) {
      const std::size_t least = least_child(hole);
      if (event < heap[least]) break;
      heap[hole] = heap[least];
      hole = least;
    }
    heap[hole] = event;
  }
  void rise(std::size_t hole, const Event event) {
    Event* const heap = heap_.data();
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (!(event < heap[parent])) break;
      heap[hole] = heap[parent];
      hole = parent;
    }
    heap[hole] = event;
  }

  /// Behind the last event stand some that are later than any, so that a node always has four children.
  static Event last() { return {Instant::never(), EventKind::deadline, most_stage, most_sample, 0, -1}; }
  static constexpr int most_stage = Event::most_stages - 1;
  static constexpr std::int64_t most_sample = Event::most_samples - 1;
  static constexpr std::size_t least_room = 64;

  std::vector<Event> heap_;
  std::size_t size_ = 0;
  bool is_open_ = false;  // the first place holds an event that was taken already
};

}  // namespace tiercut::simulator
