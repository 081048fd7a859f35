// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/statistics.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::runtime {

/// What the records of a run say, over the samples after warm-up. An unanswered sample counts as infinitely late.
struct RunSummary {
  std::int64_t samples = 0, answered = 0, fallback = 0, failed = 0;
  Summary latency_s;
  std::vector<std::int64_t> by_answer;       ///< by exit, then the final answer
  std::vector<Summary> latency_by_answer_s;  ///< the same order; zeros where none
  std::array<double, deployment::term_count> mean_terms_s{};
  std::optional<double> accuracy;  ///< of the answered samples with a label
  double lateness_p99_s = 0;
  double interval_s = 0;  ///< from the first arrival to the last
};
RunSummary summary_of(const RunRequest& request, const RunResult& result);

/// What else run.json says.
struct RunContext {
  std::vector<std::string> command;
  std::string scenario_path, plan_path, weights_path;
  std::vector<std::string> overrides;
  std::string started;     ///< UTC, ISO 8601
  std::string lab_report;  ///< JSON of the lab that the run was in; empty without
};

/// Writes `run.json` and `samples.csv` (runtime/agent/README.md) into the folder, which is made when it is not there.
/// Fails with output-unwritable, output-failed.
Result<void> write_run(const std::string& folder, const RunRequest& request, const RunResult& result,
                       const RunContext& context);
/// That the folder can be written to, before anything else is done.
Result<void> prepare_run_folder(const std::string& folder);

/// The result as JSON, as run.json holds it under `result`.
std::string result_json(const RunRequest& request, const RunResult& result);

}  // namespace tiercut::runtime
