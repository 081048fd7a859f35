// SPDX-License-Identifier: Apache-2.0
// What a stage's inputs make of it: it begins, fires or dies.
#include <utility>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Condition;
using deployment::Term;
using Kind = CompiledStage::Kind;

/// What fires at once because of a stage is its last successor more often than not: a loop, and calls only for others.
void Simulation::fire(SampleState& sample, StageId stage) {
  while (true) {
    const auto& compiled = graph_.stage(stage);
    StageState& s = state(sample, stage);
    s.phase = Phase::fired;
    s.since = now_;
    if (compiled.kind == Kind::decision) {
      s.is_conclusive = sample.is_partial && graph_.source->replay != nullptr
                            ? draws_.is_conclusive(compiled.detail, sample.id, missing_inputs(sample, stage))
                            : draws_.is_conclusive(compiled.detail, sample.id);
    }
    if (compiled.kind == Kind::join && s.is_by_quorum) sample.is_partial = true;
    if (compiled.cancels > 0 && (compiled.kind != Kind::decision || s.is_conclusive)) cancel_all(sample, compiled);
    if (options_.on_fired) [[unlikely]]
      options_.on_fired({sample.id, stage, now_});
    if (compiled.kind == Kind::answer) answer(sample);
    StageId next_stage = -1;
    const auto* next = graph_.successors.data() + compiled.first_successor;
    for (const auto* const end = next + compiled.successors; next != end; ++next) {
      if (next_stage >= 0) fire(sample, std::exchange(next_stage, -1));
      const bool fires = next->when == Condition::always || (next->when == Condition::conclusive) == s.is_conclusive;
      if (!fires) {
        input_died(sample, next->to, false);
      } else if (input_fired(sample, *next)) {
        next_stage = next->to;
      }
    }
    settle(sample);
    if (next_stage < 0) return;
    stage = next_stage;
  }
}

/// Lost: nobody is told, so joins go on waiting for it.
void Simulation::kill(SampleState& sample, StageId stage, bool is_lost) {
  const auto& compiled = graph_.stage(stage);
  state(sample, stage).phase = Phase::dead;
  if (compiled.doomed > 0) {
    for (int i = 0; i < compiled.beyond; ++i) {
      input_died(sample, graph_.beyond[static_cast<std::size_t>(compiled.first_beyond + i)], is_lost);
    }
    sample.open_stages = (sample.open_stages - compiled.doomed + 1) & SampleState::most_stages;
    return settle(sample);
  }
  for (int i = 0; i < compiled.successors; ++i) {
    input_died(sample, graph_.successors[static_cast<std::size_t>(compiled.first_successor + i)].to, is_lost);
  }
  settle(sample);
}

void Simulation::settle(SampleState& sample) {
  if (--sample.open_stages == 0) finished_.push_back(&sample);
}

/// True when the stage fires now; the caller sees to it.
bool Simulation::input_fired(SampleState& sample, const CompiledGraph::Successor& edge) {
  const auto& compiled = graph_.stage(edge.to);
  StageState& s = state(sample, edge.to);
  if (compiled.begins_with_input) [[likely]]
    return s.phase == Phase::waiting && begin(sample, edge.to);
  ++s.fired_inputs;
  if (s.phase != Phase::waiting) {
    if (compiled.kind == Kind::first_conclusive) find_decider(sample, edge.to);
    return false;
  }
  if (compiled.kind == Kind::join) {
    const auto& join = graph_.joins[static_cast<std::size_t>(compiled.detail)];
    if (s.fired_inputs == 1 && join.has_deadline) schedule(join.deadline, EventKind::deadline, edge.to, sample);
    return check_join(sample, edge.to);
  }
  if (compiled.kind != Kind::first_conclusive && s.fired_inputs < compiled.inputs) return false;
  s.decider = edge.input;
  find_decider(sample, edge.to);
  return begin(sample, edge.to);
}

/// Of the inputs that fired at this moment, when they decide, the one with the smallest id.
void Simulation::find_decider(SampleState& sample, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  StageState& s = state(sample, stage);
  if (s.phase == Phase::dead || (s.phase == Phase::fired && s.since != now_)) return;
  const deployment::Edge* inputs = graph_.inputs.data() + compiled.first_input;
  for (int i = 0; i < compiled.inputs; ++i) {
    if (inputs[i].from < inputs[s.decider].from && has_fired(sample, inputs[i]) &&
        state(sample, inputs[i].from).since == now_) {
      s.decider = static_cast<std::uint16_t>(i);
    }
  }
}

void Simulation::input_died(SampleState& sample, StageId stage, bool is_lost) {
  const auto& compiled = graph_.stage(stage);
  StageState& s = state(sample, stage);
  ++s.dead_inputs;
  if (is_lost) s.has_lost_input = true;
  if (s.phase != Phase::waiting) return;
  if (compiled.kind == Kind::join) {
    if (check_join(sample, stage)) fire(sample, stage);
  } else if (compiled.kind != Kind::first_conclusive || s.dead_inputs == compiled.inputs) {
    kill(sample, stage, s.has_lost_input);
  }
}

/// True when it fires now; the caller sees to it.
bool Simulation::check_join(SampleState& sample, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  const auto& join = graph_.joins[static_cast<std::size_t>(compiled.detail)];
  StageState& s = state(sample, stage);
  const int live = compiled.inputs - s.dead_inputs;
  if (live < join.quorum || (s.has_lost_input && !join.has_deadline)) {
    kill(sample, stage, s.has_lost_input);
    return false;
  }
  s.is_by_quorum = s.fired_inputs < live || s.has_lost_input;
  return !s.is_by_quorum || (s.is_past_deadline && s.fired_inputs >= join.quorum);
}

/// True for what fires as soon as it begins; the caller sees to it.
bool Simulation::begin(SampleState& sample, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  if (with_terms_ && compiled.timed >= 0) pool_.terms(sample, compiled.timed) = {};
  if (compiled.kind == Kind::compute) {
    wait_for(graph_.computes[static_cast<std::size_t>(compiled.detail)].work.unit, stage, sample);
  } else if (compiled.kind == Kind::message) {
    begin_message(sample, stage);
  } else {
    return true;
  }
  return false;
}

void Simulation::cancel_all(SampleState& sample, const CompiledStage& compiled) {
  for (int i = 0; i < compiled.cancels; ++i) {
    cancel(sample, graph_.cancels[static_cast<std::size_t>(compiled.first_cancel + i)]);
  }
}

/// Work that has begun runs to its end; what only waits is gone.
void Simulation::cancel(SampleState& sample, StageId stage) {
  StageState& s = state(sample, stage);
  if (s.has_started || s.phase == Phase::fired || s.phase == Phase::dead) return;
  if (s.phase == Phase::queued) leave_line(stage, sample);
  const bool was_on_route = s.is_on_route;
  kill(sample, stage);
  if (!was_on_route) return;
  const int connection = message(stage).connection.first < 0 ? -1 : message(stage).connection.at(sample.member);
  if (connection < 0 || !connections_.leave(connection, pool_.node(sample, stage))) return;
  deliver_from(connection);
}

void Simulation::compute_done(SampleState& sample, StageId stage) {
  if (with_terms_) {
    const Span exit_check = graph_.computes[static_cast<std::size_t>(graph_.stage(stage).detail)].exit_check;
    add_term(sample, stage, Term::exit_check, exit_check);
    add_term(sample, stage, Term::compute, now_ - state(sample, stage).since - exit_check);
  }
  fire(sample, stage);
}

}  // namespace tiercut::simulator
