// SPDX-License-Identifier: Apache-2.0
// The way of a message: sender's unit, hops, connection, receiver's unit.
#include <algorithm>
#include <tuple>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Term;

void Simulation::begin_message(SampleState& sample, StageId stage) {
  const auto& serialise = message(stage).serialise;
  serialise.cost > Span() ? wait_for(serialise.unit, stage, sample) : enter_route(sample, stage);
}

void Simulation::message_work_done(SampleState& sample, StageId stage) {
  StageState& s = state(sample, stage);
  add_term(sample, stage, Term::serialise, now_ - s.since);
  s.is_delivered ? fire(sample, stage) : enter_route(sample, stage);
}

void Simulation::enter_route(SampleState& sample, StageId stage) {
  const auto& m = message(stage);
  state(sample, stage).is_on_route = true;
  if (m.hops == 0) return after_route(sample, stage);
  message_state(sample, stage) = {};
  if (m.connection.first >= 0) {
    connections_.enter(m.connection.at(sample.member), pool_.node(sample, stage), now_);
    if (m.has_window) entering_.push_back({stage, sample.id, sample.slot});
  }
  begin_hop(sample, stage);
}

/// The windows of what entered in this round, in the order of entry.
void Simulation::meet_windows() {
  std::sort(entering_.begin(), entering_.end(), [](const Entering& a, const Entering& b) {
    return std::tie(a.stage, a.sample) < std::tie(b.stage, b.sample);
  });
  for (const Entering& e : entering_) {
    SampleState& sample = pool_[e.slot];
    if (sample.id != e.sample || !message_state(sample, e.stage).is_aboard) continue;  // cancelled at this very moment
    const auto& m = message(e.stage);
    message_state(sample, e.stage).window_delay =
        connections_.meet_window(m.connection.at(sample.member), pool_.node(sample, e.stage), m, now_);
  }
  entering_.clear();
}

void Simulation::begin_hop(SampleState& sample, StageId stage) {
  const auto& m = message(stage);
  if (faults_ && message_state(sample, stage).hop == 0 && is_stopped(At::sender, sample, stage)) return;
  if (!m.is_fair) return wait_for(hop(m.first_hop + message_state(sample, stage).hop).link, stage, sample);
  StageState& s = state(sample, stage);
  s.has_started = true;
  s.phase = Phase::running;
  s.since = now_;
  m.overhead > Span() ? schedule(m.overhead, EventKind::flow_start, stage, sample) : start_flow(sample, stage);
}

void Simulation::start_flow(SampleState& sample, StageId stage) {
  const auto& m = message(stage);
  int held = 0;
  for (int h = 0; h < m.hops && !places_.empty(); ++h) {
    const int copy = hop(m.first_hop + h).link.at(sample.member);
    if (is_losing(copy)) return lose_there(sample, stage, copy);
    if (is_out(copy)) ++held;
  }
  if (held > 0 && m.route.first < 0) return parked_.push_back({At::sender, stage, sample.slot});
  for (int h = 0; h < m.hops; ++h) {
    FairLink& link = fair_[static_cast<std::size_t>(hop(m.first_hop + h).link.at(sample.member))];
    if (link.flows++ == 0) link.busy_since = now_;
  }
  if (m.route.first < 0) return schedule(Span(), EventKind::flow_done, stage, sample);
  if (free_flows_.empty()) {
    free_flows_.push_back(static_cast<int>(flows_.size()));
    flows_.emplace_back();
  }
  const int flow = free_flows_.back();
  free_flows_.pop_back();
  flows_[static_cast<std::size_t>(flow)] = {stage, sample.id, sample.slot, held, false};
  driver_->start_flow(flow, m.route.at(sample.member), m.size);
  if (held > 0) driver_->hold_flow(flow);
}

void Simulation::flow_done(const Event& event) {
  SampleState& sample = pool_[event.slot()];
  end_flow(event.where(), event.stage(), sample);
  transmitted(sample, event.stage(), now_);
}

/// `flow` may be -1: nothing limited its rate.
void Simulation::end_flow(int flow, StageId stage, const SampleState& sample) {
  const auto& m = message(stage);
  if (flow >= 0) {
    free_flows_.push_back(flow);
    flows_[static_cast<std::size_t>(flow)].stage = -1;
  }
  for (int h = 0; h < m.hops; ++h) {
    FairLink& link = fair_[static_cast<std::size_t>(hop(m.first_hop + h).link.at(sample.member))];
    if (--link.flows == 0) measurements_.busy(hop(m.first_hop + h).resource, now_ - link.busy_since);
  }
}

/// The end of an attempt, now or later: over one hop, or over all hops of a fair route at once.
void Simulation::transmitted(SampleState& sample, StageId stage, Instant end) {
  const auto& m = message(stage);
  StageState& s = state(sample, stage);
  MessageState& way = message_state(sample, stage);
  const int first = m.is_fair ? 0 : way.hop, last = m.is_fair ? m.hops : way.hop + 1;
  int lost_at = -1;
  Span latency;
  for (int h = m.first_hop + first; h < m.first_hop + last; ++h) {
    const bool is_lost = lost_at < 0 && draws_.is_lost(h, sample.id, way.attempt);
    if (is_lost) lost_at = h;
    measurements_.transmitted(hop(h).resource, m.size, m.is_control, is_lost);
    latency += draws_.propagation(h, sample.id, way.attempt);
  }
  const Span taken = end - s.since;
  if (faults_) s.since = end;
  if (lost_at < 0) {
    const Span window = last == m.hops ? way.window_delay : Span();
    add_term(sample, stage, Term::transmit, taken);
    add_term(sample, stage, Term::propagate, latency);
    add_term(sample, stage, Term::transport, window);
    return schedule_behind(end, latency + window, EventKind::propagated, stage, sample);
  }
  const Span timeout = Span::from(graph_.source->resource(hop(lost_at).resource).loss.timeout);
  add_term(sample, stage, Term::transport, taken + timeout);
  ++way.attempt;
  schedule_behind(end, timeout, EventKind::resend, stage, sample);
}

void Simulation::propagated(SampleState& sample, StageId stage) {
  const auto& m = message(stage);
  MessageState& way = message_state(sample, stage);
  if (faults_ && is_lost_in_flight(sample, stage)) return;
  if (!m.is_fair && way.hop + 1 < m.hops) {
    ++way.hop;
    way.attempt = 0;
    return begin_hop(sample, stage);
  }
  if (m.connection.first < 0) return after_route(sample, stage);
  state(sample, stage).since = now_;
  way.has_arrived = true;
  deliver_from(m.connection.at(sample.member));
}

void Simulation::deliver_from(int connection) {
  for (Node next; (next = connections_.next_deliverable(connection, now_)) != no_node;) {
    SampleState& sample = pool_.sample_of(next);
    const StageId stage = pool_.stage_of(next);
    add_term(sample, stage, Term::transport, now_ - state(sample, stage).since);
    after_route(sample, stage);
  }
}

void Simulation::after_route(SampleState& sample, StageId stage) {
  if (faults_ && is_stopped(At::receiver, sample, stage)) return;
  state(sample, stage).is_delivered = true;
  const auto& deserialise = message(stage).deserialise;
  deserialise.cost > Span() ? wait_for(deserialise.unit, stage, sample) : fire(sample, stage);
}

}  // namespace tiercut::simulator
