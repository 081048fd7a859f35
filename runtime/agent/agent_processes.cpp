// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/agent_processes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds start_timeout = 20 * nanoseconds_a_second;
constexpr const char* coordinator_name = "coordinator";

/// A folder of keys that is gone as soon as everybody has read them.
class KeyFolder {
 public:
  static Result<KeyFolder> make(const std::vector<std::string>& devices) {
    std::string path = (std::filesystem::temp_directory_path() / "tiercut-keys-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
      return fail("local-agents-failed", "cannot make a folder for keys: " + std::string(std::strerror(errno)));
    }
    KeyFolder folder(path);
    std::vector<std::string> names = devices;
    names.emplace_back(coordinator_name);
    for (const std::string& name : names) {
      if (auto made = init_keys(path, name); !made) return tl::unexpected(std::move(made.error()));
    }
    return folder;
  }
  explicit KeyFolder(std::string path) : path_(std::move(path)) {}
  KeyFolder(KeyFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  KeyFolder& operator=(KeyFolder&&) = delete;
  ~KeyFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The end from which an agent's first words are read.
class Listening {
 public:
  explicit Listening(int end) : end_(end) {}
  Listening(Listening&& other) noexcept : end_(std::exchange(other.end_, -1)) {}
  Listening& operator=(Listening&&) = delete;
  ~Listening() {
    if (end_ >= 0) ::close(end_);
  }
  /// The first line; what came of it when the agent ends or takes too long.
  std::string first_line(Nanoseconds until) const {
    std::string said;
    while (said.find('\n') == std::string::npos) {
      const Nanoseconds left = until - monotonic_now();
      pollfd item{end_, POLLIN, 0};
      if (left <= 0 || ::poll(&item, 1, static_cast<int>(left / 1'000'000) + 1) < 0) return said;
      char text[512];
      const ssize_t count = ::read(end_, text, sizeof text);
      if (count <= 0) return said;
      said.append(text, static_cast<std::size_t>(count));
    }
    return said.substr(0, said.find('\n'));
  }

 private:
  int end_;
};

/// `listening tcp://127.0.0.1:41234`, perhaps with a second address.
Result<AgentAddress> address_from(const std::string& device, const std::string& line) {
  constexpr std::string_view begin = "listening ";
  if (!line.starts_with(begin)) {
    return fail("local-agents-failed",
                "the agent of '" + device + "' did not start" + (line.empty() ? "" : ": it said " + line));
  }
  const std::string addresses = line.substr(begin.size());
  const std::size_t blank = addresses.find(' ');
  AgentAddress address{device, addresses.substr(0, blank), {}, {}};
  if (blank != std::string::npos) address.data = addresses.substr(blank + 1);
  return address;
}

}  // namespace

Result<StartedAgents> start_agents(const std::string& program, const std::vector<std::string>& devices,
                                   const std::function<std::string(const std::string& device)>& listen,
                                   const LaunchAgent& launch) {
  const auto folder = KeyFolder::make(devices);
  if (!folder) return tl::unexpected(folder.error());
  std::vector<Listening> outputs;
  for (const std::string& device : devices) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail("local-agents-failed", std::strerror(errno));
    outputs.emplace_back(ends[0]);
    const std::vector<std::string> words = {program,        "agent",  "--name",       device,   "--listen",
                                            listen(device), "--keys", folder->path(), "--quiet"};
    const auto launched = launch(device, words, ends[1]);
    ::close(ends[1]);
    if (!launched) return tl::unexpected(launched.error());
  }
  StartedAgents started;
  const Nanoseconds until = monotonic_now() + start_timeout;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    auto address = address_from(devices[i], outputs[i].first_line(until));
    if (!address) return tl::unexpected(std::move(address.error()));
    started.addresses.push_back(std::move(*address));
  }
  auto keys = read_keys(folder->path(), coordinator_name);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  started.keys = std::move(*keys);
  for (AgentAddress& address : started.addresses) address.public_key = started.keys.public_key_of(address.device);
  return started;
}

}  // namespace tiercut::runtime
