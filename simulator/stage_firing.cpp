// SPDX-License-Identifier: Apache-2.0
// What a stage's inputs make of it: it begins, fires or dies.
#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Condition;
using deployment::Term;
using Kind = CompiledStage::Kind;

void Simulation::fire(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  StageState& s = state(slot, stage);
  s.phase = Phase::fired;
  s.fired = now_;
  if (compiled.kind == Kind::decision) {
    s.is_conclusive = draws_.is_conclusive(compiled.detail, pool_.sample(slot).sample);
  }
  if (compiled.kind != Kind::decision || s.is_conclusive) {
    for (int i = 0; i < compiled.cancels; ++i) {
      cancel(slot, graph_.cancels[static_cast<std::size_t>(compiled.first_cancel + i)]);
    }
  }
  if (compiled.kind == Kind::answer) answer(slot);
  for (int i = 0; i < compiled.successors; ++i) {
    const auto next = graph_.successors[static_cast<std::size_t>(compiled.first_successor + i)];
    const bool fires = next.when == Condition::always || (next.when == Condition::conclusive) == s.is_conclusive;
    fires ? input_fired(slot, next.to) : input_died(slot, next.to);
  }
  settle(slot);
}

void Simulation::kill(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  state(slot, stage).phase = Phase::dead;
  if (compiled.kind == Kind::answer && pool_.sample(slot).sample >= graph_.source->warm_up) measurements_.unanswered();
  for (int i = 0; i < compiled.successors; ++i) {
    input_died(slot, graph_.successors[static_cast<std::size_t>(compiled.first_successor + i)].to);
  }
  settle(slot);
}

void Simulation::settle(std::uint32_t slot) {
  if (--pool_.sample(slot).open_stages == 0) finished_.push_back(slot);
}

void Simulation::input_fired(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  StageState& s = state(slot, stage);
  ++s.fired_inputs;
  if (s.phase != Phase::waiting) return;
  if (compiled.kind == Kind::join) {
    const auto& join = graph_.joins[static_cast<std::size_t>(compiled.detail)];
    if (s.fired_inputs == 1) {
      s.ready = now_;
      if (join.has_deadline) schedule(join.deadline, EventKind::deadline, stage, slot);
    }
    check_join(slot, stage);
  } else if (compiled.kind == Kind::first_conclusive || s.fired_inputs == compiled.inputs) {
    begin(slot, stage);
  }
}

void Simulation::input_died(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  StageState& s = state(slot, stage);
  ++s.dead_inputs;
  if (s.phase != Phase::waiting) return;
  if (compiled.kind == Kind::join) {
    check_join(slot, stage);
  } else if (compiled.kind != Kind::first_conclusive || s.dead_inputs == compiled.inputs) {
    kill(slot, stage);
  }
}

void Simulation::check_join(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  const auto& join = graph_.joins[static_cast<std::size_t>(compiled.detail)];
  StageState& s = state(slot, stage);
  const int live = compiled.inputs - s.dead_inputs;
  if (live < join.quorum) return kill(slot, stage);
  s.is_by_quorum = s.fired_inputs < live;
  if (s.is_by_quorum && !(s.is_past_deadline && s.fired_inputs >= join.quorum)) return;
  fire(slot, stage);
}

void Simulation::begin(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  state(slot, stage).ready = now_;
  if (compiled.kind == Kind::compute) {
    wait_for(graph_.computes[static_cast<std::size_t>(compiled.detail)].work.unit, stage, slot);
  } else if (compiled.kind == Kind::message) {
    begin_message(slot, stage);
  } else {
    fire(slot, stage);
  }
}

/// Work that has begun runs to its end; what only waits is gone, and the queue it stands in finds out later.
void Simulation::cancel(std::uint32_t slot, StageId stage) {
  StageState& s = state(slot, stage);
  if (s.has_started || s.phase == Phase::fired || s.phase == Phase::dead) return;
  const bool was_on_route = s.is_on_route;
  kill(slot, stage);
  if (!was_on_route) return;
  const int connection = message(stage).connection.first < 0 ? -1 : message(stage).connection.at(member(slot));
  if (connection < 0 || !connections_.leave(connection, stage, pool_.sample(slot).sample)) return;
  deliver_from(connection);
}

void Simulation::compute_done(std::uint32_t slot, StageId stage) {
  const auto& compute = graph_.computes[static_cast<std::size_t>(graph_.stage(stage).detail)];
  StageState& s = state(slot, stage);
  term(s, Term::exit_check) = compute.exit_check;
  term(s, Term::compute) = now_ - s.mark - compute.exit_check;
  fire(slot, stage);
}

}  // namespace tiercut::simulator
