// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "kernels/kernel.hpp"

/// How kernels share their work (internal to kernels/). What a task computes follows from the layer alone, never from
/// the number of threads, so that results are the same bit for bit with one thread and with many.
namespace tiercut::kernels {

/// Below this much work (about 20 us) waking other threads takes longer than it saves.
inline constexpr std::int64_t smallest_shared_work = 50'000;

/// How many threads take part in `tasks` tasks of together `work` elementary operations.
inline int slots_for(const ThreadPool& threads, std::int64_t tasks, std::int64_t work) {
  if (work < smallest_shared_work) return 1;
  return static_cast<int>(std::min<std::int64_t>(threads.threads(), std::max<std::int64_t>(tasks, 1)));
}

/// task(slot, index) for every index; each of `slots` slots is one thread at a time and may own scratch memory.
template <class Task>
void for_each_task(ThreadPool& threads, int slots, std::int64_t tasks, Task&& task) {
  if (slots <= 1) {
    for (std::int64_t i = 0; i < tasks; ++i) task(0, i);
    return;
  }
  std::atomic<std::int64_t> next{0};
  threads.parallel(slots, [&](int slot) {
    for (std::int64_t i = 0; (i = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) task(slot, i);
  });
}

/// task(begin, end) over pieces of `piece` of 0 .. count.
template <class Task>
void for_each_piece(ThreadPool& threads, std::int64_t count, std::int64_t piece, std::int64_t work, Task&& task) {
  const std::int64_t tasks = (count + piece - 1) / piece;
  for_each_task(threads, slots_for(threads, tasks, work), tasks,
                [&](int, std::int64_t i) { task(i * piece, std::min(count, (i + 1) * piece)); });
}

}  // namespace tiercut::kernels
