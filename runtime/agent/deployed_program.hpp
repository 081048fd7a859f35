// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/agent/agent_program.hpp"
#include "runtime/agent/compiled_stage.hpp"
#include "runtime/agent/stage_machine.hpp"
#include "runtime/agent/unit_worker.hpp"

namespace tiercut::runtime {

/// What a program needs of its agent.
class AgentServices {
 public:
  virtual ~AgentServices() = default;
  /// From any thread: `action` runs on the agent's own.
  virtual void post(std::function<void()> action) = 0;
  virtual void report(TraceEvent event) = 0;
  /// Sends a frame whose body is there but not yet stamped and sealed.
  virtual bool send_message(int endpoint, FrameType type, std::string frame, std::size_t head_end, float scale) = 0;
  virtual const std::shared_ptr<MemoryBudget>& budget() = 0;
};

/// A program at one device: its stages with their kernels, and the samples under way. Everything but the work itself
/// happens on the agent's thread.
class DeployedProgram : public StageMachine::Actions, public std::enable_shared_from_this<DeployedProgram> {
 public:
  using Units = std::map<std::string, std::unique_ptr<UnitWorker>>;

  DeployedProgram(Program program, model::ModelPointer model, AgentServices& agent, Units& units);
  ~DeployedProgram() override;

  /// Makes the kernels of all stages of this device; takes its time, on any thread. Fails with what
  /// CompiledStage::make fails with, memory-exhausted, unit-absent.
  Result<void> compile(const std::vector<WeightsPointer>& weights);
  /// Compute stages of this device.
  std::vector<int> stages_here() const;

  /// Frames that have come, decoded; false when they are for nothing here.
  bool take_input(const InputHead& head, std::string_view payload, Nanoseconds now);
  bool take_message(FrameType type, const MessageHead& head, std::string_view payload, Nanoseconds received);

  StageMachine& machine() { return machine_; }
  const Program& program() const { return program_; }
  const model::ModelPointer& model() const { return model_; }
  std::vector<std::string> units_used() const;  ///< `cpu: highway, eigen`
  /// Whether the endpoint gets messages from this one.
  std::vector<int> receivers() const;

  void start_compute(const SamplePointer& sample, int stage) override;
  void start_message(const SamplePointer& sample, int stage) override;
  bool withdraw(const SamplePointer& sample, int stage) override;
  void report(TraceEvent event) override;

 private:
  UnitWorker* worker(int unit) const;
  void lose(const SampleId& sample, int stage, const std::string& why);
  UnitWorker::Key key_of(const SamplePointer& sample, int stage) const;
  void move_within(const SamplePointer& sample, int stage);
  void send_on(const SamplePointer& sample, int stage);

  const Program program_;
  const model::ModelPointer model_;
  AgentServices& agent_;
  Units& units_;
  StageMachine machine_;
  std::map<int, std::unique_ptr<CompiledStage>> compiled_;
  std::uint64_t compiled_bytes_ = 0;
  std::map<std::pair<int, int>, Nanoseconds> last_received_;  ///< by (sender, receiver)
};

}  // namespace tiercut::runtime
