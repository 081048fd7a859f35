// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "runtime/agent/keys.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::runtime {

/// Agents that were started for one run, with keys that nobody else has.
struct StartedAgents {
  std::vector<AgentAddress> addresses;
  KeyRing keys;  ///< of the coordinator
};

/// How an agent comes to run: `words` is its command, what it prints goes to `output`.
using LaunchAgent =
    std::function<Result<void>(const std::string& device, const std::vector<std::string>& words, int output)>;

/// Starts an agent for each device and waits until it listens. `program`: the tiercut that has the verb `agent`;
/// `listen`: where the agent of a device is to (several addresses with commas between: the first is for the
/// coordinator, the second for other agents). Fails with local-agents-failed.
Result<StartedAgents> start_agents(const std::string& program, const std::vector<std::string>& devices,
                                   const std::function<std::string(const std::string& device)>& listen,
                                   const LaunchAgent& launch);

}  // namespace tiercut::runtime
