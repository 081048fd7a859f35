// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/local_agents.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds start_timeout = 20 * nanoseconds_a_second;
constexpr Nanoseconds end_timeout = 2 * nanoseconds_a_second;
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

struct Child {
  std::string device;
  pid_t process = -1;
  int output = -1;  ///< what it prints: its address, first
  std::string said;
};

Child spawn(const std::string& program, const std::vector<std::string>& words, const std::string& device) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {device, -1, -1, std::strerror(errno)};
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) {
    // Only what is safe between fork and exec. Whatever ends the parent ends the agent.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);  // the terminal's Ctrl-C is the coordinator's to handle
    ::dup2(ends[1], STDOUT_FILENO);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  if (process < 0) ::close(ends[0]);
  return {device, process, process < 0 ? -1 : ends[0], {}};
}

/// The first line that the child prints; empty when it ends or takes too long.
std::string first_line(Child& child, Nanoseconds until) {
  while (child.said.find('\n') == std::string::npos) {
    const Nanoseconds left = until - monotonic_now();
    pollfd item{child.output, POLLIN, 0};
    if (left <= 0 || ::poll(&item, 1, static_cast<int>(left / 1'000'000) + 1) < 0) return {};
    char text[512];
    const ssize_t count = ::read(child.output, text, sizeof text);
    if (count <= 0) return {};
    child.said.append(text, static_cast<std::size_t>(count));
  }
  return child.said.substr(0, child.said.find('\n'));
}

}  // namespace

struct LocalAgents::State {
  std::vector<Child> children;
  std::vector<AgentAddress> addresses;
  KeyRing keys;

  ~State() {
    for (const Child& child : children) {
      if (child.process > 0) ::kill(child.process, SIGTERM);
    }
    const Nanoseconds until = monotonic_now() + end_timeout;
    for (const Child& child : children) {
      if (child.output >= 0) ::close(child.output);
      if (child.process <= 0) continue;
      while (::waitpid(child.process, nullptr, WNOHANG) == 0) {
        if (monotonic_now() > until) ::kill(child.process, SIGKILL);
        ::usleep(2000);
      }
    }
  }
};

LocalAgents::LocalAgents() : state_(std::make_unique<State>()) {}
LocalAgents::LocalAgents(LocalAgents&&) noexcept = default;
LocalAgents& LocalAgents::operator=(LocalAgents&&) noexcept = default;
LocalAgents::~LocalAgents() = default;
const std::vector<AgentAddress>& LocalAgents::addresses() const { return state_->addresses; }
const KeyRing& LocalAgents::keys() const { return state_->keys; }

std::vector<int> LocalAgents::process_ids() const {
  std::vector<int> ids;
  for (const Child& child : state_->children) ids.push_back(child.process);
  return ids;
}

Result<LocalAgents> LocalAgents::start(const std::string& program, const std::vector<std::string>& devices,
                                       const std::vector<std::string>& arguments) {
  const auto folder = KeyFolder::make(devices);
  if (!folder) return tl::unexpected(folder.error());
  LocalAgents agents;
  State& state = *agents.state_;
  for (const std::string& device : devices) {
    std::vector<std::string> words = {program,       "agent",  "--name",       device,   "--listen",
                                      "127.0.0.1:*", "--keys", folder->path(), "--quiet"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    state.children.push_back(spawn(program, words, device));
  }
  const Nanoseconds until = monotonic_now() + start_timeout;
  for (Child& child : state.children) {
    const std::string line = first_line(child, until);
    constexpr std::string_view begin = "listening ";
    if (!line.starts_with(begin)) {
      return fail("local-agents-failed",
                  "the agent of '" + child.device + "' did not start" + (line.empty() ? "" : ": it said " + line));
    }
    state.addresses.push_back({child.device, line.substr(begin.size()), {}, {}});
  }
  auto keys = read_keys(folder->path(), coordinator_name);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  state.keys = std::move(*keys);
  for (AgentAddress& address : state.addresses) address.public_key = state.keys.public_key_of(address.device);
  return agents;
}

}  // namespace tiercut::runtime
