// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/agent/agent_program.hpp"
#include "runtime/agent/message.hpp"
#include "runtime/agent/sample_tensor.hpp"

namespace tiercut::runtime {

/// What an exit's branch said of a sample.
struct ExitScore {
  double confidence = 0;
  bool is_conclusive = false;  ///< by its threshold, and with a class that it may answer with
};

/// One sample at one device.
struct SampleState {
  enum class Phase : std::uint8_t { elsewhere, waiting, begun, sent, fired, dead };
  struct Stage {
    Phase phase = Phase::elsewhere;
    bool is_conclusive = false;
    bool is_past_deadline = false;
    std::int16_t fired_inputs = 0, dead_inputs = 0;
    std::int16_t deciding = -1;
    Nanoseconds first = 0;  ///< join: when its first input fired
    Nanoseconds ready = 0;
    Nanoseconds fired = 0;
  };
  SampleId id;
  std::vector<Stage> stages;
  std::map<int, TensorPointer> tensors;  ///< by layer
  std::map<int, ExitScore> exits;        ///< by exit
};
using SamplePointer = std::shared_ptr<SampleState>;

/// What fires, begins and dies at one device: the contract of deployment/README.md for the stages that are there. Knows
/// neither threads nor sockets: it says what is to be done, and is told when it was. Time is the caller's.
class StageMachine {
 public:
  /// What the machine wants done. Compute and messages end by one of the calls below, at once or later.
  class Actions {
   public:
    virtual ~Actions() = default;
    virtual void start_compute(const SamplePointer& sample, int stage) = 0;
    virtual void start_message(const SamplePointer& sample, int stage) = 0;
    /// Removes work that has not started; false when it has.
    virtual bool withdraw(const SamplePointer& sample, int stage) = 0;
    virtual void report(TraceEvent event) = 0;
  };

  /// The program must have passed check_program.
  StageMachine(const Program& program, const model::Model& model, Actions& actions);

  /// A source fires. False when the sample is over, or the source has fired already.
  bool arise(const SampleId& id, int stage, TensorPointer tensor, Nanoseconds now);
  /// A message is here, its tensor too (null for control). `event` holds its times, `fired` among them.
  bool deliver(const SampleId& id, int stage, TensorPointer tensor, TraceEvent event);
  /// A compute stage has run.
  void computed(const SamplePointer& sample, int stage, std::map<int, TensorPointer> tensors,
                std::map<int, ExitScore> exits, TraceEvent event);
  /// A message has left for another device.
  void sent(const SamplePointer& sample, int stage);
  /// A message within the device is done.
  void moved(const SamplePointer& sample, int stage, TraceEvent event);

  void retire(std::int64_t sample);
  Nanoseconds next_deadline() const;
  void pass_deadlines(Nanoseconds now);

  bool is_over(std::int64_t sample) const { return sample < over_below_ || over_.contains(sample); }
  std::size_t samples() const { return samples_.size(); }
  std::vector<std::int64_t> under_way() const;  ///< samples, ascending
  const Program& program() const { return program_; }

 private:
  using Stage = SampleState::Stage;
  using Phase = SampleState::Phase;
  struct Successor {
    int stage = -1;
    ProgramEdge::When when = ProgramEdge::When::always;
  };

  SamplePointer find_or_begin(const SampleId& id);
  bool begins_here(const ProgramStage& stage, int member) const;
  void fire(const SamplePointer& sample, int stage, TraceEvent event);
  void kill(const SamplePointer& sample, int stage);
  void input_fired(const SamplePointer& sample, int stage, int input);
  void input_died(const SamplePointer& sample, int stage);
  void check_join(const SamplePointer& sample, int stage, int completing, Nanoseconds now);
  void begin(const SamplePointer& sample, int stage);
  bool decide(const SampleState& sample, int exit, TraceEvent& event) const;
  void describe_answer(const SampleState& sample, TraceEvent& event) const;
  void cancel(const SamplePointer& sample, const std::vector<std::int16_t>& stages);
  TraceEvent event_of(const SampleState& sample, int stage, Nanoseconds fired) const;

  const Program& program_;
  const model::Model& model_;
  Actions& actions_;
  std::vector<std::vector<Successor>> successors_;
  std::unordered_map<std::int64_t, SamplePointer> samples_;
  std::set<std::pair<Nanoseconds, std::pair<std::int64_t, int>>> deadlines_;  // when, (sample, join)
  std::int64_t over_below_ = 0;
  std::set<std::int64_t> over_;
};

}  // namespace tiercut::runtime
