// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/host.hpp"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {
namespace {

std::string line_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const std::size_t colon = line.find(':');
    const std::size_t begin = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

}  // namespace

Nanoseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Nanoseconds{now.tv_sec} * nanoseconds_a_second + now.tv_nsec;
}

std::string host_name() {
  utsname name{};
  return ::uname(&name) == 0 ? name.nodename : std::string();
}

std::string kernel_name() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : std::string();
}

std::string processor_name() {
  for (const char* key : {"model name", "Model", "Hardware"}) {
    const std::string name = line_of("/proc/cpuinfo", key);
    if (!name.empty()) return name;
  }
  utsname name{};
  return ::uname(&name) == 0 ? name.machine : std::string();
}

int processor_count() { return static_cast<int>(std::thread::hardware_concurrency()); }

std::string boot_id() {
  // A time namespace may have moved the clock: then the boot says nothing about it.
  std::ifstream offsets("/proc/self/timens_offsets");
  std::string clock;
  std::int64_t seconds = 0, nanoseconds = 0;
  while (offsets >> clock >> seconds >> nanoseconds) {
    if (clock == "monotonic" && (seconds != 0 || nanoseconds != 0)) return {};
  }
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  return id;
}

std::uint64_t memory_available() {
  const std::string text = line_of("/proc/meminfo", "MemAvailable");
  return text.empty() ? 0 : std::stoull(text) * 1024;
}

}  // namespace tiercut::runtime
