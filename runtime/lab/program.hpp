// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/diagnostic.hpp"
#include "runtime/lab/lab.hpp"
#include "runtime/lab/owned_fd.hpp"

/// Private to the lab: programs inside of it.
namespace tiercut::lab {

/// Where a program is to run: open namespaces, and what limits it.
struct Room {
  int network = -1, processes = -1, mounts = -1;
  std::string control_group;  ///< its folder, or empty
  std::optional<int> processor;
};

struct Process::State {
  pid_t id = -1;
  OwnedFd handle;
  std::optional<int> status;

  std::optional<int> wait(Seconds at_most);
  void kill(int signal);
};

/// Starts a program as a child of this process. Fails with lab-spawn-failed.
Result<std::shared_ptr<Process::State>> start_program(const Room& room, const Spawn& what);

}  // namespace tiercut::lab
