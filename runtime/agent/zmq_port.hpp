// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/agent/keys.hpp"
#include "runtime/agent/port.hpp"

namespace tiercut::runtime {

/// Sockets of ZeroMQ with CURVE: every frame is encrypted, and both ends of a connection have proven their keys. Who is
/// not on the key ring is refused and logged.
class ZmqPort : public Port {
 public:
  /// `log` is called from other threads too.
  ZmqPort(KeyRing keys, std::function<void(const std::string&)> log);
  ~ZmqPort() override;

  /// Takes connections at `tcp://ADDRESS:PORT` (port `*`: any free one) or `ipc://PATH`; at several when called again.
  /// Returns the address that was bound. Fails with
  /// address-in-use, bad-address.
  Result<std::string> listen(const std::string& address);

  Result<Route> open(const std::string& address, const std::string& public_key) override;
  void close(Route route) override;
  bool send(Route route, std::string frame) override;
  std::optional<Event> receive(Nanoseconds until) override;
  void wake() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `pi:7337`, `10.0.0.1`, `tcp://...`: with the scheme, and the usual port where none is given.
std::string full_address(const std::string& address);
inline constexpr int usual_port = 7337;

}  // namespace tiercut::runtime
