// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "runtime/agent/clock.hpp"
#include "runtime/agent/port.hpp"

namespace tiercut::runtime {

struct AgentOptions {
  std::string name;     ///< of the device
  std::string version;  ///< of the program
  std::string profile;  ///< of the device, for those who list agents; may be empty
  std::vector<std::string> units = {"cpu"};
  int threads = 1;  ///< that share a kernel
  std::uint64_t memory_limit = UINT64_MAX;
  std::size_t longest_queue = 10'000;                           ///< of a unit, in pieces of work
  Nanoseconds coordinator_timeout = 10 * nanoseconds_a_second;  ///< silence after which a session is over
  std::function<void(const std::string&)> log;
};

/// A device's part in running plans: answers one coordinator at a time, runs the stages of its device, sends tensors
/// on to other agents.
class Agent {
 public:
  Agent(AgentOptions options, Port& port);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Until asked to stop, which it looks at every 100 ms and when its port is woken.
  void serve(const std::function<bool()>& is_stopped);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::runtime
