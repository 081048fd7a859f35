// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "runtime/agent/frame.hpp"
#include "runtime/agent/port.hpp"

namespace tiercut::runtime {

/// What may happen to a frame on its way.
enum class Fate { pass, drop, duplicate, truncate, corrupt, delay, reorder };

struct Passing {
  std::string from, to;
  std::int64_t number = 0;  ///< of all frames, from 0
  FrameType type = FrameType::hello;
};

/// A network inside a process, which does to frames what it is told to. Addresses are `mem://NAME`.
class MemoryNetwork {
 public:
  /// Asked for each frame; empty: all pass.
  std::function<Fate(const Passing&)> fate;

  std::unique_ptr<Port> port(const std::string& name);
  /// Nothing gets to or from it any more, as if it had been killed; what is under way is lost.
  void cut(const std::string& name);
  void restore(const std::string& name);

  std::int64_t faults() const;  ///< frames that did not simply pass
  std::int64_t frames() const;  ///< frames sent
  std::int64_t frames_of(FrameType type) const;

 private:
  class MemoryPort;
  struct Timed {
    Nanoseconds when = 0;
    Port::Event event;
  };
  struct Box {
    std::multimap<Nanoseconds, Port::Event> events;
    std::condition_variable changed;
    bool is_woken = false;
    std::map<std::pair<std::string, Route>, Route> routes_in;  // of others' routes
  };
  void carry(const std::string& from, const std::string& to, Port::Event event);
  void put(const std::string& to, Port::Event event, Nanoseconds delay);
  std::uint64_t random();

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Box>> boxes_;
  std::set<std::string> cut_;
  std::multimap<std::string, std::pair<std::string, Route>> opened_;  // to -> (from, route)
  std::map<FrameType, std::int64_t> sent_;
  std::int64_t frames_ = 0, faults_ = 0;
  std::uint64_t state_ = 88172645463325252U;
};

}  // namespace tiercut::runtime
