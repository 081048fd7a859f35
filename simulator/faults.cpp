// SPDX-License-Identifier: Apache-2.0
// What is out of order: what that takes with it, and what waits for its end.
#include <algorithm>
#include <utility>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Term;
using Kind = CompiledStage::Kind;

namespace {

/// Of a message that faults end: so that none is sent for ever where it can never get through between two of them.
constexpr std::uint32_t most_attempts = 1000;

}  // namespace

void Simulation::begin_faults() {
  if (graph_.source->faults.empty()) return;
  faults_.emplace(graph_, options_.seed);
  fault_states_.resize(static_cast<std::size_t>(faults_->size()));
  places_.resize(servers_.size());
  for (int fault = 0; fault < faults_->size(); ++fault) schedule_outage(fault);
}

/// Whether anything is still going to happen that an outage could hit: so that a run ends, also where samples stand
/// still for good.
bool Simulation::can_fault_matter() const {
  if (arrived_ < options_.samples) return true;
  if (pool_.in_use() == 0) return false;
  if (events_.size() > pending_outages_ || !touched_.empty()) return true;
  const auto flows = [](const Flow& flow) { return flow.is_under_way() && flow.held == 0; };
  if (std::any_of(flows_.begin(), flows_.end(), flows)) return true;
  return std::any_of(fault_states_.begin(), fault_states_.end(),
                     [](const FaultState& fault) { return fault.is_out && fault.outage.until != Instant::never(); });
}

void Simulation::schedule_outage(int fault) {
  FaultState& state = fault_states_[static_cast<std::size_t>(fault)];
  const auto outage = faults_->outage(fault, state.outages, state.outage.until);
  if (!outage) return;
  state.outage = *outage;
  ++pending_outages_;
  events_.push({outage->from, EventKind::fault, fault, 2 * state.outages++, 0, -1});
}

void Simulation::fault_event(const Event& event) {
  const int fault = event.stage();
  FaultState& state = fault_states_[static_cast<std::size_t>(fault)];
  --pending_outages_;
  if (!state.is_out && !can_fault_matter()) return;
  state.is_out = !state.is_out;
  if (state.is_out) {
    if (state.outage.until != Instant::never()) {
      ++pending_outages_;
      events_.push({state.outage.until, EventKind::fault, fault, event.sample() + 1, 0, -1});
    }
    for (const int copy : faults_->copies(fault)) go_out(copy, fault);
    return;
  }
  for (const int copy : faults_->copies(fault)) come_back(copy, fault);
  for (const Parked& parked : std::exchange(parked_, {})) {
    SampleState& sample = pool_[parked.slot];
    const Term term = parked.at == At::source   ? Term::queue
                      : parked.at == At::sender ? Term::link_queue
                                                : Term::transport;
    add_term(sample, parked.stage, term, now_ - this->state(sample, parked.stage).since);
    if (parked.at == At::source) {
      arise(sample, parked.stage);
    } else if (parked.at == At::sender) {
      begin_hop(sample, parked.stage);
    } else {
      after_route(sample, parked.stage);
    }
  }
  if (can_fault_matter()) schedule_outage(fault);
}

void Simulation::go_out(int copy, int fault) {
  Place& place = places_[static_cast<std::size_t>(copy)];
  const bool loses = graph_.source->faults[static_cast<std::size_t>(fault)].loses;
  if (!place.is_gone) {
    place.is_gone = fault_states_[static_cast<std::size_t>(fault)].outage.until == Instant::never();
    if (loses || place.is_gone) place.fault = fault;
  }
  if (!loses) {
    if (place.holding++ == 0 && place.losing == 0) hold(copy);
    return;
  }
  ++place.losing;
  place.lost_at = now_;
  lose_flows(copy);
  Server& there = server(copy);
  if (there.is_busy) {
    stop_work(copy);
    SampleState& sample = pool_.sample_of(place.node);
    lose_there(sample, pool_.stage_of(place.node), copy);
  }
  while (there.line.first != no_node) {
    const Node node = there.line.first;
    take_out(copy, node);
    lose_there(pool_.sample_of(node), pool_.stage_of(node), copy);
  }
}

void Simulation::come_back(int copy, int fault) {
  Place& place = places_[static_cast<std::size_t>(copy)];
  const bool loses = graph_.source->faults[static_cast<std::size_t>(fault)].loses;
  --(loses ? place.losing : place.holding);
  if (place.is_out()) return;
  if (!queues_.empty()) touch(line_of(copy));
  for (Flow& flow : flows_) {
    if (!loses && flow.is_under_way() && crosses(flow, copy) && flow.held > 0 && --flow.held == 0)
      driver_->resume_flow(static_cast<int>(&flow - flows_.data()));
  }
  if (!std::exchange(place.is_held, false)) return touch(line_of(copy));
  SampleState& sample = pool_.sample_of(place.node);
  const StageId stage = pool_.stage_of(place.node);
  StageState& s = state(sample, stage);
  const Span stood = now_ - place.held_since;
  add_term(sample, stage, s.is_on_route && !s.is_delivered ? Term::link_queue : Term::queue, stood);
  s.since = s.since + stood;
  start_work(copy, place.node, place.left);
}

/// What works there stands still; what flows as well.
void Simulation::hold(int copy) {
  Place& place = places_[static_cast<std::size_t>(copy)];
  for (Flow& flow : flows_) {
    if (flow.is_under_way() && crosses(flow, copy) && flow.held++ == 0)
      driver_->hold_flow(static_cast<int>(&flow - flows_.data()));
  }
  if (!server(copy).is_busy) return;
  place.is_held = true;
  place.held_since = now_;
  place.left = place.end - now_;
  place.end = Instant::never();
  cancel_driven(copy);
}

/// Ends what works there before its time; its event finds another end, or none.
void Simulation::stop_work(int copy) {
  Place& place = places_[static_cast<std::size_t>(copy)];
  const Instant until = std::exchange(place.is_held, false) ? place.held_since : now_;
  measurements_.busy(graph_.resource_of[static_cast<std::size_t>(copy)], until - pool_.stage(place.node).since);
  if (until == now_) cancel_driven(copy);
  place.end = Instant::never();
  server(copy).is_busy = false;
}

void Simulation::cancel_driven(int copy) {
  if (driven_.empty()) return;
  DrivenWork& driven = driven_[static_cast<std::size_t>(copy)];
  if (!driven.is_done) driver_->cancel_work(copy);
  driven.is_done = true;
}

bool Simulation::is_stale(const Event& event) const {
  if (places_.empty()) return false;
  const Place& place = places_[static_cast<std::size_t>(event.where())];
  return place.end != event.when() || place.node != pool_.node(event.slot(), event.stage()) ||
         place.sample != event.sample();
}

bool Simulation::crosses(const Flow& flow, int copy) {
  const SampleState& sample = pool_[flow.slot];
  const auto& m = message(flow.stage);
  for (int h = 0; h < m.hops; ++h) {
    if (hop(m.first_hop + h).link.at(sample.member) == copy) return true;
  }
  return false;
}

void Simulation::lose_flows(int copy) {
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    const Flow flow = flows_[f];
    if (!flow.is_under_way() || !crosses(flow, copy)) continue;
    driver_->cancel_flow(static_cast<int>(f));
    SampleState& sample = pool_[flow.slot];
    end_flow(static_cast<int>(f), flow.stage, sample);
    lose_there(sample, flow.stage, copy);
  }
}

/// A stage that was at a copy when that went down, or came while it is down.
void Simulation::lose_there(SampleState& sample, StageId stage, int copy) {
  const Cause cause = Cause::fault(places_[static_cast<std::size_t>(copy)].fault);
  const StageState& s = state(sample, stage);
  if (!s.is_on_route || s.is_delivered) return lose(sample, stage, cause);
  const bool has_started = s.phase == Phase::running;
  const int resource = graph_.resource_of[static_cast<std::size_t>(copy)];
  if (has_started) measurements_.cut(resource);
  add_term(sample, stage, has_started ? Term::transport : Term::link_queue, now_ - s.since);
  send_again(sample, stage, copy, Span());
}

/// As after a lost attempt, where the link has a timeout and the way is ever open again; `passed` of the timeout is
/// over.
void Simulation::send_again(SampleState& sample, StageId stage, int copy, Span passed) {
  const auto& m = message(stage);
  const auto& link = graph_.source->resource(graph_.resource_of[static_cast<std::size_t>(copy)]);
  const Span timeout = Span::from(link.loss.timeout);
  const Place* in_the_way = &places_[static_cast<std::size_t>(copy)];
  for (int h = 0; m.is_fair && h < m.hops && !in_the_way->is_gone; ++h) {
    const Place& other = places_[static_cast<std::size_t>(hop(m.first_hop + h).link.at(sample.member))];
    if (other.is_gone) in_the_way = &other;
  }
  const bool gives_up = message_state(sample, stage).attempt >= most_attempts;
  if (timeout == Span() || in_the_way->is_gone || gives_up) return lose(sample, stage, Cause::fault(in_the_way->fault));
  StageState& s = state(sample, stage);
  s.phase = Phase::running;
  s.has_started = true;
  const Span left = std::max(Span(), timeout - passed);
  add_term(sample, stage, Term::transport, left);
  ++message_state(sample, stage).attempt;
  schedule(left, EventKind::resend, stage, sample);
}

/// Whether the link went down while the message was on its way through it.
bool Simulation::is_lost_in_flight(SampleState& sample, StageId stage) {
  const auto& m = message(stage);
  const Instant since = state(sample, stage).since;
  const int first = m.is_fair ? 0 : message_state(sample, stage).hop, last = m.is_fair ? m.hops : first + 1;
  for (int h = m.first_hop + first; h < m.first_hop + last; ++h) {
    const int copy = hop(h).link.at(sample.member);
    const Place& place = places_[static_cast<std::size_t>(copy)];
    if (place.lost_at < since) continue;
    measurements_.cut(hop(h).resource);
    send_again(sample, stage, copy, now_ - since);
    return true;
  }
  return false;
}

/// True when a device stands in the way: the stage is lost there, or waits for the device to come back.
bool Simulation::is_stopped(At at, SampleState& sample, StageId stage) {
  const int detail = graph_.stage(stage).detail;
  const auto& hits = at == At::source   ? faults_->of_source(stage)
                     : at == At::sender ? faults_->of_sender(detail)
                                        : faults_->of_receiver(detail);
  int holding = -1;
  for (const auto& hit : hits) {
    if (hit.member != 0 && hit.member != sample.member) continue;
    if (!fault_states_[static_cast<std::size_t>(hit.fault)].is_out) continue;
    if (graph_.source->faults[static_cast<std::size_t>(hit.fault)].loses) {
      lose(sample, stage, Cause::fault(hit.fault));
      return true;
    }
    holding = hit.fault;
  }
  if (holding < 0) return false;
  StageState& s = state(sample, stage);
  s.since = now_;
  s.has_started = true;
  parked_.push_back({at, stage, sample.slot});
  return true;
}

/// The stage will never fire, and nobody is told.
void Simulation::lose(SampleState& sample, StageId stage, Cause cause) {
  if (sample.cause.is_none()) sample.cause = cause;
  sample.is_partial = true;
  const StageState& s = state(sample, stage);
  const bool is_under_way = s.is_on_route && !s.is_delivered && message(stage).hops > 0;
  kill(sample, stage, true);
  if (!is_under_way) return;
  const int connection = message(stage).connection.first < 0 ? -1 : message(stage).connection.at(sample.member);
  if (connection >= 0 && connections_.leave(connection, pool_.node(sample, stage))) deliver_from(connection);
}

}  // namespace tiercut::simulator
