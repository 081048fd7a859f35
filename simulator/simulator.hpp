// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/statistics.hpp"
#include "deployment/stage_graph.hpp"

namespace tiercut::simulator {

struct Options {
  std::int64_t samples = 10'000;  ///< arrivals to simulate, warm-up included
  std::uint64_t seed = 1;
  std::function<void(std::int64_t done, std::int64_t total)> progress;  ///< called now and then; may be empty
  const volatile bool* stop = nullptr;  ///< set by a signal handler: end early, result marked interrupted
};

/// One answered sample.
struct Record {
  std::int64_t sample = 0;
  int member = 1;  ///< where it arose, 1..members
  Instant arrival;
  Span latency{};
  int answered_by = 0;        ///< index of the exit, or exits.size() for the final answer
  deployment::Terms terms{};  ///< sums to latency, exactly
};
using RecordSink = std::function<void(const Record&)>;

struct ResourceReport {
  std::string name;
  bool is_link = false;
  double utilisation = 0;  ///< busy time over observed time, mean of its copies
  Seconds busy{};
  std::int64_t served = 0;     ///< stages or messages
  Bytes payload{}, control{};  ///< links
  std::int64_t lost = 0;       ///< attempts lost, links
};

struct SimulationResult {
  std::int64_t samples = 0;  ///< that count: after warm-up
  std::int64_t warm_up = 0;
  Summary latency_s;
  double mean_standard_error_s = 0;        ///< of the mean, taking samples as independent
  std::vector<std::int64_t> answered_by;   ///< by exit, then the final answer
  std::vector<Summary> latency_by_exit_s;  ///< the same order; zeros where none
  deployment::Terms total_terms{};         ///< summed over the samples that count
  std::vector<ResourceReport> resources;
  Seconds duration{};  ///< simulated, first arrival to last event
  std::string engine;  ///< `simgrid`
  std::string engine_version;
  std::string network_model;  ///< `CM02 without latency, crosstraffic 0, own propagation timers`
  std::uint64_t seed = 0;
  bool is_interrupted = false;
};

/// Runs the stage graph on SimGrid (docs: simulator/README.md). One SimGrid engine lives in a process, so a second
/// call in the same process fails with engine-used. Records are handed to `sink` in the order in which samples
/// are answered. Fails with bad-samples, certain-loss (a link that
/// loses every attempt), horizon-exceeded (past 106 days), simgrid-failed.
Result<SimulationResult> simulate(const deployment::StageGraph& graph, const Options& options,
                                  const RecordSink& sink = {});

}  // namespace tiercut::simulator
