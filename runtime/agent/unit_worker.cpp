// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/unit_worker.hpp"

#include <utility>

namespace tiercut::runtime {

UnitWorker::UnitWorker(int kernel_threads, std::size_t longest_queue)
    : threads_(kernel_threads), longest_queue_(longest_queue), thread_([this] { serve(); }) {}

UnitWorker::~UnitWorker() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool UnitWorker::push(const Key& key, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= longest_queue_) return false;
    queue_.emplace(key, std::move(work));
  }
  changed_.notify_one();
  return true;
}

bool UnitWorker::withdraw(const Key& key) {
  const std::lock_guard lock(mutex_);
  return queue_.erase(key) > 0;
}

void UnitWorker::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
    if (is_stopping_) return;
    auto work = std::move(queue_.extract(queue_.begin()).mapped());
    lock.unlock();
    work();
    work = nullptr;  // what it holds is released outside the lock
    lock.lock();
  }
}

}  // namespace tiercut::runtime
