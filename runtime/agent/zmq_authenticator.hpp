// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime/agent/keys.hpp"

namespace zmq {
class context_t;
}

namespace tiercut::runtime {

/// Decides who may connect to the sockets of a context (ZeroMQ's ZAP, RFC 27): who is on the key ring. A thread of its
/// own; logs whom it refuses.
class ZmqAuthenticator {
 public:
  ZmqAuthenticator(zmq::context_t& context, const KeyRing& keys, std::function<void(const std::string&)> log);
  ~ZmqAuthenticator();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::runtime
