// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/files.hpp"
#include "deployment/stage_graph.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::report {

/// A simulation as a Chrome trace (the JSON array form of the Trace Event Format), for Perfetto and chrome://tracing: a
/// lane a unit with what it computes, a track a link with its messages as spans that may overlap (a message of several
/// hops stands on the track of its first link), a span a sample from arrival to answer, and a flow along what was
/// computed for a sample.
///
/// What a stage computes is shown from its end backwards for its cost. A cost that is drawn is not told by the
/// simulator, nor when a fault held it up; then a slice begins when its inputs are there and the slice before it on its
/// lane is over, so what the unit does for messages in between counts with it. Messages span from their data being
/// there to their delivery, waiting included. Keeps 8 bytes a stage and sample until the end.
class ChromeTrace {
 public:
  /// Fails as AtomicFile::create. The graph must outlive it.
  static Result<ChromeTrace> create(const std::string& path, const deployment::StageGraph& graph);

  void fired(const simulator::Firing& firing);
  /// How a sample ended, answered or not.
  void ended(const simulator::Record& record);
  /// Makes the file appear.
  Result<void> commit(const simulator::SimulationResult& result);

 private:
  struct Sample {
    std::vector<Instant> fired;                // by stage
    int member = 0;                            // 0: not known yet
    std::vector<deployment::StageId> waiting;  // until it is
    bool has_flow = false;
  };

  ChromeTrace(AtomicFile file, const deployment::StageGraph& graph);
  void show(std::int64_t id, Sample& sample, deployment::StageId stage);
  void show_work(std::int64_t id, Sample& sample, const deployment::Stage& stage, const deployment::Compute& work,
                 Instant ready, Instant end);
  void show_message(std::int64_t id, const Sample& sample, deployment::StageId stage, Instant ready, Instant end);
  Instant ready_at(const Sample& sample, const deployment::Stage& stage) const;
  int lane(const deployment::ResourceUse& use, int member);
  void event(const std::string& text);

  AtomicFile file_;
  const deployment::StageGraph* graph_;
  std::unordered_map<std::int64_t, Sample> samples_;
  std::map<int, Instant> lane_end_;
  std::set<int> lanes_;
  bool is_first_ = true;
};

/// At most so many samples go into a trace; more is nothing that people or viewers could look at.
inline constexpr std::int64_t most_traced_samples = 100'000;

}  // namespace tiercut::report
