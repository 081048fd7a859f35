// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/processor_quota.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace tiercut::lab {
namespace {

constexpr int period_us = 10'000;
constexpr std::string_view prefix = "tiercut-lab-";

struct Hierarchy {
  std::string folder;
  bool is_second = false;
};

bool set_value(const std::string& path, const std::string& value) {
  std::ofstream out(path);
  out << value << std::flush;
  return static_cast<bool>(out);
}

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_word(const std::string& text, std::string_view word, char separator) {
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    while (!part.empty() && part.back() == '\n') part.pop_back();
    if (part == word) return true;
  }
  return false;
}

/// The mounted hierarchy that limits processor time.
std::optional<Hierarchy> find_hierarchy() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, folder, type, options;
    words >> device >> folder >> type >> options;
    if (type == "cgroup" && has_word(options, "cpu", ',')) return Hierarchy{folder, false};
    if (type != "cgroup2" || !has_word(text_of(folder + "/cgroup.controllers"), "cpu", ' ')) continue;
    if (has_word(text_of(folder + "/cgroup.subtree_control"), "cpu", ' ') ||
        set_value(folder + "/cgroup.subtree_control", "+cpu")) {
      return Hierarchy{folder, true};
    }
  }
  return std::nullopt;
}

void remove_orphans(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

}  // namespace

std::string make_quota(const std::string& device, double processors, Diagnostics& warnings) {
  const auto warn = [&](const std::string& why) {
    Diagnostic warning;
    warning.severity = Severity::warning;
    warning.code = "lab-no-quota";
    warning.message = "device " + device + " runs without its limit of processor time: " + why;
    warning.hint = "the lab needs a writable control group hierarchy with the cpu controller";
    warnings.push_back(std::move(warning));
    return std::string();
  };
  const auto hierarchy = find_hierarchy();
  if (!hierarchy) return warn("no control groups for the processor are mounted here");
  remove_orphans(hierarchy->folder);
  const std::string group = fmt::format("{}/{}{}-{}", hierarchy->folder, prefix, ::getpid(), device);
  if (::mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return warn(group + ": " + std::strerror(errno));
  const long quota = std::max(1000L, std::lround(processors * period_us));
  const bool is_set = hierarchy->is_second ? set_value(group + "/cpu.max", fmt::format("{} {}", quota, period_us))
                                           : set_value(group + "/cpu.cfs_period_us", std::to_string(period_us)) &&
                                                 set_value(group + "/cpu.cfs_quota_us", std::to_string(quota));
  if (is_set) return group;
  const std::string why = std::strerror(errno);
  ::rmdir(group.c_str());
  return warn("the limit is refused: " + why);
}

}  // namespace tiercut::lab
