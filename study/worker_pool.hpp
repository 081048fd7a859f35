// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"

namespace tiercut::study {

/// Independent jobs on forked processes, which take them one by one from a common counter.
struct PoolRequest {
  std::vector<std::int64_t> jobs;
  int workers = 1;
  /// In a worker: what becomes of a job; nothing when `stop` was set meanwhile. An exception ends the worker.
  std::function<std::optional<std::string>(std::int64_t job, const volatile bool* stop)> work;
  /// In the caller's process: what became of jobs, in the order in which they finished. An error ends the pool.
  std::function<Result<void>(const std::vector<std::pair<std::int64_t, std::string>>& done)> done;
  /// In the caller's process: for a job whose worker died, in place of its result. Others go on with the rest.
  std::function<std::string(std::int64_t job, const std::string& how)> died;
  const volatile bool* stop = nullptr;  ///< set by a signal handler; jobs under way are given up
};

/// Returns when all jobs are done, or were given up after a stop (false). Fails with what `done` fails with,
/// no-process. Only from a process of one thread.
Result<bool> run_pool(const PoolRequest& request);

}  // namespace tiercut::study
