// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/files.hpp"
#include "scenarios/scenario.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::report {

/// Writes a record a sample, answered or not, to a file that appears when `commit` succeeds, and not at all without it.
/// CSV, or JSON lines when the name ends in `.jsonl`. The head names version, scenario and seed; engine and network
/// model follow at the end, when they are known. Times are seconds, exact to the picosecond.
class RecordWriter {
 public:
  static Result<RecordWriter> create(const std::string& path, const scenarios::Scenario& scenario,
                                     const deployment::StageGraph& graph, std::uint64_t seed);

  void add(const simulator::Record& record);
  Result<void> commit(const simulator::SimulationResult& result);

 private:
  enum class Form { csv, json_lines };
  RecordWriter(AtomicFile file, Form form, std::vector<std::string> answer_names, const deployment::StageGraph& graph);
  AtomicFile file_;
  Form form_;
  std::vector<std::string> answer_names_;  // quoted as the form needs
  const deployment::StageGraph* graph_;    // outlives the writer
  bool has_right_;
  std::string line_;
};

/// `queue_s`, ..., `aggregation_wait_s`, `return_s`: the name of a term as a column or JSON key.
std::string term_key(deployment::Term term);

/// Seconds with up to twelve decimals, no trailing zeros: `0.04642`.
std::string exact_seconds(std::int64_t picoseconds);

}  // namespace tiercut::report
