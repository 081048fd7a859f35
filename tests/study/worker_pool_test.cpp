// SPDX-License-Identifier: Apache-2.0
#include "study/worker_pool.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <numeric>
#include <stdexcept>

namespace tiercut::study {
namespace {

/// A pool that collects its results.
struct Collector {
  PoolRequest request;
  std::map<std::int64_t, std::string> results;
  bool is_stopping = false;

  Collector(std::int64_t jobs, int workers) {
    request.jobs.resize(static_cast<std::size_t>(jobs));
    std::iota(request.jobs.begin(), request.jobs.end(), 100);
    request.workers = workers;
    request.stop = &is_stopping;
    request.work = [](std::int64_t job, const volatile bool*) { return std::to_string(job * job); };
    request.died = [](std::int64_t, const std::string& how) { return how; };
    request.done = [this](const auto& done) -> Result<void> {
      for (const auto& [job, result] : done) {
        EXPECT_TRUE(results.emplace(job, result).second) << job;
      }
      return {};
    };
  }
};

TEST(WorkerPool, DoesEachJobOnceWithAnyNumberOfWorkers) {
  for (const int workers : {1, 2, 7, 64}) {
    Collector pool(50, workers);
    EXPECT_TRUE(*run_pool(pool.request));
    ASSERT_EQ(pool.results.size(), 50u);
    for (const auto& [job, result] : pool.results) EXPECT_EQ(result, std::to_string(job * job));
  }
}

TEST(WorkerPool, HasNothingToDoWithoutJobs) {
  Collector pool(0, 3);
  EXPECT_TRUE(*run_pool(pool.request));
  EXPECT_TRUE(pool.results.empty());
}

TEST(WorkerPool, ResultsMayBeLargerThanAPipe) {
  Collector pool(5, 2);
  pool.request.work = [](std::int64_t job, const volatile bool*) {
    return std::string(300'000, static_cast<char>('a' + job % 26));
  };
  EXPECT_TRUE(*run_pool(pool.request));
  ASSERT_EQ(pool.results.size(), 5u);
  EXPECT_EQ(pool.results[101], std::string(300'000, 'a' + 101 % 26));
}

TEST(WorkerPool, ADeadWorkerLosesItsJobOnly) {
  Collector pool(20, 3);
  pool.request.work = [](std::int64_t job, const volatile bool*) {
    if (job == 103) ::raise(SIGKILL);
    if (job == 107) throw std::runtime_error("a defect");
    return std::to_string(job);
  };
  EXPECT_TRUE(*run_pool(pool.request));
  ASSERT_EQ(pool.results.size(), 20u);
  EXPECT_EQ(pool.results[103], "ended by signal 9 (Killed)");
  EXPECT_EQ(pool.results[107], "ended with status 1");
  EXPECT_EQ(pool.results[119], "119");
}

TEST(WorkerPool, StopsBetweenJobs) {
  Collector pool(1000, 2);
  pool.request.work = [](std::int64_t job, const volatile bool* stop) -> std::optional<std::string> {
    for (int i = 0; i < 10; ++i) {
      ::usleep(1000);
      if (*stop) return std::nullopt;
    }
    return std::to_string(job);
  };
  const auto collect = pool.request.done;
  pool.request.done = [&](const auto& done) {
    pool.is_stopping = true;
    return collect(done);
  };
  EXPECT_FALSE(*run_pool(pool.request));
  EXPECT_GE(pool.results.size(), 1u);
  EXPECT_LT(pool.results.size(), 1000u);
}

TEST(WorkerPool, EndsWithTheErrorOfItsOwner) {
  Collector pool(100, 2);
  pool.request.done = [](const auto&) -> Result<void> { return fail("output-failed", "disk full"); };
  const auto result = run_pool(pool.request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "output-failed");
}

}  // namespace
}  // namespace tiercut::study
