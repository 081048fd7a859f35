// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/sample_course.hpp"

#include <algorithm>
#include <utility>

namespace tiercut::runtime {
namespace {

using deployment::Term;
using When = ProgramEdge::When;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

SampleCourse::SampleCourse(std::shared_ptr<const Program> program, int member, int answer)
    : program_(std::move(program)),
      member_(member),
      answer_(answer),
      phases_(program_->stages.size(), Phase::open),
      dead_inputs_(program_->stages.size(), 0),
      open_(program_->stage_count()) {}

const SampleCourse::Reported* SampleCourse::reported(int stage) const {
  const auto found = reported_.find(stage);
  return found == reported_.end() ? nullptr : &found->second;
}

void SampleCourse::take(const TraceEvent& event, int endpoint) {
  if (event.stage < 0 || event.stage >= program_->stage_count()) return;
  const int stage = event.stage;
  if (event.kind != TraceEvent::Kind::fired) {
    if (event.kind == TraceEvent::Kind::lost && why_.empty()) why_ = event.why;
    if (phase(stage) == Phase::open) kill(stage);
    return;
  }
  if (!reported_.emplace(stage, Reported{event, endpoint}).second) return;
  if (phase(stage) == Phase::open) --open_;
  phases_[at(stage)] = Phase::fired;
  if (program_->stage(stage).kind != StageKind::decision) return;
  const When impossible = event.is_conclusive ? When::inconclusive : When::conclusive;
  for (int next = stage + 1; next < program_->stage_count(); ++next) {
    for (const ProgramEdge& edge : program_->stage(next).inputs) {
      if (edge.from == stage && edge.when == impossible) input_died(next);
    }
  }
}

void SampleCourse::kill(int stage) {
  phases_[at(stage)] = Phase::dead;
  --open_;
  for (int next = stage + 1; next < program_->stage_count(); ++next) {
    for (const ProgramEdge& edge : program_->stage(next).inputs) {
      if (edge.from == stage) input_died(next);
    }
  }
}

void SampleCourse::input_died(int stage) {
  const ProgramStage& work = program_->stage(stage);
  const int dead = ++dead_inputs_[at(stage)];
  if (phase(stage) != Phase::open) return;
  const int inputs = static_cast<int>(work.inputs.size());
  int bearable = 0;
  if (work.kind == StageKind::join) bearable = inputs - work.quorum;
  if (work.kind == StageKind::first_conclusive) bearable = inputs - 1;
  if (dead > bearable) kill(stage);
}

void SampleCourse::lose_endpoint(int endpoint, const std::string& why) {
  for (int stage = 0; stage < program_->stage_count(); ++stage) {
    const ProgramStage& work = program_->stage(stage);
    const bool is_there =
        program_->endpoint_of(work.at, member_) == endpoint || program_->endpoint_of(work.to, member_) == endpoint;
    if (!is_there || phase(stage) != Phase::open) continue;
    if (why_.empty()) why_ = why;
    kill(stage);
  }
}

namespace {

/// The walk back from the answer: what decided the sample's latency.
class Walk {
 public:
  Walk(const SampleCourse& course, const TimeBase& time) : course_(course), program_(course.program()), time_(time) {}

  /// False when a piece of the record is missing.
  bool run(Nanoseconds arrival) {
    for (int stage = course_.answer(); stage >= 0;) {
      const SampleCourse::Reported* reported = course_.reported(stage);
      if (reported == nullptr) return false;
      if (answered_by_ < 0) answered_by_ = conclusive_exit(stage, reported->event.deciding);
      add(stage, *reported, arrival);
      if (program_.stage(stage).kind == StageKind::source) return true;
      stage = reported->event.deciding;
    }
    return false;
  }
  int answered_by() const { return answered_by_; }
  const TermTimes& terms() const { return terms_; }

 private:
  Nanoseconds& term(Term which) { return terms_[static_cast<std::size_t>(which)]; }
  Nanoseconds ours(Nanoseconds theirs, int endpoint) const { return theirs - time_.offset(endpoint); }

  int conclusive_exit(int stage, int deciding) const {
    const ProgramStage& work = program_.stage(stage);
    for (const ProgramEdge& edge : work.inputs) {
      const bool counts = work.kind != StageKind::first_conclusive || edge.from == deciding;
      if (!counts || edge.when != When::conclusive) continue;
      const SampleCourse::Reported* decision = course_.reported(edge.from);
      if (decision != nullptr && decision->event.is_conclusive) return program_.stage(edge.from).exit;
    }
    return -1;
  }

  void add(int stage, const SampleCourse::Reported& reported, Nanoseconds arrival) {
    const TraceEvent& event = reported.event;
    switch (program_.stage(stage).kind) {
      case StageKind::source:
        term(Term::aggregation_wait) += ours(event.fired, reported.endpoint) - arrival;
        return;
      case StageKind::compute:
        term(Term::queue) += event.begun - event.ready;
        term(Term::compute) += event.done - event.begun;
        term(Term::exit_check) += event.fired - event.done;
        return;
      case StageKind::transfer:
      case StageKind::control:
        return add_message(stage, reported);
      default: {
        // Of no duration, but for a join that waited for its deadline.
        const SampleCourse::Reported* input = course_.reported(event.deciding);
        if (input != nullptr) term(Term::aggregation_wait) += event.fired - input->event.fired;
      }
    }
  }

  void add_message(int stage, const SampleCourse::Reported& reported) {
    const TraceEvent& event = reported.event;
    const ProgramStage& work = program_.stage(stage);
    const int from = program_.endpoint_of(work.at, course_.member()), to = reported.endpoint;
    if (work.is_return) {
      term(Term::return_) += ours(event.fired, to) - ours(event.ready, from);
      return;
    }
    term(Term::queue) += event.waited;
    if (!work.is_networked || from == to) {
      term(Term::serialise) += event.fired - event.ready - event.waited;
      return;
    }
    term(Term::queue) += event.waited_here;
    term(Term::serialise) +=
        (event.begun - event.ready - event.waited) + (event.fired - event.done - event.waited_here);
    const Nanoseconds sent = ours(event.begun, from), received = ours(event.done, to);
    const Nanoseconds way = received - sent;
    const Nanoseconds propagation = std::min(way, time_.round_trip(from, to).value_or(0) / 2);
    const Nanoseconds behind = event.before == 0 ? 0 : ours(event.before, to) - propagation - sent;
    const Nanoseconds queued = std::clamp(behind, Nanoseconds{0}, std::max(Nanoseconds{0}, way - propagation));
    term(Term::propagate) += propagation;
    term(Term::link_queue) += queued;
    term(Term::transmit) += way - propagation - queued;
  }

  const SampleCourse& course_;
  const Program& program_;
  const TimeBase& time_;
  TermTimes terms_{};
  int answered_by_ = -1;
};

}  // namespace

void describe(const SampleCourse& course, const model::Model& model, const TimeBase& time, Nanoseconds planned,
              SampleRecord& record) {
  const Program& program = course.program();
  Nanoseconds arrival = never;
  for (int stage = 0; stage < program.stage_count(); ++stage) {
    const SampleCourse::Reported* reported = course.reported(stage);
    if (reported == nullptr) continue;
    const ProgramStage& work = program.stage(stage);
    if (work.kind == StageKind::source) {
      arrival = std::min(arrival, reported->event.fired - time.offset(reported->endpoint));
    } else if (work.is_networked) {
      (work.kind == StageKind::control ? record.control_bytes : record.payload_bytes) += reported->event.bytes;
    }
  }
  const bool has_arrival = arrival != never;
  if (!has_arrival) arrival = planned + time.start;
  record.arrival = arrival - time.start;
  record.late = record.arrival - planned;
  if (!course.is_answered()) return;

  const SampleCourse::Reported& answer = *course.reported(course.answer());
  record.latency = answer.event.fired - time.offset(answer.endpoint) - arrival;
  Walk walk(course, time);
  const bool is_whole = walk.run(arrival) && has_arrival;
  record.answered_by = walk.answered_by() >= 0 ? walk.answered_by() : static_cast<int>(model.exits.size());
  if (is_whole) record.terms = walk.terms();
  if (answer.event.predicted < 0) return;
  record.predicted = answer.event.predicted;
  if (walk.answered_by() < 0) return;
  const std::vector<int>& classes = model.exits[at(walk.answered_by())].class_map;
  const auto branch_class = at(answer.event.predicted);
  if (branch_class < classes.size() && classes[branch_class] >= 0) {
    record.predicted = classes[branch_class];
  } else if (!classes.empty()) {
    record.predicted.reset();
  }
}

}  // namespace tiercut::runtime
