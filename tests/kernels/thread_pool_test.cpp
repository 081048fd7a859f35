// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "kernels/kernel.hpp"

namespace tiercut::kernels {
namespace {

TEST(ThreadPool, RunsEveryIndexOnce) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 2000; ++round) {
      const int count = round % 40;
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
      pool.parallel(count, [&](int i) { ++seen[static_cast<std::size_t>(i)]; });
      for (const auto& times : seen) ASSERT_EQ(times.load(), 1);
    }
  }
}

TEST(ThreadPool, OneThreadIsTheCaller) {
  ThreadPool pool(1);
  std::vector<int> order;
  pool.parallel(5, [&, caller = std::this_thread::get_id()](int i) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(i);
  });
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

// Tasks that wait for one another can only end when as many threads as promised take part.
TEST(ThreadPool, ThreadsReallyWorkAtOnce) {
  ThreadPool pool(3);
  std::atomic<int> arrived{0};
  std::atomic<bool> is_late{false};
  pool.parallel(3, [&](int) {
    ++arrived;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (arrived < 3 && !is_late) {
      if (std::chrono::steady_clock::now() > deadline) is_late = true;
      std::this_thread::yield();
    }
  });
  EXPECT_FALSE(is_late);
}

TEST(ThreadPool, WakesAfterASleep) {
  ThreadPool pool(2);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> sum{0};
    pool.parallel(100, [&](int i) { sum += i; });
    EXPECT_EQ(sum.load(), 4950);
  }
}

}  // namespace
}  // namespace tiercut::kernels
