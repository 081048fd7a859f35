// SPDX-License-Identifier: Apache-2.0
#include "planner/sample_run.hpp"

#include <algorithm>
#include <limits>

namespace tiercut::planner {

using deployment::Condition;
using deployment::Term;
using Kind = PreparedGraph::Kind;

SampleRun::SampleRun(const PreparedGraph& prepared)
    : prepared_(prepared),
      graph_(*prepared.graph),
      states_(prepared.stages.size()),
      slots_(prepared.slot_count),
      channels_(prepared.channels.size()),
      sharing_(prepared.bandwidth),
      exits_(prepared.graph->exits.size()) {}

bool SampleRun::choose_next_course() {
  if (!has_run_) return has_run_ = true;
  while (!script_.empty() && !script_.back().is_open) script_.pop_back();
  if (script_.empty()) return false;
  script_.back() = {script_.back().exit, false, false};
  return true;
}

void SampleRun::reset() {
  std::fill(states_.begin(), states_.end(), State{});
  events_.clear();
  for (Slot& slot : slots_) {
    slot.queue.clear();
    slot.is_busy = slot.is_touched = false;
  }
  touched_.clear();
  entering_.clear();
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    channels_[c].entered.clear();
    channels_[c].window = prepared_.channels[c].window;
    channels_[c].undelivered = 0;
    channels_[c].last_delivery = -1;
  }
  sharing_.clear();
  is_sharing_stale_ = false;
  asked_ = 0;
  std::fill(exits_.begin(), exits_.end(), std::int8_t{-1});
  probability_ = 1;
  decided_ = said_ = 0;
  now_ = 0;
  answered_ = Span::longest().picoseconds();
}

bool SampleRun::next(bool until_answer) {
  if (!choose_next_course()) return false;
  reset();
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const int stage = static_cast<int>(i);
    if (info(stage).kind == Kind::source)
      push(std::get<deployment::Source>(graph_.stages[i].work).offset.picoseconds(), stage, EventKind::source);
  }
  while (!events_.empty()) {
    now_ = events_.front().time;
    while (!events_.empty() && events_.front().time == now_) {
      const Event event = events_.front();
      std::pop_heap(events_.begin(), events_.end(), Event::is_later);
      events_.pop_back();
      handle(event);
    }
    hand_out();
    if (until_answer && answered_ <= now_) break;
  }
  return true;
}

void SampleRun::push(std::int64_t time, int id, EventKind kind) {
  events_.push_back({time, id, kind});
  std::push_heap(events_.begin(), events_.end(), Event::is_later);
}

void SampleRun::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::source:
      term(state(event.id), Term::aggregation_wait) = Span(now_);
      fire(event.id);
      break;
    case EventKind::done:
      work_done(event.id);
      break;
    case EventKind::flow_start:
      start_flow(event.id);
      break;
    case EventKind::flows:
      if (event.id != sharing_version_) break;
      finished_.clear();
      sharing_.finish(now_, finished_);
      is_sharing_stale_ = true;
      std::sort(finished_.begin(), finished_.end());
      for (int stage : finished_) {
        const auto& m = message(stage);
        State& s = state(stage);
        term(s, Term::transmit) += Span(now_ - s.mark);
        fly(stage, m.latency, s.transport);
      }
      break;
    case EventKind::arrival:
      arrive(event.id);
      break;
    case EventKind::deadline:
      state(event.id).is_past_deadline = true;
      check_join(event.id);
      spread_death();
      break;
  }
}

/// Every idle unit and link takes its first waiting work; work of no duration comes back as an event of this moment.
void SampleRun::hand_out() {
  apply_windows();
  for (int index : touched_) {
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    slot.is_touched = false;
    while (!slot.is_busy && !slot.queue.empty()) {
      const int stage = slot.queue.front().stage;
      std::pop_heap(slot.queue.begin(), slot.queue.end(), Waiting::is_behind);
      slot.queue.pop_back();
      if (state(stage).status == Status::active) take(index, stage);
    }
  }
  touched_.clear();
  if (!is_sharing_stale_) return;
  is_sharing_stale_ = false;
  ++sharing_version_;
  const std::int64_t next = sharing_.share(now_);
  if (next != std::numeric_limits<std::int64_t>::max()) push(next, sharing_version_, EventKind::flows);
}

/// That the exit is conclusive, given what the exits asked before have said.
double SampleRun::chance_of(int exit) {
  if (graph_.replay == nullptr) return graph_.exits[static_cast<std::size_t>(exit)].probability;
  const auto reached = graph_.replay->rows_with(decided_, said_);
  const std::uint32_t bit = 1U << exit;
  const auto left = graph_.replay->rows_with(decided_ | bit, said_ | bit);
  return reached > 0 ? static_cast<double>(left) / static_cast<double>(reached) : 0;
}

bool SampleRun::ask(int exit) {
  auto& known = exits_[static_cast<std::size_t>(exit)];
  if (known >= 0) return known == 1;
  const double p = chance_of(exit);
  if (asked_ == script_.size()) script_.push_back({exit, p > 0, p > 0 && p < 1});
  const bool is_conclusive = script_[asked_++].is_conclusive;
  known = is_conclusive ? 1 : 0;
  decided_ |= 1U << exit % 32;
  if (is_conclusive) said_ |= 1U << exit % 32;
  probability_ *= is_conclusive ? std::min(1.0, p) : 1 - std::max(0.0, p);
  return is_conclusive;
}

void SampleRun::fire(int stage) {
  State& s = state(stage);
  s.status = Status::fired;
  s.fired = now_;
  const auto& work = graph_.stages[static_cast<std::size_t>(stage)].work;
  switch (info(stage).kind) {
    case Kind::decision: {
      const auto& decision = std::get<deployment::Decision>(work);
      if (ask(decision.exit)) cancel(decision.cancels);
      break;
    }
    case Kind::message:
      if (message(stage).is_control) cancel(std::get<deployment::Control>(work).cancels);
      break;
    case Kind::answer:
      answered_ = now_;
      break;
    default:
      break;
  }
  fire_edges(stage);
  spread_death();
}

void SampleRun::fire_edges(int stage) {
  const auto& from = info(stage);
  bool is_conclusive = false;
  if (from.kind == Kind::decision)
    is_conclusive = ask(std::get<deployment::Decision>(graph_.stages[static_cast<std::size_t>(stage)].work).exit);
  for (int i = from.first_out; i < from.first_out + from.out_count; ++i) {
    const auto out = prepared_.outs[static_cast<std::size_t>(i)];
    const bool fires = out.when == Condition::always || (out.when == Condition::conclusive) == is_conclusive;
    if (fires) {
      input_fired(out.to);
    } else {
      ++state(out.to).dead_inputs;
      dying_.push_back(out.to);
    }
  }
}

void SampleRun::input_fired(int stage) {
  State& s = state(stage);
  const auto& to = info(stage);
  ++s.fired_inputs;
  if (s.status != Status::waiting) return;
  if (to.kind == Kind::join) {
    const auto& join = std::get<deployment::Join>(graph_.stages[static_cast<std::size_t>(stage)].work);
    if (join.fallback >= 0) return;
    if (s.fired_inputs == 1) {
      s.ready = now_;
      if (join.deadline) push(now_ + join.deadline->picoseconds(), stage, EventKind::deadline);
    }
    check_join(stage);
  } else if (to.kind == Kind::first_conclusive || s.fired_inputs == to.input_count) {
    begin(stage);
  }
}

/// `dying_` holds stages that have a dead input more than they knew of; deadness goes on from there.
void SampleRun::spread_death() {
  while (!dying_.empty()) {
    const int stage = dying_.back();
    dying_.pop_back();
    State& s = state(stage);
    if (s.status != Status::waiting) continue;
    const auto& to = info(stage);
    if (to.kind == Kind::join)
      check_join(stage);
    else if (to.kind != Kind::first_conclusive || s.dead_inputs == to.input_count)
      kill(stage);
  }
}

void SampleRun::kill(int stage) {
  state(stage).status = Status::dead;
  const auto& from = info(stage);
  for (int i = from.first_out; i < from.first_out + from.out_count; ++i) {
    const int to = prepared_.outs[static_cast<std::size_t>(i)].to;
    ++state(to).dead_inputs;
    dying_.push_back(to);
  }
}

void SampleRun::cancel(const std::vector<deployment::StageId>& stages) {
  for (int stage : stages) {
    State& s = state(stage);
    if (s.status == Status::fired || s.status == Status::dead || s.has_started) continue;
    kill(stage);
    if (info(stage).kind != Kind::message || message(stage).connection < 0) continue;
    const int connection = message(stage).connection;
    auto& entered = channels_[static_cast<std::size_t>(connection)].entered;
    if (std::erase_if(entered, [stage](const Entered& e) { return e.stage == stage; }) == 0) continue;
    if (std::erase(entering_, stage) == 0) --channels_[static_cast<std::size_t>(connection)].undelivered;
    deliver(connection);
  }
}

void SampleRun::check_join(int stage) {
  State& s = state(stage);
  if (s.status != Status::waiting) return;
  const auto& join = std::get<deployment::Join>(graph_.stages[static_cast<std::size_t>(stage)].work);
  if (join.fallback >= 0) return;
  const int quorum = std::max(1, join.quorum);
  const int inputs = info(stage).input_count;
  if (inputs - s.dead_inputs < quorum) return kill(stage);
  const bool has_all = s.fired_inputs + s.dead_inputs == inputs;
  if (!has_all && !(s.is_past_deadline && s.fired_inputs >= quorum)) return;
  s.is_by_deadline = !has_all;
  fire(stage);
}

void SampleRun::begin(int stage) {
  State& s = state(stage);
  s.status = Status::active;
  s.ready = now_;
  switch (info(stage).kind) {
    case Kind::compute:
      wait_for(info(stage).compute.slot, stage);
      break;
    case Kind::message:
      if (message(stage).serialise.cost > 0)
        wait_for(message(stage).serialise.slot, stage);
      else
        enter_connection(stage);
      break;
    default:
      fire(stage);
  }
}

}  // namespace tiercut::planner
