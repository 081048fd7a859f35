// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/quantile_table.hpp"
#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"

namespace tiercut::validation {

using TermMeans = std::array<double, deployment::term_count>;  ///< seconds

/// A sample of a run. Times in seconds.
struct RecordedSample {
  double arrival = 0;                                        ///< since the first of the run
  double latency = std::numeric_limits<double>::infinity();  ///< infinite: never answered
  int member = 1;
  int answer = -1;  ///< index into RecordedRun::answers; -1 without
  std::optional<TermMeans> terms;
  std::optional<bool> is_right;
  double payload_bytes = 0, control_bytes = 0;
  bool is_on_first_plan = true;

  bool is_answered() const { return latency < std::numeric_limits<double>::infinity(); }
};

/// What a stage took, as run.json has it. Seconds.
struct RecordedStage {
  int stage = -1;
  std::string name, kind;
  std::int64_t samples = 0;
  double bytes = 0;
  double whole = 0, wait = 0, work = 0, check = 0, send = 0, receive = 0, wait_here = 0;  ///< means
  QuantilePointer whole_quantiles, work_quantiles;
  std::vector<double> blocks;
};

/// A run of a plan on machines: a directory that `tiercut run` wrote, or the CSV of another system.
struct RecordedRun {
  std::string path;
  bool is_foreign = false;  ///< a CSV: no plan, scenario or stages in it
  std::string started, machine;
  std::string scenario_path, scenario_hash;
  std::vector<std::string> overrides;
  std::int64_t seed = 1;
  std::int64_t warm_up = 0;  ///< first samples that do not count
  bool is_interrupted = false;
  int plans = 0;  ///< used one after the other

  std::string plan_text;  ///< of the first plan, as a plan file has it

  std::vector<std::string> answers;  ///< names of exits, and `final`, as they occur
  std::vector<RecordedSample> samples;
  bool has_bytes = false;
  std::vector<RecordedStage> stages;  ///< of the first plan

  int find_answer(const std::string& name) const;  ///< -1 when absent
};

/// Reads the directory of a run, or a CSV (docs/runs.md). Reports all errors: not-a-run, bad-run (run.json), bad-row
/// (file and line), missing-column, and what reading a file can fail with. Unknown columns of a CSV are passed over.
Result<RecordedRun> read_run(const std::string& path);

/// The plan that a run began with, for the scenario it was of. Fails with bad-run when the two do not fit.
Result<deployment::Plan> plan_of(const RecordedRun& run, const scenarios::Scenario& scenario);

/// Private to the folder: rows of a CSV into samples; `columns` of docs/runs.md.
Result<void> read_samples(const std::string& file, RecordedRun& run);

}  // namespace tiercut::validation
