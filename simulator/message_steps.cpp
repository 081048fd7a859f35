// SPDX-License-Identifier: Apache-2.0
// The way of a message: sender's unit, hops, connection, receiver's unit.
#include <algorithm>
#include <tuple>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Term;
using Kind = CompiledStage::Kind;

/// Of what now takes a unit or link for a stage; the choice of the cost's draw needs the sample.
Span Simulation::duration_of(const Waiting& waiting) {
  const auto& compiled = graph_.stage(waiting.stage);
  if (compiled.kind == Kind::compute) {
    const auto& compute = graph_.computes[static_cast<std::size_t>(compiled.detail)];
    return draws_.cost(compute, waiting.sample) + compute.exit_check;
  }
  const StageState& s = state(waiting.slot, waiting.stage);
  const auto& m = message(waiting.stage);
  if (!s.is_on_route) return m.serialise.cost;
  return s.is_delivered ? m.deserialise.cost : hop(m, s.hop).transmission;
}

void Simulation::begin_message(std::uint32_t slot, StageId stage) {
  const auto& serialise = message(stage).serialise;
  serialise.cost > Span() ? wait_for(serialise.unit, stage, slot) : enter_route(slot, stage);
}

void Simulation::message_work_done(std::uint32_t slot, StageId stage) {
  StageState& s = state(slot, stage);
  term(s, Term::serialise) += now_ - s.mark;
  s.is_delivered ? fire(slot, stage) : enter_route(slot, stage);
}

void Simulation::enter_route(std::uint32_t slot, StageId stage) {
  const auto& m = message(stage);
  StageState& s = state(slot, stage);
  s.is_on_route = true;
  if (m.hops == 0) return after_route(slot, stage);
  if (m.connection.first >= 0) {
    const auto& sample = pool_.sample(slot);
    connections_.enter(m.connection.at(sample.member), {now_, stage, sample.sample, slot, false, false});
    entering_.push_back({stage, sample.sample, slot});
  }
  begin_hop(slot, stage);
}

/// The windows of what entered in this round, in the order of entry.
void Simulation::meet_windows() {
  std::sort(entering_.begin(), entering_.end(), [](const Entering& a, const Entering& b) {
    return std::tie(a.stage, a.sample) < std::tie(b.stage, b.sample);
  });
  for (const Entering& e : entering_) {
    if (pool_.sample(e.slot).sample != e.sample) continue;
    const auto& m = message(e.stage);
    state(e.slot, e.stage).window_delay =
        connections_.meet_window(m.connection.at(member(e.slot)), m, e.stage, e.sample, now_);
  }
  entering_.clear();
}

void Simulation::begin_hop(std::uint32_t slot, StageId stage) {
  const auto& m = message(stage);
  StageState& s = state(slot, stage);
  if (!m.is_fair) return wait_for(hop(m, s.hop).link, stage, slot);
  s.has_started = true;
  s.phase = Phase::running;
  s.mark = now_;
  m.overhead > Span() ? schedule(m.overhead, EventKind::flow_start, stage, slot) : start_flow(slot, stage);
}

void Simulation::start_flow(std::uint32_t slot, StageId stage) {
  const auto& m = message(stage);
  for (int h = 0; h < m.hops; ++h) {
    Server& link = server(hop(m, h).link.at(member(slot)));
    if (link.flows++ == 0) link.started = now_;
  }
  if (m.route.first < 0) return schedule(Span(), EventKind::flow_done, stage, slot, -1);
  if (free_flows_.empty()) {
    free_flows_.push_back(static_cast<int>(flows_.size()));
    flows_.emplace_back();
  }
  const int flow = free_flows_.back();
  free_flows_.pop_back();
  flows_[static_cast<std::size_t>(flow)] = {stage, pool_.sample(slot).sample, slot};
  driver_->start_flow(flow, m.route.at(member(slot)), m.size);
}

void Simulation::flow_done(const Event& event) {
  const auto& m = message(event.stage);
  if (event.where >= 0) free_flows_.push_back(event.where);
  for (int h = 0; h < m.hops; ++h) {
    const int copy = hop(m, h).link.at(member(event.slot));
    if (--server(copy).flows == 0) measurements_.busy(copy, now_ - server(copy).started);
  }
  transmitted(event.slot, event.stage);
}

/// The end of an attempt: over one hop, or over all hops of a fair route at once.
void Simulation::transmitted(std::uint32_t slot, StageId stage) {
  const auto& m = message(stage);
  StageState& s = state(slot, stage);
  const auto sample = pool_.sample(slot).sample;
  const int first = m.is_fair ? 0 : s.hop, last = m.is_fair ? m.hops : s.hop + 1;
  const CompiledHop* lost_at = nullptr;
  Span latency;
  for (int h = first; h < last; ++h) {
    const auto& link = hop(m, h);
    const bool is_lost = lost_at == nullptr && draws_.is_lost(link, sample, s.attempt);
    if (is_lost) lost_at = &link;
    measurements_.transmitted(link.resource, m.size, m.is_control, is_lost);
    latency += draws_.propagation(link, sample, s.attempt);
  }
  if (lost_at == nullptr) {
    term(s, Term::transmit) += now_ - s.mark;
    return propagate(slot, stage, latency, last == m.hops);
  }
  const Span timeout = Span::from(graph_.source->resource(lost_at->resource).loss.timeout);
  term(s, Term::transport) += now_ - s.mark + timeout;
  ++s.attempt;
  schedule(timeout, EventKind::resend, stage, slot);
}

void Simulation::propagate(std::uint32_t slot, StageId stage, Span latency, bool is_last) {
  StageState& s = state(slot, stage);
  const Span window = is_last ? s.window_delay : Span();
  term(s, Term::propagate) += latency;
  term(s, Term::transport) += window;
  schedule(latency + window, EventKind::propagated, stage, slot);
}

void Simulation::propagated(std::uint32_t slot, StageId stage) {
  const auto& m = message(stage);
  StageState& s = state(slot, stage);
  if (!m.is_fair && s.hop + 1 < m.hops) {
    ++s.hop;
    s.attempt = 0;
    return begin_hop(slot, stage);
  }
  if (m.connection.first < 0) return after_route(slot, stage);
  s.mark = now_;
  const int connection = m.connection.at(member(slot));
  connections_.arrive(connection, stage, pool_.sample(slot).sample);
  deliver_from(connection);
}

void Simulation::deliver_from(int connection) {
  ConnectionOrder::Passenger next;
  while (connections_.pop_deliverable(connection, now_, next)) {
    StageState& s = state(next.slot, next.stage);
    term(s, Term::transport) += now_ - s.mark;
    after_route(next.slot, next.stage);
  }
}

void Simulation::after_route(std::uint32_t slot, StageId stage) {
  state(slot, stage).is_delivered = true;
  const auto& deserialise = message(stage).deserialise;
  deserialise.cost > Span() ? wait_for(deserialise.unit, stage, slot) : fire(slot, stage);
}

}  // namespace tiercut::simulator
