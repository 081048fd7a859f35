// SPDX-License-Identifier: Apache-2.0
#include "simulator/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace tiercut::simulator {

using deployment::Term;

namespace {

double date_of(Instant instant) { return instant.since_start().value(); }

}  // namespace

Simulation::Simulation(const CompiledGraph& graph, const Options& options, const RecordSink& sink)
    : graph_(graph),
      options_(options),
      sink_(sink),
      with_terms_(options.with_terms),
      draws_(graph, options),
      arrivals_(*graph.source, options),
      measurements_(graph, options),
      pool_(graph, options.with_terms),
      connections_(graph, {&graph, &pool_}),
      servers_(static_cast<std::size_t>(graph.workers())),
      fair_(graph.has_fair_messages ? servers_.size() : 0) {}

void Simulation::run(Driver* driver) {
  driver_ = driver;
  if (driver != nullptr && driver->runs_work()) driven_.resize(servers_.size());
  begin_faults();
  begin_queues();
  schedule_arrival();
  first_arrival_ = last_event_ = next_arrival_.when;
  if (driver_ == nullptr) return advance();
  guarded([this] { advance(); });
  driver_->run();
  if (error_) std::rethrow_exception(error_);
  if (!is_stopping_ && (!events_.empty() || (pool_.in_use() > 0 && !faults_)))
    throw std::logic_error("the clock stopped before the last event");
}

void Simulation::fill(SimulationResult& result) {
  if (!is_interrupted_)
    pool_.for_each([this](SampleState& sample) {
      if (sample.is_answered) return;
      if (sample.cause.is_none()) sample.cause = Cause::still_under_way();
      end_unanswered(sample);
    });
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
    DrivenWork& done = driven_[static_cast<std::size_t>(copy)];
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
    Flow& done = flows_[static_cast<std::size_t>(flow)];
    done.is_done = true;
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
    if (!touched_.empty() || !entering_.empty()) {
      if (events_.empty() || events_.next_when() != now_) {
        hand_out();
        if (!finished_.empty()) release_finished();
        continue;
      }
    } else if (events_.empty()) {
      return;
    }
    if (driver_ != nullptr && !is_due(events_.top())) return await(events_.top());
    if (options_.stop != nullptr && *options_.stop && events_.top().when() != now_) {
      is_stopping_ = is_interrupted_ = true;
      return;
    }
    const Event event = events_.pop();
    if (!events_.empty()) prefetch(events_.coming());
    now_ = event.when();
    handle(event);
    if (!finished_.empty()) release_finished();
  }
}

/// Asks the memory for what an event that comes soon will read.
void Simulation::prefetch(const Event& event) const {
  pool_.prefetch(event.slot(), event.stage());
  if (event.where() >= 0 && event.kind() != EventKind::flow_done) __builtin_prefetch(servers_.data() + event.where());
}

bool Simulation::is_due(const Event& event) const {
  if (event.kind() == EventKind::flow_done) return true;
  if (event.kind() == EventKind::work_done && !driven_.empty() && !is_stale(event)) {
    return driven_[static_cast<std::size_t>(event.where())].is_done;
  }
  return clock_ >= date_of(event.when());
}

void Simulation::await(const Event& event) {
  if (event.kind() != EventKind::work_done || driven_.empty() || is_stale(event))
    driver_->wake_at(date_of(event.when()));
}

void Simulation::handle(const Event& event) {
  switch (event.kind()) {
    case EventKind::work_done:
      if (is_stale(event)) return;
      work_done(event);
      break;
    case EventKind::link_free:
      link_free(event.where());
      break;
    case EventKind::flow_done:
      flow_done(event);
      break;
    case EventKind::flow_start:
      start_flow(pool_[event.slot()], event.stage());
      break;
    case EventKind::propagated:
      propagated(pool_[event.slot()], event.stage());
      break;
    case EventKind::resend:
      begin_hop(pool_[event.slot()], event.stage());
      break;
    case EventKind::fault:
      return fault_event(event);
    case EventKind::source:
      arise(pool_[event.slot()], event.stage());
      break;
    case EventKind::arrival:
      arrive(event);
      break;
    case EventKind::deadline: {
      // The join may have fired, and its sample be long gone.
      SampleState& sample = pool_[event.slot()];
      if (sample.id != event.sample()) return;
      StageState& join = state(sample, event.stage());
      if (join.phase != Phase::waiting) return;
      join.is_past_deadline = true;
      if (check_join(sample, event.stage())) fire(sample, event.stage());
      break;
    }
  }
  last_event_ = now_;
}

void Simulation::schedule_behind(Instant start, Span delay, EventKind kind, StageId stage, const SampleState& sample,
                                 int where) {
  if (delay > Instant::never() - start) throw std::overflow_error("the simulated time passes 106 days");
  events_.push({start + delay, kind, stage, sample.id, sample.slot, where});
}

void Simulation::schedule_arrival() {
  if (next_sample_ == options_.samples) return;
  next_arrival_ = arrivals_.next();
  events_.push({next_arrival_.when, EventKind::arrival, 0, next_sample_++, 0, -1});
}

void Simulation::arrive(const Event& event) {
  ++arrived_;
  SampleState& sample = pool_.acquire(event.sample(), now_, next_arrival_.member);
  for (StageId source : graph_.sources) {
    const Span offset = graph_.stage(source).offset;
    if (with_terms_ && graph_.stage(source).timed >= 0) pool_.terms(sample, graph_.stage(source).timed) = {};
    if (offset == Span()) {
      arise(sample, source);
    } else {
      add_term(sample, source, Term::aggregation_wait, offset);
      schedule(offset, EventKind::source, source, sample);
    }
  }
  schedule_arrival();
}

void Simulation::arise(SampleState& sample, StageId source) {
  if (faults_ && is_stopped(At::source, sample, source)) return;
  fire(sample, source);
}

void Simulation::release_finished() {
  for (SampleState* sample : finished_) {
    if (!sample->is_answered) end_unanswered(*sample);
    pool_.release(*sample);
  }
  finished_.clear();
}

}  // namespace tiercut::simulator
