// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tiercut::lab {
namespace {

/// What the two processes tell when they are ready, or where they failed.
struct Word {
  pid_t first = -1;
  int error = 0;
  char step[24] = {};
};

void say(int to, pid_t first, int error, const char* step) {
  Word word{first, error, {}};
  std::strncpy(word.step, step, sizeof word.step - 1);
  [[maybe_unused]] const auto written = ::write(to, &word, sizeof word);
}

// Between fork and exec of a program with threads only simple calls are safe: no allocation from here on.

/// Lets go of everything that is not needed, so that no reader of a pipe waits for us.
void keep_only(int a, int b) {
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  const unsigned low = static_cast<unsigned>(a < b ? a : b), high = static_cast<unsigned>(a < b ? b : a);
  if (low > 3) ::syscall(SYS_close_range, 3U, low - 1, 0);
  if (high > low + 1) ::syscall(SYS_close_range, low + 1, high - 1, 0);
  ::syscall(SYS_close_range, high + 1, ~0U, 0);
}

/// A file of our own in the place of /etc/hosts that no other namespace sees: on a tmpfs that is hidden again.
const char* mount_hosts(const char* text, std::size_t size) {
  if (::access("/etc/hosts", F_OK) != 0) return nullptr;  // nobody here goes by names
  if (::mount("tiercut-lab", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") != 0) return "mount tmpfs";
  const int file = ::open("/mnt/hosts", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || ::write(file, text, size) != static_cast<ssize_t>(size)) return "write hosts";
  ::close(file);
  if (::mount("/mnt/hosts", "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) return "mount /etc/hosts";
  return ::umount2("/mnt", MNT_DETACH) == 0 ? nullptr : "unmount /mnt";
}

const char* prepare_mounts(const char* hosts, std::size_t size) {
  if (::unshare(CLONE_NEWNS) != 0) return "mount namespace";
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return "private mounts";
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return "mount /proc";
  return mount_hosts(hosts, size);
}

[[noreturn]] void be_first(int ready, const std::string& hosts) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "lab-first");
  if (const char* step = prepare_mounts(hosts.data(), hosts.size())) {
    say(ready, -1, errno, step);
    ::_exit(1);
  }
  say(ready, 1, 0, "");
  ::close(ready);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &child, nullptr);
  while (true) {  // orphans of the lab's programs come to us
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    int which = 0;
    ::sigwait(&child, &which);
  }
}

void wait_some_time(pid_t process) {
  // Somebody outside may be slow to reap a program that he started in there, and until then the first is not gone.
  for (int i = 0; i < 500; ++i) {
    const pid_t gone = ::waitpid(process, nullptr, WNOHANG);
    if (gone == process || (gone < 0 && errno == ECHILD)) return;
    ::poll(nullptr, 0, 10);
  }
}

[[noreturn]] void be_parent(int life, int ready, const std::string& hosts, const std::vector<std::string>& groups) {
  ::setsid();
  ::prctl(PR_SET_NAME, "lab-keeper");
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::sigaction(signal, &ignore, nullptr);
  keep_only(life, ready);
  if (::unshare(CLONE_NEWPID) != 0) {
    say(ready, -1, errno, "PID namespace");
    ::_exit(1);
  }
  const pid_t first = ::fork();
  if (first == 0) {
    ::close(life);
    be_first(ready, hosts);
  }
  if (first < 0) say(ready, -1, errno, "fork");
  if (first > 0) say(ready, first, 0, "");
  ::close(ready);
  pollfd end{life, 0, 0};
  while (first > 0 && ::poll(&end, 1, -1) < 0 && errno == EINTR) {
  }
  if (first > 0) {
    ::kill(first, SIGKILL);
    wait_some_time(first);
  }
  for (int attempt = 0; attempt < 100; ++attempt) {
    bool is_busy = false;
    for (const std::string& group : groups) is_busy |= ::rmdir(group.c_str()) != 0 && errno == EBUSY;
    if (!is_busy) break;
    ::poll(nullptr, 0, 10);
  }
  ::_exit(0);
}

tl::unexpected<Diagnostics> no_namespaces(const std::string& step, int error) {
  return fail("lab-no-namespaces", "cannot close off the lab (" + step + "): " + std::strerror(error),
              "the lab needs CAP_SYS_ADMIN; in a container, run that privileged");
}

/// Both processes speak: the parent says who the first is, the first that it is ready.
Result<pid_t> hear(int ready) {
  pid_t first = -1;
  for (int heard = 0; heard < 2; ++heard) {
    Word word;
    if (::read(ready, &word, sizeof word) != static_cast<ssize_t>(sizeof word))
      return no_namespaces("no answer", EPIPE);
    if (word.error != 0) return no_namespaces(word.step, word.error);
    if (word.first > 1) first = word.first;
  }
  return first;
}

}  // namespace

Result<Keeper> Keeper::start(const std::string& hosts, const std::vector<std::string>& control_groups) {
  std::ifstream in("/etc/hosts");
  const std::string text = hosts + std::string(std::istreambuf_iterator<char>(in), {});
  std::array<int, 2> life{}, ready{};
  if (::pipe2(life.data(), O_CLOEXEC) != 0) return no_namespaces("pipe", errno);
  OwnedFd life_in(life[0]), life_out(life[1]);
  if (::pipe2(ready.data(), O_CLOEXEC) != 0) return no_namespaces("pipe", errno);
  OwnedFd ready_in(ready[0]), ready_out(ready[1]);
  Keeper keeper;
  keeper.parent_ = ::fork();
  if (keeper.parent_ == 0) be_parent(life_in.get(), ready_out.get(), text, control_groups);
  if (keeper.parent_ < 0) return no_namespaces("fork", errno);
  keeper.life_ = std::move(life_out);
  ready_out.reset();
  const auto first = hear(ready_in.get());
  if (!first) return tl::unexpected(first.error());
  const std::string spaces = "/proc/" + std::to_string(*first) + "/ns/";
  keeper.process_space_.reset(::open((spaces + "pid").c_str(), O_RDONLY | O_CLOEXEC));
  keeper.mount_space_.reset(::open((spaces + "mnt").c_str(), O_RDONLY | O_CLOEXEC));
  keeper.first_.reset(static_cast<int>(::syscall(SYS_pidfd_open, *first, 0)));
  if (!keeper.process_space_.is_open() || !keeper.mount_space_.is_open() || !keeper.first_.is_open()) {
    return no_namespaces("hold namespaces", errno);
  }
  return keeper;
}

void Keeper::end_programs() {
  if (first_.is_open()) ::syscall(SYS_pidfd_send_signal, first_.get(), SIGKILL, nullptr, 0);
}

Keeper::~Keeper() {
  if (parent_ <= 0 || !life_.is_open()) return;
  life_.reset();
  ::waitpid(parent_, nullptr, 0);
}

}  // namespace tiercut::lab
