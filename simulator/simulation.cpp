// SPDX-License-Identifier: Apache-2.0
#include "simulator/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <tuple>

namespace tiercut::simulator {

using deployment::Term;
using Kind = CompiledStage::Kind;

namespace {

double date_of(Instant instant) { return instant.since_start().value(); }

}  // namespace

Simulation::Simulation(const CompiledGraph& graph, const Options& options, const RecordSink& sink)
    : graph_(graph),
      options_(options),
      sink_(sink),
      draws_(graph, options.seed),
      arrivals_(*graph.source, options.seed),
      measurements_(graph),
      connections_(graph),
      pool_(graph.stages.size()),
      servers_(static_cast<std::size_t>(graph.copies())) {}

void Simulation::run(Driver* driver) {
  driver_ = driver;
  driver_runs_work_ = driver != nullptr && driver->runs_work();
  schedule_arrival();
  first_arrival_ = last_event_ = next_arrival_.when;
  if (driver_ == nullptr) return advance();
  guarded([this] { advance(); });
  driver_->run();
  if (error_) std::rethrow_exception(error_);
  if (!is_stopping_ && (!events_.empty() || pool_.in_use() > 0))
    throw std::logic_error("the clock stopped before the last event");
}

void Simulation::fill(SimulationResult& result) const {
  measurements_.fill(result, last_event_ - first_arrival_);
  result.is_interrupted = is_interrupted_;
}

/// An exception must not cross the driver's frames: it is kept until run() has them behind it.
template <class Action>
void Simulation::guarded(Action action) {
  if (is_stopping_) return;
  clock_ = driver_->clock();
  try {
    action();
  } catch (...) {
    error_ = std::current_exception();
    is_stopping_ = true;
  }
}

void Simulation::on_work_done(int copy) {
  guarded([this, copy] {
    Server& done = server(copy);
    done.is_done = true;
    const double wanted = date_of(done.end);
    if (std::fabs(clock_ - wanted) > 1e-9 + 1e-12 * wanted) {
      throw std::logic_error("the clock ended " + graph_.source->stage(done.stage).name + " at " +
                             std::to_string(clock_) + " s instead of " + std::to_string(wanted) + " s");
    }
    // The driver may have more to report of this date; a wake-up at it comes after them all.
    graph_.has_fair_routes() ? driver_->wake_at(clock_) : advance();
  });
}

void Simulation::on_flow_done(int flow) {
  guarded([this, flow] {
    const Flow& done = flows_[static_cast<std::size_t>(flow)];
    const Instant end = std::max(now_, Instant() + Span::from(Seconds(clock_)));
    events_.push({end, EventKind::flow_done, done.stage, done.sample, done.slot, flow});
    driver_->wake_at(clock_);
  });
}

void Simulation::on_wake() {
  guarded([this] { advance(); });
}

/// Handles whatever the clock has reached (without a driver: everything): all events of a moment, then the idle units
/// and links, until neither has anything left; then the next moment.
void Simulation::advance() {
  while (true) {
    const bool goes_on = !events_.empty() && events_.top().when == now_;
    if (!goes_on && (!touched_.empty() || !entering_.empty())) {
      hand_out();
      continue;
    }
    if (events_.empty()) return;
    if (driver_ != nullptr && !is_due(events_.top())) return await(events_.top());
    if (!goes_on) {
      if (options_.stop != nullptr && *options_.stop) {
        is_stopping_ = is_interrupted_ = true;
        return;
      }
      now_ = events_.top().when;
    }
    handle(events_.pop());
    release_finished();
  }
}

bool Simulation::is_due(const Event& event) const {
  if (event.kind == EventKind::flow_done) return true;
  if (event.kind == EventKind::work_done && driver_runs_work_) {
    return servers_[static_cast<std::size_t>(event.where)].is_done;
  }
  return clock_ >= date_of(event.when);
}

void Simulation::await(const Event& event) {
  if (event.kind != EventKind::work_done || !driver_runs_work_) driver_->wake_at(date_of(event.when));
}

void Simulation::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::work_done:
      work_done(event);
      break;
    case EventKind::flow_done:
      flow_done(event);
      break;
    case EventKind::flow_start:
      start_flow(event.slot, event.stage);
      break;
    case EventKind::propagated:
      propagated(event.slot, event.stage);
      break;
    case EventKind::resend:
      begin_hop(event.slot, event.stage);
      break;
    case EventKind::source:
      term(state(event.slot, event.stage), Term::aggregation_wait) = graph_.stage(event.stage).offset;
      fire(event.slot, event.stage);
      break;
    case EventKind::arrival:
      arrive(event);
      break;
    case EventKind::deadline:
      // The join may have fired, and its sample be long gone.
      if (pool_.sample(event.slot).sample != event.sample) return;
      if (state(event.slot, event.stage).phase != Phase::waiting) return;
      state(event.slot, event.stage).is_past_deadline = true;
      check_join(event.slot, event.stage);
      break;
  }
  last_event_ = now_;
}

void Simulation::schedule(Span delay, EventKind kind, StageId stage, std::uint32_t slot, int where) {
  if (delay > Instant::never() - now_) throw std::overflow_error("the simulated time passes 106 days");
  events_.push({now_ + delay, kind, stage, pool_.sample(slot).sample, slot, where});
}

void Simulation::schedule_arrival() {
  if (next_sample_ == options_.samples) return;
  next_arrival_ = arrivals_.next();
  events_.push({next_arrival_.when, EventKind::arrival, -1, next_sample_++, 0, -1});
}

void Simulation::arrive(const Event& event) {
  const std::uint32_t slot = pool_.acquire(event.sample, now_, next_arrival_.member);
  for (StageId source : graph_.sources) {
    const Span offset = graph_.stage(source).offset;
    offset == Span() ? fire(slot, source) : schedule(offset, EventKind::source, source, slot);
  }
  schedule_arrival();
}

void Simulation::release_finished() {
  for (std::uint32_t slot : finished_) pool_.release(slot);
  finished_.clear();
}

void Simulation::wait_for(const CopyOf& place, StageId stage, std::uint32_t slot) {
  const auto& sample = pool_.sample(slot);
  StageState& s = state(slot, stage);
  s.phase = Phase::queued;
  s.mark = now_;
  const int copy = place.at(sample.member);
  server(copy).queue.insert_sorted({now_, stage, sample.sample, slot}, [](const Waiting& a, const Waiting& b) {
    return std::tie(a.ready, a.stage, a.sample) < std::tie(b.ready, b.stage, b.sample);
  });
  touch(copy);
}

void Simulation::touch(int copy) {
  if (server(copy).is_touched || server(copy).is_busy) return;
  server(copy).is_touched = true;
  touched_.push_back(copy);
}

void Simulation::hand_out() {
  meet_windows();
  std::sort(touched_.begin(), touched_.end());
  for (int copy : touched_) {
    Server& idle = server(copy);
    idle.is_touched = false;
    while (!idle.is_busy && !idle.queue.empty()) {
      const Waiting first = idle.queue.front();
      idle.queue.pop_front();
      // A cancelled stage is only now missed; its slot may serve another sample by then.
      const bool is_there = pool_.sample(first.slot).sample == first.sample;
      if (is_there && state(first.slot, first.stage).phase == Phase::queued) take(copy, first);
    }
  }
  touched_.clear();
}

void Simulation::take(int copy, const Waiting& waiting) {
  StageState& s = state(waiting.slot, waiting.stage);
  const bool is_on_link = s.is_on_route && !s.is_delivered;
  term(s, is_on_link ? Term::link_queue : Term::queue) += now_ - s.mark;
  s.phase = Phase::running;
  s.has_started = true;
  s.mark = now_;
  Server& taking = server(copy);
  const Span duration = duration_of(waiting);
  schedule(duration, EventKind::work_done, waiting.stage, waiting.slot, copy);
  taking.is_busy = true;
  taking.started = now_;
  taking.end = now_ + duration;
  taking.stage = waiting.stage;
  if (driver_runs_work_) taking.is_done = duration == Span() || !driver_->start_work(copy, taking.end);
}

void Simulation::work_done(const Event& event) {
  Server& done = server(event.where);
  done.is_busy = false;
  measurements_.busy(event.where, now_ - done.started);
  touch(event.where);
  const StageState& s = state(event.slot, event.stage);
  if (s.is_on_route && !s.is_delivered) return transmitted(event.slot, event.stage);
  measurements_.served(event.where);
  if (graph_.stage(event.stage).kind == Kind::compute) {
    compute_done(event.slot, event.stage);
  } else {
    message_work_done(event.slot, event.stage);
  }
}

}  // namespace tiercut::simulator
