// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "runtime/lab/owned_fd.hpp"

/// Private to the lab.
namespace tiercut::lab {

/// Holds together what must end with this process, however it ends. Two processes: the first process of a PID
/// namespace, in which all programs of the lab run, so that the kernel kills them with it; and its parent, which waits
/// for this process to let go of a pipe, ends the other, and removes the control groups. Nothing has a name in a file
/// system but the control groups.
class Keeper {
 public:
  /// `hosts`: lines put before /etc/hosts as the lab sees it. Fails with lab-no-namespaces.
  static Result<Keeper> start(const std::string& hosts, const std::vector<std::string>& control_groups);
  Keeper(Keeper&&) noexcept = default;
  Keeper& operator=(Keeper&&) = delete;
  ~Keeper();

  /// Kills every program of the lab at once; the control groups go in the destructor.
  void end_programs();
  int process_space() const { return process_space_.get(); }
  int mount_space() const { return mount_space_.get(); }

 private:
  Keeper() = default;
  OwnedFd life_;  // closed by whatever ends this process
  OwnedFd process_space_, mount_space_;
  OwnedFd first_;  // pidfd of the first process
  pid_t parent_ = -1;
};

}  // namespace tiercut::lab
