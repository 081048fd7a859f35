// SPDX-License-Identifier: Apache-2.0
// Samples from their arrival to their record.
#include <algorithm>
#include <utility>

#include "runtime/agent/coordinator.hpp"
#include "runtime/agent/drawn_outcomes.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;

Nanoseconds nanoseconds(Instant instant) { return (instant.picoseconds() + 500) / 1000; }

}  // namespace

void Coordinator::stream() {
  is_connecting_ = false;
  last_loss_look_ = monotonic_now();
  for (const auto& link : links_) link->last_heard = last_loss_look_;
  start_ = monotonic_now() + request_.lead + 20 * millisecond;
  next_arrival_ = arrivals_.next();
  while (!is_stopped() && (next_sample_ < request_.samples || !open_.empty())) {
    begin_samples(monotonic_now());
    Nanoseconds until = monotonic_now() + 20 * millisecond;
    if (next_sample_ < request_.samples) {
      until = std::min(until, start_ + nanoseconds(next_arrival_.when) - request_.lead);
    }
    wait_until(until);
    const Nanoseconds now = monotonic_now();
    look_for_losses(now);
    push_deployment(now);
    look_at_clocks(now);
    flush_retired();
    if (request_.progress) request_.progress(ended_, request_.samples);
  }
  // Interrupted: what has arisen is recorded, as failed where it has no answer.
  while (!open_.empty()) {
    const bool has_arisen = start_ + open_.begin()->second->planned <= monotonic_now();
    if (has_arisen) {
      end_sample(open_.begin(), "interrupted");
    } else {
      open_.erase(open_.begin());
    }
  }
  flush_retired();
}

void Coordinator::begin_samples(Nanoseconds now) {
  while (next_sample_ < request_.samples) {
    const Nanoseconds planned = nanoseconds(next_arrival_.when);
    if (start_ + planned - request_.lead > now) return;
    auto open = std::make_unique<Open>();
    open->record.sample = next_sample_;
    open->record.member = next_arrival_.member;
    open->planned = planned;
    open->drawn = drawn_outcomes(request_.plan.graph, request_.seed, next_sample_);
    const std::int64_t row = request_.input.rows > 0 ? next_sample_ % request_.input.rows : 0;
    if (!request_.input.labels.empty()) open->record.label = request_.input.labels[static_cast<std::size_t>(row)];
    Open& begun = *(open_[next_sample_] = std::move(open));
    const std::int64_t sample = next_sample_++;
    next_arrival_ = arrivals_.next();
    begin_sample(begun, start_ + planned);
    judge(sample);
  }
}

void Coordinator::begin_sample(Open& open, Nanoseconds due) {
  Epoch& now = epoch(active_);
  open.is_orphan = false;
  open.record.epoch = active_;
  ++now.under_way;
  open.course = std::make_unique<SampleCourse>(now.program, open.record.member, now.plan.graph.answer);
  for (const auto& link : links_) {
    if (link->is_lost) open.course->lose_endpoint(link->endpoint, "agent-lost");
  }
  const std::vector<model::LayerId> inputs = model_.inputs();
  for (int stage = 0; stage < now.program->stage_count(); ++stage) {
    const ProgramStage& source = now.program->stage(stage);
    if (source.kind != StageKind::source) continue;
    Link* const link = link_of(now.program->endpoint_of(source.at, open.record.member));
    if (link == nullptr || link->is_lost) continue;
    const auto input =
        static_cast<std::size_t>(std::find(inputs.begin(), inputs.end(), source.tensor) - inputs.begin());
    const auto elements = static_cast<std::size_t>(model_.layer(source.tensor).shape.elements());
    const auto row = static_cast<std::size_t>(open.record.sample % request_.input.rows);
    const float* values = request_.input.values[input].data() + row * elements;
    InputHead head;
    head.sample = {active_, open.record.sample, open.record.member, open.drawn};
    head.stage = static_cast<std::int16_t>(stage);
    const Nanoseconds when = due + std::max(Nanoseconds{0}, source.deadline);
    head.due = when + link->clock.at(monotonic_now()).offset;
    const std::string_view payload(reinterpret_cast<const char*>(values), elements * sizeof(float));
    if (!port_.send(link->route, frame_of(head, FrameType::input, payload, session_))) {
      TraceEvent lost;
      lost.kind = TraceEvent::Kind::lost;
      lost.stage = head.stage;
      lost.why = "peer-unreachable";
      open.course->take(lost, link->endpoint);
    }
  }
}

void Coordinator::take_trace(Link& link, const Trace& trace) {
  for (const TraceEvent& event : trace.events) {
    const auto found = open_.find(event.sample);
    if (found == open_.end() || found->second->course == nullptr) continue;
    Open& open = *found->second;
    const Program& program = open.course->program();
    if (event.epoch != program.epoch || event.stage < 0 || event.stage >= program.stage_count()) continue;
    open.course->take(event, link.endpoint);
    const ProgramStage& stage = program.stage(event.stage);
    if (stage.is_networked && event.kind == TraceEvent::Kind::fired) {
      const int from = program.endpoint_of(stage.at, open.record.member);
      ConnectionReport& connection = connections_[{from, link.endpoint}];
      connection.from = program.endpoints[static_cast<std::size_t>(from)].name;
      connection.to = link.address.device;
      ++connection.messages;
      (stage.kind == StageKind::control ? connection.control_bytes : connection.payload_bytes) += event.bytes;
    }
    judge(event.sample);
  }
}

/// Looks whether a sample has come to its end.
void Coordinator::judge(std::int64_t sample) {
  const auto found = open_.find(sample);
  if (found == open_.end()) return;
  Open& open = *found->second;
  if (open.is_orphan) return;
  if (open.course->is_answered()) {
    if (open.answered_at == never) open.answered_at = monotonic_now();
    if (open.course->is_settled()) end_sample(found, {});
    return;
  }
  if (!open.course->is_hopeless()) return;
  const bool is_for_want_of_agents = open.course->why() == "agent-lost" || open.course->why() == "peer-unreachable";
  const bool is_replanned = is_for_want_of_agents && (coming() != nullptr || open.record.epoch != active_);
  if (!is_replanned) return end_sample(found, open.course->why().empty() ? "never-answered" : open.course->why());
  // Another plan is on its way, or already there.
  open.is_orphan = true;
  if (coming() == nullptr) restart_orphans();
}

void Coordinator::look_at_clocks(Nanoseconds now) {
  if (now - last_look_ < 20 * millisecond) return;
  last_look_ = now;
  for (auto at = open_.begin(); at != open_.end();) {
    const auto next = std::next(at);
    Open& open = *at->second;
    const Nanoseconds age = now - (start_ + open.planned);
    const bool is_answered = open.answered_at != never;
    if (is_answered && now - open.answered_at > request_.sample_timeout) {
      end_sample(at, {});  // what is left of its work will not be heard of any more
    } else if (!is_answered && age > request_.sample_timeout) {
      end_sample(at, open.is_orphan ? "agent-lost" : "sample-timeout");
    }
    at = next;
  }
}

TimeBase Coordinator::time_base(Nanoseconds when) const {
  TimeBase base;
  base.start = start_;
  base.offset = [this, when](int endpoint) { return by_endpoint_.at(endpoint)->clock.at(when).offset; };
  base.round_trip = [this](int from, int to) -> std::optional<Nanoseconds> {
    const auto found = round_trips_.find({from, to});
    return found == round_trips_.end() ? std::nullopt : std::optional(found->second);
  };
  return base;
}

/// Writes its record. `why`: it has failed; empty when it was answered.
void Coordinator::end_sample(std::map<std::int64_t, std::unique_ptr<Open>>::iterator at, const std::string& why) {
  Open& open = *at->second;
  SampleRecord& record = open.record;
  if (open.course != nullptr) {
    describe(*open.course, model_, time_base(start_ + open.planned), open.planned, record);
    retired_[record.epoch].push_back(record.sample);
    --epoch(record.epoch).under_way;
  }
  const bool is_answered = open.course != nullptr && open.course->is_answered();
  if (is_answered && !open.first_arrival && record.sample >= request_.plan.graph.warm_up) {
    stage_times_.add(*open.course, time_base(start_ + open.planned));
  }
  record.status = is_answered ? SampleStatus::answered : SampleStatus::failed;
  if (!is_answered) record.why = why.empty() ? "never-answered" : why;
  if (open.first_arrival) {
    // Its latency goes back to when it first arose; which term the loss belongs to, no agent has seen.
    if (is_answered) {
      record.status = SampleStatus::fallback;
      record.latency += record.arrival - *open.first_arrival;
    }
    record.arrival = *open.first_arrival;
    record.late = record.arrival - open.planned;
    record.terms.reset();
  }
  if (request_.weights == nullptr) record.predicted.reset();
  records_.push_back(std::move(record));
  ++ended_;
  open_.erase(at);
}

void Coordinator::flush_retired() {
  for (auto& [number, samples] : retired_) {
    if (samples.empty()) continue;
    const Retire over{number, std::exchange(samples, {})};
    for (const auto& link : links_) {
      if (!link->is_lost) tell(*link, over);
    }
  }
  for (Epoch& each : epochs_) {
    if (each.number >= active_ || each.under_way > 0 || each.is_forgotten) continue;
    each.is_forgotten = true;
    for (const auto& link : links_) {
      if (!link->is_lost) tell(*link, Forget{each.number});
    }
  }
}

}  // namespace tiercut::runtime
