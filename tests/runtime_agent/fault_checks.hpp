// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/runtime_agent/run_in_memory.hpp"

namespace tiercut::runtime {

struct Outcomes {
  bool is_refused = false;  ///< a typed error before the first sample
  std::int64_t answered = 0, fallback = 0, failed = 0;
  std::vector<SampleRecord> records;
  std::vector<PlanInUse> plans;
};

/// Runs, and holds what comes of it against what must be true whatever happens to frames: every sample is accounted
/// for, answers are right, failures have a known reason, and all is over within twice the timeouts.
Outcomes run_and_check(RunInMemory& run);

}  // namespace tiercut::runtime
