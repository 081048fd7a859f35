// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "runtime/agent/agent_processes.hpp"

namespace tiercut::runtime {

/// Agents as processes of this machine, one a device, at loopback ports. They end with this object, and also when this
/// process is killed.
class LocalAgents {
 public:
  /// Start it from the thread that lives longest: its end is theirs. Fails as start_agents does.
  static Result<LocalAgents> start(const std::string& program, const std::vector<std::string>& devices);
  LocalAgents(LocalAgents&&) noexcept;
  LocalAgents& operator=(LocalAgents&&) noexcept;
  ~LocalAgents();

  const StartedAgents& agents() const;

 private:
  LocalAgents();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::runtime
