// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/agent/message.hpp"
#include "runtime/agent/port.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::runtime {

/// An agent that was asked what it is.
struct Surveyed {
  AgentAddress address;
  std::optional<Welcome> about;  ///< none: it did not answer
  std::string why;               ///< then: `does not answer`, `does not know our key`
  Nanoseconds round_trip = 0, clock_offset = 0, clock_error = 0;
  bool is_clock_shared = false;
};

/// Asks all agents, which may be at work meanwhile; takes at most `timeout`.
std::vector<Surveyed> survey(const std::vector<AgentAddress>& agents, Port& port, Nanoseconds timeout);

}  // namespace tiercut::runtime
