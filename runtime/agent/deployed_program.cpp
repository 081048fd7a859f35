// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/deployed_program.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tiercut::runtime {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

DeployedProgram::DeployedProgram(Program program, model::ModelPointer model, AgentServices& agent, Units& units)
    : program_(std::move(program)),
      model_(std::move(model)),
      agent_(agent),
      units_(units),
      machine_(program_, *model_, *this) {}

DeployedProgram::~DeployedProgram() { agent_.budget()->give(compiled_bytes_); }

std::vector<int> DeployedProgram::stages_here() const {
  std::vector<int> stages;
  for (int id = 0; id < program_.stage_count(); ++id) {
    const ProgramStage& stage = program_.stage(id);
    if (stage.kind != StageKind::compute) continue;
    const ProgramGroup& group = program_.groups[at(stage.at.group)];
    // A stage of the sample's own member is at every member of its group.
    const bool is_any = stage.at.member == 0 && group.count > 1 && program_.endpoint >= group.first_endpoint &&
                        program_.endpoint < group.first_endpoint + group.count;
    if (is_any || program_.endpoint_of(stage.at, 1) == program_.endpoint) stages.push_back(id);
  }
  return stages;
}

std::vector<int> DeployedProgram::receivers() const {
  std::set<int> endpoints;
  for (const ProgramStage& stage : program_.stages) {
    if (!stage.is_networked) continue;
    const int most = std::max(program_.groups[at(stage.at.group)].count, program_.groups[at(stage.to.group)].count);
    for (int member = 1; member <= most; ++member) {
      const int to = program_.endpoint_of(stage.to, member);
      if (program_.endpoint_of(stage.at, member) == program_.endpoint && to != program_.endpoint) endpoints.insert(to);
    }
  }
  return {endpoints.begin(), endpoints.end()};
}

UnitWorker* DeployedProgram::worker(int unit) const {
  const auto found = units_.find(program_.units[at(unit)].name);
  if (found != units_.end()) return found->second.get();
  return program_.are_units_emulated && !units_.empty() ? units_.begin()->second.get() : nullptr;
}

Result<void> DeployedProgram::compile(const std::vector<WeightsPointer>& weights) {
  for (const int id : stages_here()) {
    UnitWorker* unit = worker(program_.stage(id).unit);
    if (unit == nullptr) {
      const std::string& name = program_.units[at(program_.stage(id).unit)].name;
      return fail("unit-absent", "stage '" + program_.stage(id).name + "' is to run on unit '" + name +
                                     "', which this agent does not have");
    }
    auto compiled = CompiledStage::make(program_, model_, id, weights, unit->threads());
    if (!compiled) return tl::unexpected(std::move(compiled.error()));
    const std::uint64_t bytes = (*compiled)->bytes();
    if (!agent_.budget()->take(bytes)) {
      return fail("memory-exhausted",
                  "stage '" + program_.stage(id).name + "' takes " + std::to_string(bytes) + " B, and " +
                      std::to_string(agent_.budget()->used()) + " of " + std::to_string(agent_.budget()->limit()) +
                      " B are in use",
                  "give the agent more with --memory, or place less there");
    }
    compiled_bytes_ += bytes;
    compiled_.emplace(id, std::move(*compiled));
  }
  return {};
}

std::vector<std::string> DeployedProgram::units_used() const {
  std::map<std::string, std::set<std::string>> used;
  for (const auto& [id, compiled] : compiled_) {
    used[program_.units[at(program_.stage(id).unit)].name].insert(compiled->backends());
  }
  std::vector<std::string> texts;
  for (const auto& [unit, backends] : used) {
    std::string text = unit + ":";
    for (const std::string& name : backends) text += (text.back() == ':' ? " " : ", ") + name;
    texts.push_back(std::move(text));
  }
  return texts;
}

bool DeployedProgram::take_input(const InputHead& head, std::string_view payload, Nanoseconds now) {
  if (head.stage < 0 || head.stage >= program_.stage_count()) return false;
  const ProgramStage& stage = program_.stage(head.stage);
  if (stage.kind != StageKind::source) return false;
  if (program_.endpoint_of(stage.at, head.sample.member) != program_.endpoint) return false;
  const model::Layer& layer = model_->layer(stage.tensor);
  if (payload.size() != at(static_cast<int>(layer.shape.elements())) * sizeof(float)) return false;
  const std::shared_ptr<Tensor> tensor = Tensor::make(layer, agent_.budget());
  if (tensor == nullptr) {
    lose(head.sample, head.stage, "memory-exhausted");
    return true;
  }
  decode_tensor(layer, payload, model::Encoding::f32, 1, tensor->buffer);
  return machine_.arise(head.sample, head.stage, tensor, now);
}

bool DeployedProgram::take_message(FrameType type, const MessageHead& head, std::string_view payload,
                                   Nanoseconds received) {
  if (head.stage < 0 || head.stage >= program_.stage_count()) return false;
  const ProgramStage& stage = program_.stage(head.stage);
  if (!stage.is_networked || program_.endpoint_of(stage.to, head.sample.member) != program_.endpoint ||
      program_.endpoint_of(stage.at, head.sample.member) != head.sender) {
    return false;
  }
  const bool is_control = stage.kind == StageKind::control;
  if (is_control != (type == FrameType::control)) return false;
  Nanoseconds& last = last_received_[{head.sender, program_.endpoint}];
  TraceEvent event;
  event.epoch = program_.epoch;
  event.sample = head.sample.sample;
  event.stage = head.stage;
  event.deciding = head.deciding;
  event.ready = head.ready;
  event.waited = head.waited;
  event.begun = head.sent;
  event.done = received;
  event.before = std::exchange(last, received);
  event.bytes = static_cast<std::int64_t>(payload.size());
  if (is_control) {
    event.fired = monotonic_now();
    return machine_.deliver(head.sample, head.stage, nullptr, std::move(event));
  }
  if (machine_.is_over(head.sample.sample)) return false;
  const model::Layer& layer = model_->layer(stage.tensor);
  const auto encoding = static_cast<model::Encoding>(stage.encoding);
  const std::shared_ptr<Tensor> tensor = Tensor::make(layer, agent_.budget());
  if (tensor == nullptr) {
    lose(head.sample, head.stage, "memory-exhausted");
    return true;
  }
  if (stage.deserialise < 0) {
    if (!decode_tensor(layer, payload, encoding, head.scale, tensor->buffer)) return false;
    event.fired = monotonic_now();
    return machine_.deliver(head.sample, head.stage, tensor, std::move(event));
  }
  if (payload.size() < wire_bytes(layer, encoding)) return false;
  auto work = [self = shared_from_this(), head, bytes = std::string(payload), tensor, event, &layer,
               encoding]() mutable {
    event.waited_here = monotonic_now() - event.done;
    decode_tensor(layer, bytes, encoding, head.scale, tensor->buffer);
    event.fired = monotonic_now();
    self->agent_.post([self, head, tensor, event = std::move(event)]() mutable {
      self->machine_.deliver(head.sample, head.stage, tensor, std::move(event));
    });
  };
  UnitWorker* unit = worker(stage.deserialise);
  if (unit == nullptr || !unit->push({received, head.stage, head.sample.sample, program_.epoch}, std::move(work))) {
    lose(head.sample, head.stage, unit == nullptr ? "unit-absent" : "queue-full");
  }
  return true;
}

UnitWorker::Key DeployedProgram::key_of(const SamplePointer& sample, int stage) const {
  return {sample->stages[at(stage)].ready, stage, sample->id.sample, program_.epoch};
}

void DeployedProgram::start_compute(const SamplePointer& sample, int stage) {
  const auto found = compiled_.find(stage);
  if (found == compiled_.end()) return lose(sample->id, stage, "unit-absent");
  CompiledStage& compiled = *found->second;
  std::vector<TensorPointer> tensors;
  for (const int layer : compiled.inputs()) {
    const auto tensor = sample->tensors.find(layer);
    tensors.push_back(tensor == sample->tensors.end() ? nullptr : tensor->second);
  }
  auto work = [self = shared_from_this(), sample, stage, &compiled, tensors = std::move(tensors)] {
    CompiledStage::Outcome outcome = compiled.run(tensors, self->agent_.budget());
    self->agent_.post([self, sample, stage, outcome = std::move(outcome)]() mutable {
      if (!outcome.lost.empty()) return self->lose(sample->id, stage, outcome.lost);
      TraceEvent event;
      event.epoch = self->program_.epoch;
      event.sample = sample->id.sample;
      event.stage = static_cast<std::int16_t>(stage);
      event.deciding = sample->stages[at(stage)].deciding;
      event.ready = sample->stages[at(stage)].ready;
      event.begun = outcome.begun;
      event.done = outcome.computed;
      event.fired = outcome.done;
      self->machine_.computed(sample, stage, std::move(outcome.tensors), std::move(outcome.exits), std::move(event));
    });
  };
  if (!worker(program_.stage(stage).unit)->push(key_of(sample, stage), std::move(work))) {
    lose(sample->id, stage, "queue-full");
  }
}

void DeployedProgram::start_message(const SamplePointer& sample, int stage) {
  const ProgramStage& work = program_.stage(stage);
  const bool is_within = program_.endpoint_of(work.to, sample->id.member) == program_.endpoint;
  is_within ? move_within(sample, stage) : send_on(sample, stage);
}

void DeployedProgram::move_within(const SamplePointer& sample, int stage) {
  const ProgramStage& work = program_.stage(stage);
  TraceEvent event;
  event.epoch = program_.epoch;
  event.sample = sample->id.sample;
  event.stage = static_cast<std::int16_t>(stage);
  event.deciding = sample->stages[at(stage)].deciding;
  event.ready = event.begun = event.done = event.fired = sample->stages[at(stage)].ready;
  const auto tensor = sample->tensors.find(work.tensor);
  if (work.serialise < 0 || tensor == sample->tensors.end()) {
    return machine_.moved(sample, stage, std::move(event));
  }
  auto copy = [self = shared_from_this(), sample, stage, from = tensor->second, event]() mutable {
    event.waited = monotonic_now() - event.ready;
    // What crosses to another unit is copied, as it would be to one with memory of its own.
    kernels::Buffer there(from->buffer.bytes());
    std::copy_n(static_cast<const char*>(from->buffer.data()), from->buffer.bytes(), static_cast<char*>(there.data()));
    event.fired = event.begun = event.done = monotonic_now();
    self->agent_.post([self, sample, stage, event = std::move(event)]() mutable {
      self->machine_.moved(sample, stage, std::move(event));
    });
  };
  UnitWorker* unit = worker(work.serialise);
  if (unit == nullptr || !unit->push(key_of(sample, stage), std::move(copy))) lose(sample->id, stage, "queue-full");
}

void DeployedProgram::send_on(const SamplePointer& sample, int stage) {
  const ProgramStage& work = program_.stage(stage);
  MessageHead head;
  head.sample = sample->id;
  head.stage = static_cast<std::int16_t>(stage);
  head.sender = program_.endpoint;
  head.deciding = sample->stages[at(stage)].deciding;
  head.ready = sample->stages[at(stage)].ready;
  const int to = program_.endpoint_of(work.to, sample->id.member);
  TensorPointer tensor;
  if (work.kind == StageKind::transfer) {
    const auto found = sample->tensors.find(work.tensor);
    if (found == sample->tensors.end() || found->second == nullptr) return lose(sample->id, stage, "input-missing");
    tensor = found->second;
  }
  // Everything but the moment of sending, which is stamped when it has come.
  auto build = [this, head, tensor, &work](Nanoseconds waited, std::size_t& head_end, float& scale) mutable {
    head.waited = waited;
    const std::string fields = to_bytes(head);
    std::string frame = begin_frame(fields.size() + work.size + 64);
    frame += fields;
    head_end = frame.size();
    if (tensor != nullptr) {
      scale = append_encoded(model_->layer(work.tensor), tensor->buffer, static_cast<model::Encoding>(work.encoding),
                             frame);
    }
    if (frame.size() < head_end + work.size) frame.resize(head_end + work.size);
    return frame;
  };
  const FrameType type = tensor != nullptr ? FrameType::tensor : FrameType::control;
  std::size_t head_end = 0;
  float scale = 1;
  if (work.serialise < 0) {
    std::string frame = build(0, head_end, scale);
    machine_.sent(sample, stage);
    if (!agent_.send_message(to, type, std::move(frame), head_end, scale)) lose(sample->id, stage, "peer-unreachable");
    return;
  }
  auto serialise = [self = shared_from_this(), sample, stage, to, type, build, ready = head.ready]() mutable {
    std::size_t end = 0;
    float factor = 1;
    std::string frame = build(monotonic_now() - ready, end, factor);
    self->agent_.post([self, sample, stage, to, type, frame = std::move(frame), end, factor]() mutable {
      self->machine_.sent(sample, stage);
      if (!self->agent_.send_message(to, type, std::move(frame), end, factor)) {
        self->lose(sample->id, stage, "peer-unreachable");
      }
    });
  };
  UnitWorker* unit = worker(work.serialise);
  if (unit == nullptr || !unit->push(key_of(sample, stage), std::move(serialise))) {
    lose(sample->id, stage, "queue-full");
  }
}

bool DeployedProgram::withdraw(const SamplePointer& sample, int stage) {
  const ProgramStage& work = program_.stage(stage);
  const int unit = work.kind == StageKind::compute ? work.unit : work.serialise;
  UnitWorker* const at_work = unit < 0 ? nullptr : worker(unit);
  return at_work != nullptr && at_work->withdraw(key_of(sample, stage));
}

void DeployedProgram::report(TraceEvent event) { agent_.report(std::move(event)); }

void DeployedProgram::lose(const SampleId& sample, int stage, const std::string& why) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::lost;
  event.epoch = program_.epoch;
  event.sample = sample.sample;
  event.stage = static_cast<std::int16_t>(stage);
  event.why = why;
  event.fired = monotonic_now();
  agent_.report(std::move(event));
}

}  // namespace tiercut::runtime
