// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <thread>

#include "kernels/kernel.hpp"

namespace tiercut::kernels {
namespace {

// About ten microseconds: longer than the gap between two layers of a pass, shorter than a scheduler's time slice.
constexpr int spins_before_sleep = 1000;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || (defined(__arm__) && __ARM_ARCH >= 7)
  asm volatile("yield");
#endif
}

template <class T>
void wait_while_equal(const std::atomic<T>& value, T old) {
  for (int i = 0; i < spins_before_sleep; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

// `ticket` holds a round's number and how many of its tasks are unclaimed. A claim is one compare-and-swap on both, so
// a thread that comes late, with the fields of a round that is over, can never claim anything: its ticket is stale.
struct ThreadPool::State {
  std::atomic<std::uint64_t> ticket{0};
  std::atomic<std::uint32_t> round{0};  // what idle workers sleep on
  std::atomic<int> count{0};
  std::atomic<int> completed{0};
  std::atomic<void (*)(void*, int)> task{nullptr};
  std::atomic<void*> context{nullptr};
  std::atomic<bool> is_stopping{false};
  std::vector<std::thread> workers;

  void take_part() {
    std::uint64_t seen = ticket.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(seen) != 0) {
      const int total = count.load(std::memory_order_relaxed);
      auto* const work = task.load(std::memory_order_relaxed);
      void* const with = context.load(std::memory_order_relaxed);
      if (!ticket.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      work(with, total - static_cast<int>(static_cast<std::uint32_t>(seen)));
      if (completed.fetch_add(1, std::memory_order_acq_rel) + 1 == total) completed.notify_one();
      seen = ticket.load(std::memory_order_acquire);
    }
  }

  void serve() {
    std::uint32_t seen = 0;
    while (true) {
      wait_while_equal(round, seen);
      seen = round.load(std::memory_order_acquire);
      if (is_stopping.load(std::memory_order_acquire)) return;
      take_part();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  for (int i = 1; i < threads; ++i) state_->workers.emplace_back([state = state_.get()] { state->serve(); });
}

ThreadPool::~ThreadPool() {
  state_->is_stopping.store(true, std::memory_order_release);
  state_->round.fetch_add(1, std::memory_order_release);
  state_->round.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::run(int count, void (*task)(void* context, int index), void* context) {
  if (count <= 1 || state_->workers.empty()) {
    for (int i = 0; i < count; ++i) task(context, i);
    return;
  }
  State& state = *state_;
  state.count.store(count, std::memory_order_relaxed);
  state.completed.store(0, std::memory_order_relaxed);
  state.task.store(task, std::memory_order_relaxed);
  state.context.store(context, std::memory_order_relaxed);
  const std::uint64_t number = (state.ticket.load(std::memory_order_relaxed) >> 32) + 1;
  state.ticket.store(number << 32 | static_cast<std::uint32_t>(count), std::memory_order_release);
  state.round.fetch_add(1, std::memory_order_release);
  state.round.notify_all();
  state.take_part();
  for (int done = 0; (done = state.completed.load(std::memory_order_acquire)) != count;) {
    wait_while_equal(state.completed, done);
  }
}

}  // namespace tiercut::kernels
