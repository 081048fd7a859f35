// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "scenarios/study.hpp"
#include "study/evaluator.hpp"
#include "study/point_table.hpp"

namespace tiercut::study {

struct SweepOptions {
  std::optional<std::string> out;  ///< results file; none: only SweepResult::text
  PointTable::Form form = PointTable::Form::csv;
  Shard shard;
  int workers = 1;
  bool is_afresh = false;  ///< computes also what is there already
  Simulate simulate;
  const volatile bool* stop = nullptr;
  std::function<void(std::int64_t done, std::int64_t total)> progress;
  std::function<void(const std::string&)> note;
};

struct SweepResult {
  std::string text;  ///< head and lines: what the results file holds
  std::vector<PointTable::Essence> points;
  bool is_interrupted = false;  ///< then finished points wait in `out`.partial, and text and points are empty
  std::int64_t known = 0;       ///< points that were there already
};

/// All points of a shard, in their order, the same text for any number of workers. With `out`, finished points are
/// journalled, and a call that finds the journal of an earlier one goes on there; a results file that is there and
/// complete is taken as it is. Fails with what Evaluator::create, Journal::open, run_pool and writing fail with; a
/// point that fails is a line like any other.
Result<SweepResult> sweep(const scenarios::Study& study, const SweepOptions& options);

/// The results of all points from files that hold the shards' (or parts that overlap), as one sweep would have written
/// them. Fails with not-results (of another study, version, form), missing-points, differing-points.
Result<SweepResult> gather(const scenarios::Study& study, PointTable::Form form, const std::vector<std::string>& files);

}  // namespace tiercut::study
