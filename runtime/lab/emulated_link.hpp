// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "core/random.hpp"
#include "runtime/lab/layout.hpp"

/// Private to the lab: when a packet comes out of a link. All times are nanoseconds on one clock; nothing here waits.
namespace tiercut::lab {

/// When the first and the last segment of a packet are at a place; equal for a packet of one segment.
struct Passage {
  std::int64_t first = 0, last = 0;
};

struct Load {
  double bytes = 0;          ///< as the bandwidth counts them, of all segments
  double segment_bytes = 0;  ///< of one full segment
  std::uint64_t flow = 0;    ///< hash of the connection and its direction
};

/// One direction of one link.
class EmulatedLink {
 public:
  /// Runs of a flow's packets with gaps up to this are taken for one message: one draw of jitter, one overhead.
  static constexpr std::int64_t message_gap = 1'000'000;

  EmulatedLink(LinkSettings settings, std::uint64_t seed);

  /// FIFO: a packet enters; nothing when it is dropped or lost. Calls in the order of `at.first`.
  std::optional<Passage> carry(Passage at, const Load& load);

  /// Fair: the packet waits under `ticket`; false when the buffer is full. Whoever waits leaves by equal shares of
  /// bytes between flows (start-time fair queueing, Goyal et al., SIGCOMM 1996, section 2).
  bool enqueue(Passage at, const Load& load, void* ticket);
  bool is_busy() const { return is_sending_; }
  /// Fair: starts the next transmission at `now`; nothing when nobody waits. `end`: when it has been transmitted.
  struct Sending {
    void* ticket = nullptr;
    std::int64_t end = 0;
    std::optional<Passage> out;  ///< nothing when lost
  };
  std::optional<Sending> send_next(std::int64_t now);
  void sent() { is_sending_ = false; }

  const LinkSettings& settings() const { return settings_; }
  LinkReport report() const { return counts_; }
  bool is_fair() const { return settings_.discipline == scenarios::Discipline::fair && settings_.bytes_per_ns > 0; }

 private:
  struct Flow {
    std::int64_t last_arrival = INT64_MIN / 2, last_out = INT64_MIN / 2;
    std::int64_t jitter = 0;
  };
  struct Waiting {
    double tag = 0;
    std::uint64_t order = 0;
    Passage at;
    Load load;
    void* ticket = nullptr;
    bool operator>(const Waiting& other) const { return tag != other.tag ? tag > other.tag : order > other.order; }
  };

  std::int64_t transmission(double bytes) const;
  Flow* message_of(Passage at, const Load& load, bool& is_new);
  std::optional<Passage> propagate(Passage end, Flow* flow);
  std::int64_t draw_jitter();

  LinkSettings settings_;
  LinkReport counts_;
  std::uint64_t seed_, jitter_entity_, loss_entity_;
  std::uint64_t draws_ = 0, fates_ = 0, order_ = 0;
  std::int64_t busy_until_ = 0;
  std::vector<Flow> flows_;  // by hash; two flows in one place only keep each other's order
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::map<std::uint64_t, double> finish_tags_;
  double virtual_time_ = 0, waiting_bytes_ = 0;
  bool is_sending_ = false;
};

}  // namespace tiercut::lab
