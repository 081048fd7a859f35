// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace tiercut::kernels {

struct CacheFact {
  int level = 1;
  Bytes size{};
  std::string type;  ///< `Data`, `Instruction` or `Unified`
};

/// What the system says of the machine. What it does not say stays empty or 0.
struct MachineFacts {
  std::string processor;  ///< `Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz`
  std::string slug;       ///< `intel-xeon-e5-2650-v2`, fit for a file's name
  std::string system;     ///< `Linux 6.1.0 x86_64`
  int processors = 1;     ///< that this process may use
  Hertz clock{};          ///< nominal
  std::vector<CacheFact> caches;
  Bytes memory{};
  Bytes available_memory{};  ///< without pushing anything out, limits on this process included
  bool is_virtual = false;

  Bytes last_level_cache() const;  ///< 0 when not known
};

/// From the files under `root` (`/` on a running system): proc/cpuinfo, proc/meminfo, sys/devices/system/cpu,
/// sys/fs/cgroup.
MachineFacts read_machine_facts(const std::string& root = "/");

/// `Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz` -> `intel-xeon-e5-2650-v2`.
std::string slug_of(const std::string& processor);

/// The present clock of the first processor; empty where the system does not say.
std::optional<Hertz> present_clock(const std::string& root = "/");

/// Memory that this process holds now.
Bytes resident_memory();

/// How often this process was made to wait for another one since it started.
long involuntary_switches();

}  // namespace tiercut::kernels
