// SPDX-License-Identifier: Apache-2.0
// The lines in front of units and fifo links, and who takes what is idle.
#include <stdexcept>
#include <utility>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Term;
using Kind = CompiledStage::Kind;

void Simulation::wait_for(const CopyOf& place, StageId stage, SampleState& sample) {
  StageState& waiting = state(sample, stage);
  waiting.phase = Phase::queued;
  waiting.since = now_;
  const int copy = place.at(sample.member);
  if (is_losing(copy)) return lose_there(sample, stage, copy);
  // Ready times only grow, so at most what has come at this very moment stands behind.
  Line& line = server(copy).line;
  Node before = line.last;
  const auto stands_behind = [&](Node node) {
    return pool_.stage(node).since == now_ &&
           std::pair(pool_.stage_of(node), pool_.sample_of(node).id) > std::pair(stage, sample.id);
  };
  while (before != no_node && stands_behind(before)) before = pool_.stage(before).previous;
  line.insert_behind(before, pool_.node(sample, stage), [this](Node n) -> StageState& { return pool_.stage(n); });
  if (is_special(copy)) [[unlikely]] {
    ++queues_[static_cast<std::size_t>(copy)].waiting;
    touch(copy);
  }
  if (!is_taken(copy, stage, sample)) touch(copy);
}

int Simulation::place_of_wait(StageId stage, SampleState& sample) {
  const auto& compiled = graph_.stage(stage);
  if (compiled.kind == Kind::compute) {
    return graph_.computes[static_cast<std::size_t>(compiled.detail)].work.unit.at(sample.member);
  }
  const StageState& s = state(sample, stage);
  const auto& m = message(stage);
  if (!s.is_on_route) return m.serialise.unit.at(sample.member);
  if (s.is_delivered) return m.deserialise.unit.at(sample.member);
  return hop(m.first_hop + message_state(sample, stage).hop).link.at(sample.member);
}

void Simulation::leave_line(StageId stage, SampleState& sample) {
  take_out(place_of_wait(stage, sample), pool_.node(sample, stage));
}

/// True while somebody has it, for whom there is then an event at the end.
bool Simulation::is_taken(int copy, StageId stage, const SampleState& sample) {
  Server& place = server(copy);
  if (place.is_busy && place.ends_unseen) {
    place.ends_unseen = false;
    place.is_busy = place.free_at > now_;
    if (place.is_busy) schedule(place.free_at - now_, EventKind::link_free, stage, sample, copy);
  }
  return place.is_busy;
}

void Simulation::link_free(int copy) {
  server(copy).is_busy = false;
  touch(copy);
}

void Simulation::touch(int copy) {
  Server& touched = server(copy);
  if (touched.is_touched) return;
  touched.is_touched = true;
  touched_.push_back(copy);
}

void Simulation::hand_out() {
  if (!entering_.empty()) meet_windows();
  for (int copy : touched_) {
    Server& idle = server(copy);
    idle.is_touched = false;
    if (!queues_.empty()) [[unlikely]] {
      hand_out_from(copy);
      continue;
    }
    const Node first = idle.line.first;
    if (idle.is_busy || first == no_node || is_out(copy)) continue;
    idle.line.take_out(first, [this](Node n) -> StageState& { return pool_.stage(n); });
    take(copy, first);
  }
  if (!queues_.empty()) return drop_excess();
  touched_.clear();
}

void Simulation::take(int copy, Node node) {
  SampleState& sample = pool_.sample_of(node);
  const StageId stage = pool_.stage_of(node);
  StageState& s = state(sample, stage);
  const bool is_on_link = s.is_on_route && !s.is_delivered;
  add_term(sample, stage, is_on_link ? Term::link_queue : Term::queue, now_ - s.since);
  s.phase = Phase::running;
  s.has_started = true;
  s.since = now_;
  if (!served_.empty()) served_[static_cast<std::size_t>(copy)] = sample.id;
  const Span duration = duration_of(stage, sample);
  if (is_on_link && driven_.empty() && places_.empty()) {
    server(copy).is_busy = true;
    return occupy_link(copy, duration, stage, sample);
  }
  start_work(copy, node, duration);
}

void Simulation::start_work(int copy, Node node, Span duration) {
  const SampleState& sample = pool_.sample_of(node);
  const StageId stage = pool_.stage_of(node);
  server(copy).is_busy = true;
  schedule(duration, EventKind::work_done, stage, sample, copy);
  if (!places_.empty()) {
    Place& place = places_[static_cast<std::size_t>(copy)];
    place.node = node;
    place.sample = sample.id;
    place.end = now_ + duration;
  }
  if (driven_.empty()) return;
  DrivenWork& driven = driven_[static_cast<std::size_t>(copy)];
  driven = {now_ + duration, stage, false};
  driven.is_done = duration == Span() || !driver_->start_work(copy, driven.end);
}

/// How a message goes on is known as soon as it has the link, which is free again with or without an event.
void Simulation::occupy_link(int copy, Span duration, StageId stage, SampleState& sample) {
  Server& link = server(copy);
  measurements_.busy(hop(message(stage).first_hop + message_state(sample, stage).hop).resource, duration);
  if (duration > Instant::never() - now_) throw std::overflow_error("the simulated time passes 106 days");
  link.free_at = now_ + duration;
  link.ends_unseen = link.line.first == no_node;
  if (!link.ends_unseen) schedule(duration, EventKind::link_free, stage, sample, copy);
  transmitted(sample, stage, link.free_at);
}

/// Of what now takes a unit or link for a stage.
Span Simulation::duration_of(StageId stage, SampleState& sample) {
  const auto& compiled = graph_.stage(stage);
  if (compiled.kind == Kind::compute) {
    return draws_.cost(compiled.detail, sample.id) +
           graph_.computes[static_cast<std::size_t>(compiled.detail)].exit_check;
  }
  const StageState& s = state(sample, stage);
  const auto& m = message(stage);
  if (!s.is_on_route) return m.serialise.cost;
  if (s.is_delivered) return m.deserialise.cost;
  return hop(m.first_hop + message_state(sample, stage).hop).transmission;
}

void Simulation::work_done(const Event& event) {
  SampleState& sample = pool_[event.slot()];
  const StageId stage = event.stage();
  Server& done = server(event.where());
  done.is_busy = false;
  if (!places_.empty()) places_[static_cast<std::size_t>(event.where())].end = Instant::never();
  if (const int copy = line_of(event.where()); server(copy).line.first != no_node) touch(copy);
  const StageState& s = state(sample, stage);
  const Span busy = now_ - s.since;
  if (graph_.stage(stage).kind == Kind::compute) {
    measurements_.worked(graph_.computes[static_cast<std::size_t>(graph_.stage(stage).detail)].work.resource, busy);
    return compute_done(sample, stage);
  }
  const auto& m = message(stage);
  if (s.is_on_route && !s.is_delivered) {
    measurements_.busy(hop(m.first_hop + message_state(sample, stage).hop).resource, busy);
    return transmitted(sample, stage, now_);
  }
  measurements_.worked((s.is_delivered ? m.deserialise : m.serialise).resource, busy);
  message_work_done(sample, stage);
}

}  // namespace tiercut::simulator
