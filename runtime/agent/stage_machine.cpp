// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/stage_machine.hpp"

#include <algorithm>

namespace tiercut::runtime {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

bool is_message(const ProgramStage& stage) {
  return stage.kind == StageKind::transfer || stage.kind == StageKind::control;
}

}  // namespace

StageMachine::StageMachine(const Program& program, const model::Model& model, Actions& actions)
    : program_(program), model_(model), actions_(actions), successors_(program.stages.size()) {
  for (int id = 0; id < program.stage_count(); ++id) {
    for (const ProgramEdge& edge : program.stage(id).inputs) successors_[at(edge.from)].push_back({id, edge.when});
  }
}

bool StageMachine::begins_here(const ProgramStage& stage, int member) const {
  return program_.endpoint_of(stage.at, member) == program_.endpoint;
}

SamplePointer StageMachine::find_or_begin(const SampleId& id) {
  if (is_over(id.sample)) return nullptr;
  SamplePointer& sample = samples_[id.sample];
  if (sample != nullptr) return sample;
  sample = std::make_shared<SampleState>();
  sample->id = id;
  sample->stages.resize(program_.stages.size());
  for (int stage = 0; stage < program_.stage_count(); ++stage) {
    const bool is_here = begins_here(program_.stage(stage), id.member) ||
                         program_.endpoint_of(program_.stage(stage).to, id.member) == program_.endpoint;
    if (is_here) sample->stages[at(stage)].phase = Phase::waiting;
  }
  return sample;
}

bool StageMachine::arise(const SampleId& id, int stage, TensorPointer tensor, Nanoseconds now) {
  const SamplePointer sample = find_or_begin(id);
  if (sample == nullptr || sample->stages[at(stage)].phase != Phase::waiting) return false;
  sample->tensors[program_.stage(stage).tensor] = std::move(tensor);
  TraceEvent event = event_of(*sample, stage, now);
  event.ready = now;
  fire(sample, stage, std::move(event));
  return true;
}

bool StageMachine::deliver(const SampleId& id, int stage, TensorPointer tensor, TraceEvent event) {
  const SamplePointer sample = find_or_begin(id);
  if (sample == nullptr || sample->stages[at(stage)].phase != Phase::waiting) return false;
  const ProgramStage& message = program_.stage(stage);
  if (tensor != nullptr) sample->tensors[message.tensor] = std::move(tensor);
  fire(sample, stage, std::move(event));
  if (message.kind == StageKind::control) cancel(sample, message.cancels);
  return true;
}

void StageMachine::computed(const SamplePointer& sample, int stage, std::map<int, TensorPointer> tensors,
                            std::map<int, ExitScore> exits, TraceEvent event) {
  for (auto& [layer, tensor] : tensors) sample->tensors[layer] = std::move(tensor);
  for (auto& [exit, score] : exits) sample->exits[exit] = score;
  fire(sample, stage, std::move(event));
}

void StageMachine::sent(const SamplePointer& sample, int stage) { sample->stages[at(stage)].phase = Phase::sent; }

void StageMachine::moved(const SamplePointer& sample, int stage, TraceEvent event) {
  fire(sample, stage, std::move(event));
  if (program_.stage(stage).kind == StageKind::control) cancel(sample, program_.stage(stage).cancels);
}

TraceEvent StageMachine::event_of(const SampleState& sample, int stage, Nanoseconds fired) const {
  TraceEvent event;
  event.epoch = program_.epoch;
  event.sample = sample.id.sample;
  event.stage = static_cast<std::int16_t>(stage);
  event.deciding = sample.stages[at(stage)].deciding;
  event.ready = sample.stages[at(stage)].ready;
  event.fired = fired;
  return event;
}

void StageMachine::fire(const SamplePointer& sample, int stage, TraceEvent event) {
  const ProgramStage& work = program_.stage(stage);
  Stage& state = sample->stages[at(stage)];
  state.phase = Phase::fired;
  state.fired = event.fired;
  if (work.kind == StageKind::decision) state.is_conclusive = decide(*sample, work.exit, event);
  if (work.kind == StageKind::answer) describe_answer(*sample, event);
  actions_.report(std::move(event));
  if (work.kind == StageKind::decision && state.is_conclusive) cancel(sample, work.cancels);
  for (const Successor& next : successors_[at(stage)]) {
    if (!begins_here(program_.stage(next.stage), sample->id.member)) continue;
    const bool fires =
        next.when == ProgramEdge::When::always || (next.when == ProgramEdge::When::conclusive) == state.is_conclusive;
    fires ? input_fired(sample, next.stage, stage) : input_died(sample, next.stage);
  }
}

void StageMachine::kill(const SamplePointer& sample, int stage) {
  sample->stages[at(stage)].phase = Phase::dead;
  for (const Successor& next : successors_[at(stage)]) {
    if (begins_here(program_.stage(next.stage), sample->id.member)) input_died(sample, next.stage);
  }
}

void StageMachine::input_fired(const SamplePointer& sample, int stage, int input) {
  const ProgramStage& work = program_.stage(stage);
  Stage& state = sample->stages[at(stage)];
  ++state.fired_inputs;
  if (state.phase != Phase::waiting) return;
  const Nanoseconds fired = sample->stages[at(input)].fired;
  if (work.kind == StageKind::join) {
    if (state.fired_inputs == 1) {
      state.first = fired;
      if (work.deadline >= 0) deadlines_.insert({fired + work.deadline, {sample->id.sample, stage}});
    }
    return check_join(sample, stage, input, fired);
  }
  // Several that fire at one moment: the smallest id decides.
  if (state.deciding < 0 || fired > state.ready || (fired == state.ready && input < state.deciding)) {
    state.deciding = static_cast<std::int16_t>(input);
    state.ready = fired;
  }
  const bool is_complete = state.fired_inputs == static_cast<int>(work.inputs.size());
  if (work.kind == StageKind::first_conclusive || is_complete) begin(sample, stage);
}

void StageMachine::input_died(const SamplePointer& sample, int stage) {
  const ProgramStage& work = program_.stage(stage);
  Stage& state = sample->stages[at(stage)];
  ++state.dead_inputs;
  if (state.phase != Phase::waiting) return;
  if (work.kind == StageKind::join) {
    check_join(sample, stage, -1, state.first);
  } else if (work.kind != StageKind::first_conclusive || state.dead_inputs == static_cast<int>(work.inputs.size())) {
    kill(sample, stage);
  }
}

/// `completing` is the input that has just fired, -1 when something else happened, at `now`.
void StageMachine::check_join(const SamplePointer& sample, int stage, int completing, Nanoseconds now) {
  const ProgramStage& work = program_.stage(stage);
  Stage& state = sample->stages[at(stage)];
  const int live = static_cast<int>(work.inputs.size()) - state.dead_inputs;
  if (live < work.quorum) return kill(sample, stage);
  const bool is_all = state.fired_inputs >= live;
  if (!is_all && !(state.is_past_deadline && state.fired_inputs >= work.quorum)) return;
  if (completing < 0) {
    // Nothing fired now: the input that made the quorum (or was the last of all) decided, and the rest is waiting.
    std::vector<std::pair<Nanoseconds, int>> fired;
    for (const ProgramEdge& edge : work.inputs) {
      if (sample->stages[at(edge.from)].phase == Phase::fired) {
        fired.emplace_back(sample->stages[at(edge.from)].fired, edge.from);
      }
    }
    std::sort(fired.begin(), fired.end());
    const std::size_t rank = is_all ? fired.size() : static_cast<std::size_t>(work.quorum);
    completing = fired[std::min(rank, fired.size()) - 1].second;
  }
  state.deciding = static_cast<std::int16_t>(completing);
  state.ready = std::max(now, sample->stages[at(completing)].fired);
  begin(sample, stage);
}

void StageMachine::begin(const SamplePointer& sample, int stage) {
  const ProgramStage& work = program_.stage(stage);
  Stage& state = sample->stages[at(stage)];
  state.phase = Phase::begun;
  if (work.kind == StageKind::compute) {
    actions_.start_compute(sample, stage);
  } else if (is_message(work)) {
    actions_.start_message(sample, stage);
  } else {
    fire(sample, stage, event_of(*sample, stage, state.ready));
  }
}

bool StageMachine::decide(const SampleState& sample, int exit, TraceEvent& event) const {
  const auto score = sample.exits.find(exit);
  if (score != sample.exits.end()) event.confidence = score->second.confidence;
  event.is_conclusive = program_.exits[at(exit)].rule == ProgramExit::Rule::drawn
                            ? (sample.id.drawn >> exit & 1U) != 0
                            : score != sample.exits.end() && score->second.is_conclusive;
  return event.is_conclusive;
}

/// The class with the largest score in the tensor that became the answer.
void StageMachine::describe_answer(const SampleState& sample, TraceEvent& event) const {
  int layer = model_.answer_layer(static_cast<int>(model_.exits.size()));
  for (int stage = event.deciding; stage >= 0; stage = sample.stages[at(stage)].deciding) {
    const ProgramStage& work = program_.stage(stage);
    if (work.kind == StageKind::decision) layer = program_.exits[at(work.exit)].layer;
    if (work.kind == StageKind::transfer) layer = work.tensor;
    if (work.kind != StageKind::first_conclusive && work.kind != StageKind::join) break;
  }
  const auto found = sample.tensors.find(layer);
  if (found == sample.tensors.end() || found->second == nullptr) return;
  if (model_.layer(layer).encoding == model::Encoding::bit) return;
  const float* scores = found->second->buffer.floats();
  event.predicted =
      static_cast<std::int32_t>(std::max_element(scores, scores + model_.layer(layer).shape.elements()) - scores);
}

void StageMachine::cancel(const SamplePointer& sample, const std::vector<std::int16_t>& stages) {
  for (const int stage : stages) {
    const Phase phase = sample->stages[at(stage)].phase;
    if (!begins_here(program_.stage(stage), sample->id.member)) continue;
    if (phase != Phase::waiting && !(phase == Phase::begun && actions_.withdraw(sample, stage))) continue;
    TraceEvent event = event_of(*sample, stage, 0);
    event.kind = TraceEvent::Kind::removed;
    actions_.report(std::move(event));
    kill(sample, stage);
  }
}

void StageMachine::retire(std::int64_t sample) {
  samples_.erase(sample);
  if (sample < over_below_) return;
  over_.insert(sample);
  while (!over_.empty() && *over_.begin() == over_below_) {
    over_.erase(over_.begin());
    ++over_below_;
  }
}

Nanoseconds StageMachine::next_deadline() const { return deadlines_.empty() ? never : deadlines_.begin()->first; }

void StageMachine::pass_deadlines(Nanoseconds now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto [id, stage] = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = samples_.find(id);
    if (found == samples_.end()) continue;
    const SamplePointer sample = found->second;
    sample->stages[at(stage)].is_past_deadline = true;
    if (sample->stages[at(stage)].phase == Phase::waiting) check_join(sample, stage, -1, now);
  }
}

std::vector<std::int64_t> StageMachine::under_way() const {
  std::vector<std::int64_t> ids;
  for (const auto& [id, sample] : samples_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace tiercut::runtime
