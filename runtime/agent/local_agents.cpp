// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/local_agents.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds end_timeout = 2 * nanoseconds_a_second;

Result<pid_t> spawn(const std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) {
    // Only what is safe between fork and exec. Whatever ends the parent ends the agent.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);  // the terminal's Ctrl-C is the coordinator's to handle
    ::dup2(output, STDOUT_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  if (process > 0) return process;
  return fail("local-agents-failed", std::string("cannot start a process: ") + std::strerror(errno));
}

}  // namespace

struct LocalAgents::State {
  std::vector<pid_t> processes;
  StartedAgents agents;

  ~State() {
    for (const pid_t process : processes) ::kill(process, SIGTERM);
    const Nanoseconds until = monotonic_now() + end_timeout;
    for (const pid_t process : processes) {
      while (::waitpid(process, nullptr, WNOHANG) == 0) {
        if (monotonic_now() > until) ::kill(process, SIGKILL);
        ::usleep(2000);
      }
    }
  }
};

LocalAgents::LocalAgents() : state_(std::make_unique<State>()) {}
LocalAgents::LocalAgents(LocalAgents&&) noexcept = default;
LocalAgents& LocalAgents::operator=(LocalAgents&&) noexcept = default;
LocalAgents::~LocalAgents() = default;
const StartedAgents& LocalAgents::agents() const { return state_->agents; }

Result<LocalAgents> LocalAgents::start(const std::string& program, const std::vector<std::string>& devices) {
  LocalAgents local;
  State& state = *local.state_;
  auto started = start_agents(
      program, devices, [](const std::string&) { return "127.0.0.1:*"; },
      [&](const std::string&, const std::vector<std::string>& words, int output) -> Result<void> {
        const auto process = spawn(words, output);
        if (!process) return tl::unexpected(process.error());
        state.processes.push_back(*process);
        return {};
      });
  if (!started) return tl::unexpected(std::move(started.error()));
  state.agents = std::move(*started);
  return local;
}

}  // namespace tiercut::runtime
