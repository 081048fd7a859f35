// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <thread>

namespace tiercut::lab {
namespace {

/// Everything the child needs, made before fork: after it only simple calls are safe.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> command_pointers, environment_pointers;
  std::string folder, group_file;
};

Prepared prepare(const Room& room, const Spawn& what) {
  Prepared prepared;
  for (char** entry = environ; *entry != nullptr; ++entry) prepared.environment.emplace_back(*entry);
  for (const auto& [name, value] : what.environment) {
    std::erase_if(prepared.environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    prepared.environment.push_back(name + "=" + value);
  }
  for (const std::string& word : what.command) prepared.command_pointers.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& entry : prepared.environment) {
    prepared.environment_pointers.push_back(const_cast<char*>(entry.c_str()));
  }
  prepared.command_pointers.push_back(nullptr);
  prepared.environment_pointers.push_back(nullptr);
  std::error_code ignored;
  prepared.folder = std::filesystem::current_path(ignored).string();
  if (!room.control_group.empty()) prepared.group_file = room.control_group + "/cgroup.procs";
  return prepared;
}

const char* join_group(const Prepared& prepared) {
  if (prepared.group_file.empty()) return nullptr;
  const int file = ::open(prepared.group_file.c_str(), O_WRONLY | O_CLOEXEC);
  const bool is_in = file >= 0 && ::write(file, "0", 1) == 1;
  return is_in ? nullptr : "control group";
}

const char* move_in(const Room& room, const Spawn& what, const Prepared& prepared) {
  if (const char* step = join_group(prepared)) return step;
  if (room.processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(*room.processor), &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) return "processor";
  }
  if (::setns(room.mounts, CLONE_NEWNS) != 0) return "mount namespace";
  if (::setns(room.network, CLONE_NEWNET) != 0) return "network namespace";
  if (!prepared.folder.empty() && ::chdir(prepared.folder.c_str()) != 0) return "working directory";
  // Two steps, as one of the three may be where another wants to be.
  std::array<int, 3> streams = {what.input, what.output, what.errors};
  for (int& stream : streams) stream = ::fcntl(stream, F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; ++i) {
    if (streams[static_cast<std::size_t>(i)] >= 0) ::dup2(streams[static_cast<std::size_t>(i)], i);
  }
  if (what.is_own_group) ::setpgid(0, 0);
  return nullptr;
}

struct Failure {
  int error = 0;
  char step[32] = {};
};

[[noreturn]] void be_program(const Room& room, const Spawn& what, const Prepared& prepared, int trouble) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_DFL);
  const char* step = move_in(room, what, prepared);
  if (step == nullptr) {
    ::execvpe(prepared.command_pointers.front(), prepared.command_pointers.data(),
              prepared.environment_pointers.data());
    step = "program";
  }
  Failure failure{errno, {}};
  std::strncpy(failure.step, step, sizeof failure.step - 1);
  [[maybe_unused]] const auto written = ::write(trouble, &failure, sizeof failure);
  ::_exit(127);
}

}  // namespace

std::optional<int> Process::State::wait(Seconds at_most) {
  if (status) return status;
  pollfd end{handle.get(), POLLIN, 0};
  const double ms = at_most.value() * 1e3;
  const int timeout = ms > 2e9 ? -1 : static_cast<int>(std::ceil(ms));
  int ended = 0;
  while ((ended = ::poll(&end, 1, timeout)) < 0 && errno == EINTR) {
  }
  if (ended <= 0) return std::nullopt;
  int raw = 0;
  if (::waitpid(id, &raw, 0) != id) return status = 127;  // somebody else has reaped it
  return status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
}

void Process::State::kill(int signal) {
  if (!status) ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0);
}

Result<std::shared_ptr<Process::State>> start_program(const Room& room, const Spawn& what) {
  if (what.command.empty()) return fail("lab-spawn-failed", "no program is named");
  const Prepared prepared = prepare(room, what);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail("lab-spawn-failed", std::strerror(errno));
  OwnedFd trouble(ends[0]), trouble_out(ends[1]);
  auto state = std::make_shared<Process::State>();
  Failure failure;
  // Of the PID namespace only children are, so a thread that ends starts the program.
  std::thread([&] {
    if (::setns(room.processes, CLONE_NEWPID) != 0) {
      failure = {errno, "PID namespace"};
      return;
    }
    state->id = ::fork();
    if (state->id == 0) be_program(room, what, prepared, trouble_out.get());
    if (state->id < 0) failure = {errno, "fork"};
  }).join();
  trouble_out.reset();
  if (state->id > 0) {
    state->handle.reset(static_cast<int>(::syscall(SYS_pidfd_open, state->id, 0)));
    [[maybe_unused]] const auto got = ::read(trouble.get(), &failure, sizeof failure);
  }
  if (failure.error == 0) return state;
  if (state->id > 0) ::waitpid(state->id, nullptr, 0);
  return fail("lab-spawn-failed",
              "cannot run " + what.command.front() + " (" + failure.step + "): " + std::strerror(failure.error));
}

Process::Process(std::shared_ptr<State> state) : state_(std::move(state)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Process::~Process() {
  if (!state_ || state_->status) return;
  state_->kill(SIGKILL);
  state_->wait(Seconds::infinite());
}
pid_t Process::id() const { return state_->id; }
std::optional<int> Process::wait(Seconds at_most) { return state_->wait(at_most); }
void Process::kill(int signal) { state_->kill(signal); }

}  // namespace tiercut::lab
