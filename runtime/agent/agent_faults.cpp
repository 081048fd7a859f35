// SPDX-License-Identifier: Apache-2.0
// Agents that are lost, and that come back: no sample is forgotten over it.
#include <algorithm>

#include "runtime/agent/coordinator.hpp"

namespace tiercut::runtime {

std::set<std::string> Coordinator::lost_devices() const {
  std::set<std::string> names;
  for (const auto& link : links_) {
    if (link->is_lost) names.insert(link->address.device);
  }
  return names;
}

void Coordinator::look_for_losses(Nanoseconds now) {
  // Who was not listened to for a while cannot be blamed for silence.
  const Nanoseconds since = now - last_loss_look_;
  last_loss_look_ = now;
  if (since > request_.heartbeat_timeout / 3) {
    for (const auto& link : links_) link->last_heard = std::min(now, link->last_heard + since);
  }
  for (const auto& link : links_) {
    if (!link->is_lost) {
      if (now - link->last_heard > request_.heartbeat_timeout) lose(*link, now);
    } else if (now - link->hello_sent > request_.heartbeat_timeout / 2) {
      say_hello(*link);
    }
  }
  Epoch* const epoch = coming();
  if (epoch == nullptr) return;
  if (epoch->waiting.empty()) {
    activate(*epoch);
    restart_orphans();
  } else if (!failures_.empty() || now - epoch->last_progress > request_.deploy_timeout) {
    epochs_.pop_back();
    if (request_.note) {
      request_.note("the new plan cannot be run: " +
                    (failures_.empty() ? std::string("agents do not get ready") : failures_.front().message));
    }
    failures_.clear();
    give_orphans_up("agent-lost");
  }
}

void Coordinator::lose(Link& link, Nanoseconds now) {
  link.is_lost = true;
  link.units.clear();
  faults_.push_back({now - start_, link.address.device, "agent-lost"});
  if (request_.note) request_.note("agent '" + link.address.device + "' is lost");
  for (const auto& other : links_) {
    if (!other->is_lost) tell(*other, PeerLost{link.address.device});
  }
  if (is_connecting_) return;
  std::vector<std::int64_t> samples;
  for (const auto& [sample, open] : open_) {
    if (open->is_orphan) continue;
    open->course->lose_endpoint(link.endpoint, "agent-lost");
    samples.push_back(sample);
  }
  const bool goes_on = is_answerable_without_lost(epoch(active_));
  if (!goes_on) reorganise("agent-lost: " + link.address.device);
  for (const std::int64_t sample : samples) judge(sample);
}

/// Whether a sample that arises now can be answered on the plan in use: joins may do without some inputs.
bool Coordinator::is_answerable_without_lost(Epoch& epoch) const {
  for (int member = 1; member <= epoch.plan.graph.members; ++member) {
    SampleCourse course(epoch.program, member, epoch.plan.graph.answer);
    for (const auto& link : links_) {
      if (link->is_lost) course.lose_endpoint(link->endpoint, "agent-lost");
    }
    if (course.is_hopeless()) return false;
    // An exit may still answer some; what it passes on would be lost.
    for (int stage = 0; stage < epoch.program->stage_count(); ++stage) {
      const ProgramStage& work = epoch.program->stage(stage);
      if (work.kind != StageKind::compute) continue;
      const auto found = by_endpoint_.find(epoch.program->endpoint_of(work.at, member));
      if (found == by_endpoint_.end() || !found->second->is_lost) continue;
      const bool is_spared =
          std::any_of(epoch.program->stages.begin(), epoch.program->stages.end(), [](const ProgramStage& each) {
            return each.kind == StageKind::join && each.quorum < static_cast<int>(each.inputs.size());
          });
      if (!is_spared) return false;
    }
  }
  return true;
}

void Coordinator::welcome_back(Link& link) {
  link.is_lost = false;
  link.clock = ClockOffset();
  faults_.push_back({monotonic_now() - start_, link.address.device, "agent-back"});
  if (request_.note) request_.note("agent '" + link.address.device + "' is back");
  tell(link, Ping{monotonic_now()});
  reorganise("agent-back: " + link.address.device);
}

void Coordinator::reorganise(const std::string& why) {
  if (!request_.replan) {
    // The plan stays; an agent that is back gets it again.
    if (why.starts_with("agent-back")) begin_epoch(request_.plan, why);
    return;
  }
  auto plan = request_.replan(lost_devices());
  if (plan) return begin_epoch(std::move(*plan), why);
  if (request_.note) request_.note("no plan does without it: " + plan.error().front().message);
  give_orphans_up("agent-lost");
}

void Coordinator::restart_orphans() {
  for (auto& [sample, open] : open_) {
    if (!open->is_orphan || open->answered_at != never) continue;
    if (!open->first_arrival) {
      SampleRecord so_far = open->record;
      describe(*open->course, model_, time_base(start_ + open->planned), open->planned, so_far);
      open->first_arrival = so_far.arrival;
    }
    retired_[open->record.epoch].push_back(sample);
    --epoch(open->record.epoch).under_way;
    const Nanoseconds due = start_ + open->planned;
    begin_sample(*open, std::max(due, monotonic_now()));
  }
  std::vector<std::int64_t> restarted;
  for (const auto& [sample, open] : open_) restarted.push_back(sample);
  for (const std::int64_t sample : restarted) judge(sample);
}

void Coordinator::give_orphans_up(const std::string& why) {
  for (auto at = open_.begin(); at != open_.end();) {
    const auto next = std::next(at);
    if (at->second->is_orphan) end_sample(at, why);
    at = next;
  }
}

}  // namespace tiercut::runtime
