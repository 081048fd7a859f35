// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "runtime/agent/agent_processes.hpp"
#include "runtime/lab/lab.hpp"

namespace tiercut::cli {

/// A lab with an agent in each device that a plan uses. Agents talk to each other over the emulated links, and to the
/// coordinator by a way of its own, which loads no link.
class LabAgents {
 public:
  /// Fails as Lab::bring_up and start_agents do.
  static Result<LabAgents> start(const scenarios::Scenario& scenario, const std::vector<std::string>& devices,
                                 const Arguments& arguments, Diagnostics& warnings);
  LabAgents(LabAgents&&) noexcept;
  LabAgents& operator=(LabAgents&&) noexcept;
  ~LabAgents();
  const runtime::StartedAgents& agents() const;
  lab::ForwarderReport report() const;

 private:
  LabAgents();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::cli
