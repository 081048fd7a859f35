// SPDX-License-Identifier: Apache-2.0
#include "study/own_process.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

namespace tiercut::study {

bool write_all(int pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(pipe, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

pid_t fork_worker(const std::function<int()>& work) {
  std::fflush(nullptr);  // else a child would write once more what is waiting
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died in between
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  int status = 1;
  try {
    status = work();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "internal fault in a worker: %s\n", fault.what());
  }
  ::_exit(status);
}

std::optional<std::string> in_own_process(const std::function<std::string()>& work, std::string& why) {
  int ends[2];
  if (::pipe(ends) != 0) {
    why = std::string("no pipe: ") + std::strerror(errno);
    return std::nullopt;
  }
  const pid_t child = fork_worker([&] {
    ::close(ends[0]);
    return write_all(ends[1], work()) ? 0 : 1;
  });
  ::close(ends[1]);
  if (child < 0) {
    why = std::string("no process: ") + std::strerror(errno);
    ::close(ends[0]);
    return std::nullopt;
  }
  std::string bytes;
  char block[65536];
  for (ssize_t n; (n = ::read(ends[0], block, sizeof block)) > 0 || (n < 0 && errno == EINTR);) {
    if (n > 0) bytes.append(block, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return bytes;
  why = end_text(status);
  return std::nullopt;
}

int processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

std::string end_text(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return "ended with status " + std::to_string(WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  return "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

}  // namespace tiercut::study
