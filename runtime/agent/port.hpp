// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/diagnostic.hpp"
#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {

/// A connection as one end of it sees it.
using Route = int;

/// The network as an agent or the coordinator sees it. Used from one thread, except for wake(). Frames on one
/// connection stay in order; a frame is whole or not there.
class Port {
 public:
  struct Event {
    enum class Kind {
      frame,         ///< bytes came
      connected,     ///< a route that was opened here works
      refused,       ///< the other end does not know our key, or is not what its key says
      disconnected,  ///< it will be tried again
    };
    Kind kind = Kind::frame;
    Route route = -1;
    std::string peer;  ///< of a frame: name of the sender's key, proven; empty for answers on a route opened here
    std::string bytes;
  };

  virtual ~Port() = default;
  /// Opens a connection to an agent that has this public key; comes at once, whether or not it will ever work.
  virtual Result<Route> open(const std::string& address, const std::string& public_key) = 0;
  virtual void close(Route route) = 0;
  /// False when it cannot be taken: no such route, or too much is waiting on it.
  virtual bool send(Route route, std::string frame) = 0;
  /// What has come; nothing when `until` has passed or somebody woke this port.
  virtual std::optional<Event> receive(Nanoseconds until) = 0;
  /// From any thread: ends a receive() that waits, or the next one.
  virtual void wake() = 0;
};

}  // namespace tiercut::runtime
