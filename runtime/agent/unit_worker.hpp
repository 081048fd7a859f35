// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "kernels/kernel.hpp"
#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {

/// A unit of a device: a thread that does one piece of work at a time, first come first served, never preempted; ties
/// by stage, sample and plan.
class UnitWorker {
 public:
  struct Key {
    Nanoseconds ready = 0;
    int stage = 0;
    std::int64_t sample = 0;
    std::uint32_t epoch = 0;
    auto operator<=>(const Key&) const = default;
  };
  /// `kernel_threads` share the work of a kernel.
  UnitWorker(int kernel_threads, std::size_t longest_queue);
  ~UnitWorker();  ///< what has not started is dropped
  UnitWorker(const UnitWorker&) = delete;
  UnitWorker& operator=(const UnitWorker&) = delete;

  bool push(const Key& key, std::function<void()> work);  ///< false when the queue is full
  bool withdraw(const Key& key);                          ///< false when it has started
  kernels::ThreadPool& threads() { return threads_; }

 private:
  void serve();

  kernels::ThreadPool threads_;
  std::size_t longest_queue_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, std::function<void()>> queue_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace tiercut::runtime
