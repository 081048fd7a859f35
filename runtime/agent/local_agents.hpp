// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "runtime/agent/keys.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::runtime {

/// Agents of this program as processes of this machine, one a device, at loopback ports with keys of their own that
/// nobody else has. They end with this object, and also when this process is killed.
class LocalAgents {
 public:
  /// `program`: the tiercut that has the verb `agent`. Start it before any thread. Fails with local-agents-failed,
  /// quoting what the agent said.
  static Result<LocalAgents> start(const std::string& program, const std::vector<std::string>& devices,
                                   const std::vector<std::string>& arguments = {});
  LocalAgents(LocalAgents&&) noexcept;
  LocalAgents& operator=(LocalAgents&&) noexcept;
  ~LocalAgents();

  const std::vector<AgentAddress>& addresses() const;
  const KeyRing& keys() const;  ///< of the coordinator
  std::vector<int> process_ids() const;

 private:
  LocalAgents();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::runtime
