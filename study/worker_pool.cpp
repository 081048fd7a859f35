// SPDX-License-Identifier: Apache-2.0
#include "study/worker_pool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "study/own_process.hpp"

namespace tiercut::study {

namespace {

using Done = std::vector<std::pair<std::int64_t, std::string>>;

constexpr int poll_milliseconds = 100;
constexpr std::size_t most_workers = 1024;

/// What all processes see.
struct Board {
  std::atomic<std::int64_t> next = 0;  // index of the first job that nobody has taken
  volatile bool is_stopping = false;
  std::atomic<std::int64_t> taken[most_workers];  // by worker the job under way, or -1
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

class SharedBoard {
 public:
  SharedBoard() {
    void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    board_ = new (memory) Board;
  }
  ~SharedBoard() { ::munmap(board_, sizeof(Board)); }
  SharedBoard(const SharedBoard&) = delete;
  SharedBoard& operator=(const SharedBoard&) = delete;
  Board* operator->() const { return board_; }

 private:
  Board* board_ = nullptr;
};

/// job, length, bytes
std::string message_of(std::int64_t job, const std::string& result) {
  const auto size = static_cast<std::int64_t>(result.size());
  std::string message(reinterpret_cast<const char*>(&job), sizeof job);
  message.append(reinterpret_cast<const char*>(&size), sizeof size);
  return message + result;
}

struct Worker {
  pid_t process = -1;
  int pipe = -1;
  std::string unread;
};

class Pool {
 public:
  explicit Pool(const PoolRequest& request) : request_(request) {
    for (auto& taken : board_->taken) taken = -1;
  }
  ~Pool() {
    for (Worker& worker : workers_) {
      if (worker.pipe >= 0) ::close(worker.pipe);
      if (worker.process < 0) continue;
      ::kill(worker.process, SIGKILL);
      ::waitpid(worker.process, nullptr, 0);
    }
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Result<bool> run() {
    const auto jobs = static_cast<std::int64_t>(request_.jobs.size());
    workers_.resize(std::clamp<std::size_t>(static_cast<std::size_t>(std::min<std::int64_t>(request_.workers, jobs)), 1,
                                            most_workers));
    for (std::size_t i = 0; i < workers_.size() && jobs > 0; ++i) {
      if (!start(i)) return no_process();
    }
    while (open_workers() > 0) {
      if (request_.stop != nullptr && *request_.stop) board_->is_stopping = true;
      if (auto read = read_some(); !read) return tl::unexpected(std::move(read.error()));
    }
    if (!board_->is_stopping && board_->next < jobs) return no_process();
    return !board_->is_stopping;
  }

 private:
  static tl::unexpected<Diagnostics> no_process() {
    return fail("no-process", std::string("cannot start a worker: ") + std::strerror(errno), "use fewer --workers");
  }

  std::size_t open_workers() const {
    return static_cast<std::size_t>(
        std::count_if(workers_.begin(), workers_.end(), [](const Worker& worker) { return worker.pipe >= 0; }));
  }

  bool start(std::size_t index) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    Worker& worker = workers_[index];
    worker.process = fork_worker([&] {
      // Else the pipes of its elders stay open when their readers are gone.
      for (const Worker& other : workers_) {
        if (other.pipe >= 0) ::close(other.pipe);
      }
      ::close(ends[0]);
      return labour(index, ends[1]);
    });
    ::close(ends[1]);
    worker.pipe = worker.process < 0 ? -1 : ends[0];
    if (worker.process < 0) ::close(ends[0]);
    return worker.process >= 0;
  }

  /// The life of a worker.
  int labour(std::size_t index, int pipe) {
    while (!board_->is_stopping) {
      const std::int64_t next = board_->next.fetch_add(1);
      if (next >= static_cast<std::int64_t>(request_.jobs.size())) break;
      const std::int64_t job = request_.jobs[static_cast<std::size_t>(next)];
      board_->taken[index] = job;
      const auto result = request_.work(job, &board_->is_stopping);
      if (!result) break;
      if (!write_all(pipe, message_of(job, *result))) return 1;
      board_->taken[index] = -1;
    }
    return 0;
  }

  Result<void> read_some() {
    std::vector<pollfd> polled;
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i].pipe < 0) continue;
      polled.push_back({workers_[i].pipe, POLLIN, 0});
      indices.push_back(i);
    }
    if (::poll(polled.data(), polled.size(), poll_milliseconds) <= 0) return {};
    Done done;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) read_from(indices[i], done);
    }
    return done.empty() ? Result<void>() : request_.done(done);
  }

  void read_from(std::size_t index, Done& done) {
    Worker& worker = workers_[index];
    char block[65536];
    const ssize_t n = ::read(worker.pipe, block, sizeof block);
    if (n < 0) return;  // interrupted
    worker.unread.append(block, static_cast<std::size_t>(n));
    std::size_t at = 0;
    for (std::int64_t head[2]; worker.unread.size() - at >= sizeof head;) {
      std::memcpy(head, worker.unread.data() + at, sizeof head);
      const auto size = static_cast<std::size_t>(head[1]);
      if (worker.unread.size() - at - sizeof head < size) break;
      done.emplace_back(head[0], worker.unread.substr(at + sizeof head, size));
      at += sizeof head + size;
    }
    worker.unread.erase(0, at);
    if (n == 0) bury(index, done);
  }

  void bury(std::size_t index, Done& done) {
    Worker& worker = workers_[index];
    ::close(std::exchange(worker.pipe, -1));
    int status = 0;
    while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    worker.process = -1;
    worker.unread.clear();
    const std::int64_t job = board_->taken[index].exchange(-1);
    if (status == 0 || board_->is_stopping) return;
    // It may have died after its last result was on its way.
    const bool is_delivered =
        std::any_of(done.begin(), done.end(), [&](const auto& entry) { return entry.first == job; });
    if (job >= 0 && !is_delivered) done.emplace_back(job, request_.died(job, end_text(status)));
    if (board_->next < static_cast<std::int64_t>(request_.jobs.size())) start(index);
  }

  const PoolRequest& request_;
  SharedBoard board_;
  std::vector<Worker> workers_;
};

}  // namespace

Result<bool> run_pool(const PoolRequest& request) { return Pool(request).run(); }

}  // namespace tiercut::study
