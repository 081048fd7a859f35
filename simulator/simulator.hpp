// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/statistics.hpp"
#include "deployment/stage_graph.hpp"
#include "simulator/endings.hpp"

namespace tiercut::simulator {

/// What moves the clock (docs: simulator/README.md). All give the same results, to the picosecond; `fast` cannot run
/// links in fair shares.
enum class Engine {
  automatic,       ///< fast where it applies, else simgrid
  fast,            ///< without SimGrid
  simgrid,         ///< compute and transmissions are SimGrid's activities
  simgrid_timers,  ///< only what flows in fair shares is; all else is timers
};
std::string_view to_text(Engine engine);                    ///< `auto`, `fast`, `simgrid`, `simgrid-timers`
std::optional<Engine> engine_named(std::string_view name);  ///< of the latter three

/// A sample of a run, to be simulated as it was: when and where it arose, and which exits were conclusive (bit k: k).
struct Course {
  Instant arrival;
  int member = 1;
  std::uint32_t conclusive = 0;
};

/// A stage that fired.
struct Firing {
  std::int64_t sample = 0;
  deployment::StageId stage = -1;
  Instant fired;
};

struct Options {
  Engine engine = Engine::automatic;
  std::int64_t samples = 10'000;  ///< arrivals to simulate, warm-up included
  std::uint64_t seed = 1;
  std::optional<Span> limit{};  ///< answers that take longer are counted as late
  bool with_terms = true;       ///< also record what each latency consists of; without, records and totals have zeros
  /// While no more samples than this have been answered, percentiles are exact, at eight bytes a sample; beyond, they
  /// come from counts, in memory that does not grow (SimulationResult::percentile_error).
  std::int64_t exact_percentiles_up_to = 1'000'000;
  bool with_unanswered = false;  ///< records also of samples that end without an answer
  std::function<void(std::int64_t done, std::int64_t total)> progress;  ///< called now and then; may be empty
  std::shared_ptr<const std::vector<Course>> courses;  ///< in place of all draws of arrivals and exits, by sample, in
                                                       ///< the order of arrival; as many as `samples`
  std::function<void(const Firing&)> on_fired;         ///< every stage; may be empty
  const volatile bool* stop = nullptr;  ///< set by a signal handler: end early, result marked interrupted
};

/// One sample: answered, or (when asked for) not.
struct Record {
  std::int64_t sample = 0;
  int member = 1;  ///< where it arose, 1..members
  Instant arrival;
  Span latency{};                  ///< Span::longest() without an answer
  int answered_by = 0;             ///< index of the exit, or exits.size() for the final answer; -1 without an answer
  deployment::Terms terms{};       ///< sums to latency, exactly
  std::optional<bool> is_right{};  ///< with an exit trace
  bool is_fallback = false;        ///< answered by an exit that was not sure, because no other answer came in time
  Ending ending = Ending::answered;
  Cause cause{};  ///< of an ending without an answer
};
using RecordSink = std::function<void(const Record&)>;

/// Samples that ended without an answer, for one reason.
struct Unanswered {
  Ending ending = Ending::failed;
  std::string why;
  std::int64_t samples = 0;
};

struct ResourceReport {
  std::string name;
  bool is_link = false;
  double utilisation = 0;  ///< busy time over observed time, mean of its copies and workers
  Seconds busy{};
  std::int64_t served = 0;                ///< stages or messages
  Bytes payload{}, control{};             ///< links
  std::int64_t lost = 0;                  ///< attempts lost, links
  std::optional<std::int64_t> dropped{};  ///< stages and messages, where the queue has a limit
};

struct SimulationResult {
  std::int64_t samples = 0;  ///< that count: after warm-up
  std::int64_t warm_up = 0;
  Summary latency_s;
  double percentile_error = 0;             ///< relative, of every percentile; 0: exact. Mean and maximum are exact.
  double mean_standard_error_s = 0;        ///< of the mean, taking samples as independent
  std::vector<std::int64_t> answered_by;   ///< by exit, then the final answer
  std::optional<std::int64_t> late;        ///< with a limit: samples beyond it, unanswered ones among them
  std::int64_t fallbacks = 0;              ///< of those that exits answered: unsure, because nothing better came
  std::vector<Unanswered> unanswered;      ///< those reasons that occurred; with answered_by they sum to samples
  std::optional<std::int64_t> right;       ///< with an exit trace: samples answered rightly
  std::vector<Summary> latency_by_exit_s;  ///< the same order; zeros where none
  deployment::Terms total_terms{};         ///< summed over the samples that count
  std::vector<ResourceReport> resources;
  Seconds duration{};          ///< simulated, first arrival to last event
  std::string engine;          ///< `fast`, `simgrid` or `simgrid-timers`
  std::string engine_version;  ///< of SimGrid, or of tiercut
  std::string network_model;   ///< how links are simulated, in words
  std::uint64_t seed = 0;
  bool is_interrupted = false;
};

/// Simulates a stage graph without SimGrid, on the engine `fast`, as often in a process as one likes. Records are
/// handed to `sink` in the order in which samples are answered. Fails with bad-samples, certain-loss (a link that loses
/// every attempt), engine-unfit (links in fair shares), engine-missing (another engine was asked for: that takes
/// simulate_with_simgrid), horizon-exceeded (past 106 days).
Result<SimulationResult> simulate(const deployment::StageGraph& graph, const Options& options,
                                  const RecordSink& sink = {});

/// The engine that runs a graph when `asked` for: what automatic stands for. engine-unfit when `fast` was asked for
/// and a link shares fairly.
Result<Engine> engine_for(const deployment::StageGraph& graph, Engine asked);

}  // namespace tiercut::simulator
