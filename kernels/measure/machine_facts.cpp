// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/machine_facts.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace tiercut::kernels {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  const auto last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The value of the first line `key : value`.
std::string value_of(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && trimmed(line.substr(0, colon)) == key) return trimmed(line.substr(colon + 1));
  }
  return "";
}

/// `1024K`, `32M`, or `16318420 kB`.
double bytes_of(const std::string& text) {
  char* unit = nullptr;
  const double value = std::strtod(text.c_str(), &unit);
  const std::string rest = trimmed(unit);
  if (rest.starts_with("K") || rest.starts_with("k")) return value * 1024;
  if (rest.starts_with("M")) return value * 1024 * 1024;
  if (rest.starts_with("G")) return value * 1024 * 1024 * 1024;
  return value;
}

std::string system_text() {
  utsname name{};
  if (::uname(&name) != 0) return "";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

/// ARM kernels name no model; boards name themselves in the device tree.
std::string processor_of(const std::string& root, const std::string& cpuinfo) {
  for (const char* key : {"model name", "Processor", "cpu model", "uarch"}) {
    if (std::string name = value_of(cpuinfo, key); !name.empty()) {
      // Processors that hide their name from guests are told apart by their numbers.
      const bool is_vague = name.find_first_of("0123456789") == std::string::npos;
      const std::string family = value_of(cpuinfo, "cpu family"), model = value_of(cpuinfo, "model");
      return is_vague && !family.empty() ? name + " family " + family + " model " + model : name;
    }
  }
  std::string board = text_of(root + "proc/device-tree/model");
  std::erase(board, '\0');
  return board.empty() ? "unknown processor" : trimmed(board);
}

std::vector<CacheFact> caches_of(const std::string& root) {
  std::vector<CacheFact> caches;
  for (int index = 0; index < 16; ++index) {
    const std::string folder = root + "sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    const std::string level = first_line(folder + "level"), size = first_line(folder + "size");
    if (level.empty() || size.empty()) continue;
    caches.push_back({std::atoi(level.c_str()), Bytes(bytes_of(size)), trimmed(first_line(folder + "type"))});
  }
  if (!caches.empty()) return caches;
#ifdef _SC_LEVEL1_DCACHE_SIZE
  const std::pair<int, int> named[] = {
      {1, _SC_LEVEL1_DCACHE_SIZE}, {2, _SC_LEVEL2_CACHE_SIZE}, {3, _SC_LEVEL3_CACHE_SIZE}};
  for (const auto& [level, name] : named) {
    const long size = ::sysconf(name);
    if (size > 0) caches.push_back({level, Bytes(static_cast<double>(size)), level == 1 ? "Data" : "Unified"});
  }
#endif
  return caches;
}

Hertz clock_of(const std::string& root, const std::string& cpuinfo) {
  const std::string folder = root + "sys/devices/system/cpu/cpu0/cpufreq/";
  for (const char* file : {"base_frequency", "cpuinfo_max_freq"}) {
    const double kilohertz = std::atof(first_line(folder + file).c_str());
    if (kilohertz > 0) return Hertz(kilohertz * 1e3);
  }
  return Hertz(std::atof(value_of(cpuinfo, "cpu MHz").c_str()) * 1e6);
}

/// What a control group leaves of the memory, or infinity.
Bytes group_limit(const std::string& root) {
  for (const char* file : {"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const double limit = std::atof(first_line(root + file).c_str());
    if (limit > 0) return Bytes(limit);
  }
  return Bytes::infinite();
}

int usable_processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0) return CPU_COUNT(&allowed);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

Bytes MachineFacts::last_level_cache() const {
  Bytes largest;
  for (const CacheFact& cache : caches)
    if (cache.type != "Instruction") largest = std::max(largest, cache.size);
  return largest;
}

std::string slug_of(const std::string& processor) {
  std::string text = processor.substr(0, processor.find('@'));
  for (const std::string noise : {"(R)", "(r)", "(TM)", "(tm)"}) {
    for (auto at = text.find(noise); at != std::string::npos; at = text.find(noise))
      text.replace(at, noise.size(), " ");
  }
  std::istringstream words(text);
  std::string slug;
  for (std::string word; words >> word;) {
    std::string plain;
    for (const char c : word)
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
        plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    static const std::vector<std::string> idle = {"cpu", "processor", "with", "family", "model", "rev", ""};
    if (std::ranges::find(idle, plain) == idle.end()) slug += (slug.empty() ? "" : "-") + plain;
  }
  return slug.empty() ? "unknown" : slug;
}

MachineFacts read_machine_facts(const std::string& root) {
  const std::string cpuinfo = text_of(root + "proc/cpuinfo"), meminfo = text_of(root + "proc/meminfo");
  MachineFacts facts;
  facts.processor = processor_of(root, cpuinfo);
  facts.slug = slug_of(facts.processor);
  facts.system = system_text();
  facts.processors = usable_processors();
  facts.clock = clock_of(root, cpuinfo);
  facts.caches = caches_of(root);
  const Bytes limit = group_limit(root);
  facts.memory = std::min(limit, Bytes(bytes_of(value_of(meminfo, "MemTotal"))));
  facts.available_memory = std::min(facts.memory, Bytes(bytes_of(value_of(meminfo, "MemAvailable"))));
  facts.is_virtual = (" " + value_of(cpuinfo, "flags") + " ").find(" hypervisor ") != std::string::npos;
  return facts;
}

std::optional<Hertz> present_clock(const std::string& root) {
  const double kilohertz = std::atof(first_line(root + "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq").c_str());
  if (kilohertz > 0) return Hertz(kilohertz * 1e3);
  return std::nullopt;
}

Bytes resident_memory() { return Bytes(bytes_of(value_of(text_of("/proc/self/status"), "VmRSS"))); }

long involuntary_switches() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nivcsw : 0;
}

}  // namespace tiercut::kernels
