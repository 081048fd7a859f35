// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/agent/agent_program.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::runtime {

/// What has become of one sample on one plan, pieced together from what agents report: which stages have fired, which
/// never will, and whether it can still be answered.
class SampleCourse {
 public:
  SampleCourse(std::shared_ptr<const Program> program, int member, int answer);

  /// A report of the agent at `endpoint`.
  void take(const TraceEvent& event, int endpoint);
  /// Nothing more happens at this endpoint: stages that would fire or begin there never will.
  void lose_endpoint(int endpoint, const std::string& why);

  bool is_answered() const { return phase(answer_) == Phase::fired; }
  bool is_hopeless() const { return phase(answer_) == Phase::dead; }
  bool is_settled() const { return open_ == 0; }
  /// The first thing that went wrong; empty when nothing did.
  const std::string& why() const { return why_; }

  struct Reported {
    TraceEvent event;
    int endpoint = -1;
  };
  const Reported* reported(int stage) const;
  const Program& program() const { return *program_; }
  int answer() const { return answer_; }
  int member() const { return member_; }

 private:
  enum class Phase : std::uint8_t { open, fired, dead };
  Phase phase(int stage) const { return phases_[static_cast<std::size_t>(stage)]; }
  void kill(int stage);
  void input_died(int stage);

  std::shared_ptr<const Program> program_;
  int member_, answer_;
  std::vector<Phase> phases_;
  std::vector<std::int16_t> dead_inputs_;
  std::map<int, Reported> reported_;
  int open_ = 0;
  std::string why_;
};

/// Offsets of agents' clocks (theirs less the coordinator's) by endpoint, and round trips between endpoints.
struct TimeBase {
  std::function<Nanoseconds(int endpoint)> offset;
  std::function<std::optional<Nanoseconds>(int from, int to)> round_trip;
  Nanoseconds start = 0;  ///< the first planned arrival, on the coordinator's clock
};

/// Fills in what the course of an answered sample says: arrival, latency, terms, who answered, bytes. `planned`: when
/// it was to arise, since the start; kept as the arrival when no source reported.
void describe(const SampleCourse& course, const model::Model& model, const TimeBase& time, Nanoseconds planned,
              SampleRecord& record);

}  // namespace tiercut::runtime
