// SPDX-License-Identifier: Apache-2.0
// Units, links and connections of a sample's run: what stages wait for and what happens while they are served.
#include <algorithm>
#include <tuple>

#include "planner/sample_run.hpp"

namespace tiercut::planner {

using deployment::Term;
using Kind = PreparedGraph::Kind;

void SampleRun::touch(int slot_index) {
  Slot& slot = slots_[static_cast<std::size_t>(slot_index)];
  if (!slot.is_touched) touched_.push_back(slot_index);
  slot.is_touched = true;
}

void SampleRun::wait_for(int slot_index, int stage) {
  auto& queue = slots_[static_cast<std::size_t>(slot_index)].queue;
  state(stage).mark = now_;
  queue.push_back({now_, stage});
  std::push_heap(queue.begin(), queue.end(), Waiting::is_behind);
  touch(slot_index);
}

void SampleRun::take(int slot_index, int stage) {
  State& s = state(stage);
  slots_[static_cast<std::size_t>(slot_index)].is_busy = true;
  s.has_started = true;
  std::int64_t duration = 0;
  Term waited_for = Term::queue;
  if (info(stage).kind == Kind::compute) {
    duration = info(stage).compute.cost;
  } else if (s.phase == Phase::hop) {
    duration = prepared_.hops_of(message(stage))[static_cast<std::size_t>(s.hop)].duration;
    waited_for = Term::link_queue;
  } else {
    duration = (s.phase == Phase::serialise ? message(stage).serialise : message(stage).deserialise).cost;
  }
  term(s, waited_for) += Span(now_ - s.mark);
  s.mark = now_;
  push(now_ + duration, stage, EventKind::done);
}

void SampleRun::work_done(int stage) {
  State& s = state(stage);
  const Span took(now_ - s.mark);
  const auto free = [this](int slot_index) {
    slots_[static_cast<std::size_t>(slot_index)].is_busy = false;
    touch(slot_index);
  };
  if (info(stage).kind == Kind::compute) {
    free(info(stage).compute.slot);
    term(s, Term::exit_check) = Span(info(stage).exit_check);
    term(s, Term::compute) = took - Span(info(stage).exit_check);
    return fire(stage);
  }
  const auto& m = message(stage);
  if (s.phase == Phase::serialise) {
    free(m.serialise.slot);
    term(s, Term::serialise) += took;
    enter_connection(stage);
  } else if (s.phase == Phase::deserialise) {
    free(m.deserialise.slot);
    term(s, Term::serialise) += took;
    fire(stage);
  } else {
    const auto& hop = prepared_.hops_of(m)[static_cast<std::size_t>(s.hop)];
    free(hop.slot);
    term(s, Term::transmit) += took;
    fly(stage, hop.latency, s.hop + 1 == m.hop_count ? s.transport : 0);
  }
}

void SampleRun::enter_connection(int stage) {
  const auto& m = message(stage);
  if (m.hop_count == 0) return deserialise(stage);
  State& s = state(stage);
  if (m.connection >= 0) {
    auto& entered = channels_[static_cast<std::size_t>(m.connection)].entered;
    const auto before = std::find_if(entered.rbegin(), entered.rend(), [&](const Entered& e) {
      return std::tie(e.time, e.stage) < std::tie(now_, stage);
    });
    entered.insert(before.base(), {now_, stage, false});
    if (prepared_.channels[static_cast<std::size_t>(m.connection)].has_window) entering_.push_back(stage);
  }
  s.mark = now_;
  if (!m.is_fair) {
    s.phase = Phase::hop;
    return wait_for(prepared_.hops_of(m)[0].slot, stage);
  }
  s.has_started = true;
  s.phase = Phase::sharing;
  if (m.overhead > 0)
    push(now_ + m.overhead, stage, EventKind::flow_start);
  else
    start_flow(stage);
}

/// The window meets messages that enter in one round in the order of their stages.
void SampleRun::apply_windows() {
  std::sort(entering_.begin(), entering_.end());
  for (int stage : entering_) {
    const auto& m = message(stage);
    const auto& channel = prepared_.channels[static_cast<std::size_t>(m.connection)];
    ChannelState& c = channels_[static_cast<std::size_t>(m.connection)];
    if (c.last_delivery >= 0 && c.undelivered == 0 &&
        Span(now_ - c.last_delivery).seconds() > channel.connection->transport.idle_restart)
      c.window = channel.connection->transport.initial_window;
    ++c.undelivered;
    state(stage).transport =
        deployment::window_delay(*channel.connection, Bytes(m.size), m.slowest, c.window).picoseconds();
  }
  entering_.clear();
}

void SampleRun::start_flow(int stage) {
  const auto& m = message(stage);
  sharing_.add(stage, prepared_.slots_of(m), m.size, now_);
  is_sharing_stale_ = true;
}

void SampleRun::fly(int stage, std::int64_t latency, std::int64_t window) {
  State& s = state(stage);
  term(s, Term::propagate) += Span(latency);
  term(s, Term::transport) += Span(window);
  if (latency + window > 0)
    push(now_ + latency + window, stage, EventKind::arrival);
  else
    arrive(stage);
}

void SampleRun::arrive(int stage) {
  State& s = state(stage);
  const auto& m = message(stage);
  s.mark = now_;
  if (s.phase == Phase::hop && s.hop + 1 < m.hop_count) {
    ++s.hop;
    return wait_for(prepared_.hops_of(m)[static_cast<std::size_t>(s.hop)].slot, stage);
  }
  if (m.connection < 0) return deserialise(stage);
  for (Entered& e : channels_[static_cast<std::size_t>(m.connection)].entered)
    if (e.stage == stage) e.has_arrived = true;
  deliver(m.connection);
}

void SampleRun::deliver(int connection) {
  ChannelState& channel = channels_[static_cast<std::size_t>(connection)];
  auto& entered = channel.entered;
  while (!entered.empty() && entered.front().has_arrived) {
    const int stage = entered.front().stage;
    entered.erase(entered.begin());
    --channel.undelivered;
    channel.last_delivery = now_;
    term(state(stage), Term::transport) += Span(now_ - state(stage).mark);
    deserialise(stage);
  }
}

void SampleRun::deserialise(int stage) {
  const auto& work = message(stage).deserialise;
  state(stage).phase = Phase::deserialise;
  if (work.cost > 0)
    wait_for(work.slot, stage);
  else
    fire(stage);
}

}  // namespace tiercut::planner
