// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/agent/agent.hpp"
#include "runtime/agent/run.hpp"
#include "tests/runtime_agent/memory_network.hpp"

namespace tiercut::runtime {

/// Agents as threads of the test, and a coordinator that reaches them over a network in memory.
class RunInMemory {
 public:
  /// `scenario`: a file of fixtures/.
  explicit RunInMemory(const std::string& scenario);
  ~RunInMemory();

  void start_agent(const std::string& device);
  void start_agent(const std::string& device, const AgentOptions& options);
  void stop_agent(const std::string& device);
  /// As if its process had been killed, and started again later.
  void kill_agent(const std::string& device);
  void revive_agent(const std::string& device);

  Result<RunResult> run();

  /// What the whole network answers for a row of the input by our kernels, layer after layer, without any agent: its
  /// exit (-1: none) and class.
  struct Expected {
    int answered_by = 0;
    int predicted = 0;
  };
  Expected expected(std::int64_t sample) const;

  static AgentOptions options_of(const std::string& device);
  MemoryNetwork network;
  RunRequest request;

 private:
  struct Running {
    std::unique_ptr<Port> port;
    std::unique_ptr<Agent> agent;
    std::atomic<bool> is_stopping{false};
    std::thread thread;
  };
  std::map<std::string, std::unique_ptr<Running>> agents_;
};

/// The best plan with all layers on the device that takes the samples.
Result<RunPlan> all_on_first_device(const scenarios::Scenario& scenario);

}  // namespace tiercut::runtime
