// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/coordinator.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;

std::uint64_t new_session() {
  std::random_device source;
  return (std::uint64_t{source()} << 32 | source()) | 1U;  // 0 means a mere question
}

}  // namespace

Result<RunResult> run_plan(const RunRequest& request, Port& port) {
  if (request.scenario->policy.fallback)
    return fail("not-executable", "the scenario has a fallback, which only the simulation knows so far",
                "leave out policy.fallback, as a copy of the scenario without it");
  for (const deployment::Resource& resource : request.plan.graph.resources) {
    if (resource.workers > 1)
      return fail("not-executable", "unit " + resource.name + " has several workers, which agents have not",
                  "leave out `workers`");
    if (resource.queue)
      return fail("not-executable", "the queue of " + resource.name + " has a limit, which only the simulation knows",
                  "leave out its `queue`");
  }
  if (auto shortage = deployment::arrival_shortage(request.plan.graph, request.samples))
    return tl::unexpected(Diagnostics{std::move(*shortage)});
  return Coordinator(request, port).run();
}

Coordinator::Coordinator(const RunRequest& request, Port& port)
    : request_(request),
      port_(port),
      model_(*request.scenario->model),
      session_(new_session()),
      arrivals_(request.plan.graph, request.seed) {}

Result<RunResult> Coordinator::run() {
  if (auto connected = connect(); !connected) {
    finish();
    return tl::unexpected(std::move(connected.error()));
  }
  auto deployed = compare_with_agents();
  if (deployed) deployed = prepare_weights();
  if (deployed) {
    begin_epoch(request_.plan, "start");
    deployed = await_deployment();
  }
  if (deployed) deployed = synchronise();
  if (!deployed) {
    finish();
    return tl::unexpected(std::move(deployed.error()));
  }
  stream();
  RunResult result = report();
  finish();
  return result;
}

Coordinator::Link* Coordinator::link_of(int endpoint) {
  const auto found = by_endpoint_.find(endpoint);
  return found == by_endpoint_.end() ? nullptr : found->second;
}

void Coordinator::say_hello(Link& link) {
  link.hello_sent = monotonic_now();
  tell(link, Hello{request_.version, request_.scenario->name});
}

void Coordinator::ping_all(Nanoseconds now) {
  if (now - last_ping_ < request_.heartbeat) return;
  last_ping_ = now;
  for (const auto& link : links_) {
    if (link->is_welcome) tell(*link, Ping{monotonic_now()});
  }
}

void Coordinator::wait_until(Nanoseconds until) {
  ping_all(monotonic_now());
  while (auto event = port_.receive(until)) {
    take(*event);
    if (monotonic_now() >= until) break;
  }
}

void Coordinator::take(const Port::Event& event) {
  const auto found = by_route_.find(event.route);
  if (found == by_route_.end()) return;
  Link& link = *found->second;
  switch (event.kind) {
    case Port::Event::Kind::refused:
      if (!link.is_welcome) link.is_refused = true;
      return;
    case Port::Event::Kind::connected:
      if (!link.is_welcome || link.is_lost) say_hello(link);
      return;
    case Port::Event::Kind::disconnected:
      return;
    case Port::Event::Kind::frame:
      break;
  }
  const auto frame = decode_frame(event.bytes);
  if (frame && frame->session == session_) take_frame(link, *frame);
}

void Coordinator::take_frame(Link& link, const Frame& frame) {
  const Nanoseconds now = monotonic_now();
  link.last_heard = now;
  switch (frame.type) {
    case FrameType::welcome:
      if (auto about = from_bytes<Welcome>(frame.body)) {
        const bool is_restarted = link.is_welcome && about->instance != link.about.instance;
        link.is_busy = about->is_busy;
        if (about->is_busy) return;
        if (is_restarted && !link.is_lost) lose(link, now);
        link.about = std::move(*about);
        link.is_welcome = true;
        if (link.is_lost) welcome_back(link);
      }
      return;
    case FrameType::pong:
      if (auto pong = from_bytes<Pong>(frame.body)) {
        link.clock.add(pong->asked, pong->received, pong->sent, now);
        for (const PeerRoundTrip& peer : pong->peers) round_trips_[{link.endpoint, peer.endpoint}] = peer.shortest;
        link.last_pong = std::move(*pong);
        if (link.last_pong.instance != link.about.instance) say_hello(link);
      }
      return;
    case FrameType::missing:
      if (const auto missing = from_bytes<Missing>(frame.body)) take_missing(link, *missing);
      return;
    case FrameType::weights_kept:
      if (const auto kept = from_bytes<WeightsKept>(frame.body)) take_kept(link, *kept);
      return;
    case FrameType::ready:
      if (const auto ready = from_bytes<Ready>(frame.body)) take_ready(link, *ready);
      return;
    case FrameType::trace:
      if (const auto trace = from_bytes<Trace>(frame.body)) take_trace(link, *trace);
      return;
    case FrameType::failure:
      if (const auto failure = from_bytes<Failure>(frame.body)) {
        failures_.push_back({Severity::error,
                             failure->code,
                             {},
                             "agent '" + link.address.device + "': " + failure->message,
                             failure->hint});
      }
      return;
    case FrameType::bye:
      link.is_gone = true;
      if (!is_finishing_ && !link.is_lost) lose(link, now);
      return;
    default:
      return;
  }
}

void Coordinator::finish() {
  is_finishing_ = true;
  for (const auto& link : links_) {
    if (link->is_welcome) tell(*link, Bye{});
  }
  const Nanoseconds give_up = monotonic_now() + 500 * millisecond;
  const auto is_there = [](const auto& link) { return link->is_welcome && !link->is_gone && !link->is_lost; };
  while (std::any_of(links_.begin(), links_.end(), is_there) && monotonic_now() < give_up) {
    if (auto event = port_.receive(give_up)) take(*event);
  }
  for (const auto& link : links_) port_.close(link->route);
}

RunResult Coordinator::report() {
  RunResult result;
  result.records = std::move(records_);
  std::sort(result.records.begin(), result.records.end(),
            [](const SampleRecord& a, const SampleRecord& b) { return a.sample < b.sample; });
  for (const Epoch& each : epochs_) {
    if (each.number <= active_) result.plans.push_back({each.number, each.plan.plan, each.why, each.from_sample});
  }
  result.is_clock_shared = true;
  const Nanoseconds now = monotonic_now();
  for (const auto& link : links_) {
    if (!link->is_welcome) continue;
    const ClockOffset::At clock = link->clock.at(now);
    AgentReport about;
    about.device = link->address.device;
    about.address = link->address.address;
    about.about = link->about;
    about.units = link->units;
    about.memory_used = link->last_pong.memory_used;
    about.refused_frames = link->last_pong.refused_frames;
    about.late_frames = link->last_pong.late_frames;
    about.clock_offset = clock.offset;
    about.clock_error = clock.error;
    about.round_trip = link->clock.shortest_round_trip();
    about.is_clock_shared = link->clock.is_shared();
    result.is_clock_shared = result.is_clock_shared && about.is_clock_shared;
    result.clock_error = std::max(result.clock_error, clock.error);
    result.agents.push_back(std::move(about));
  }
  for (auto& [ends, connection] : connections_) {
    const auto found = round_trips_.find(ends);
    if (found != round_trips_.end()) connection.round_trip = found->second;
    result.connections.push_back(connection);
  }
  result.faults = faults_;
  result.stages = stage_times_.report();
  const auto thresholds = thresholds_in_use(*request_.scenario, request_.plan.plan, request_.weights != nullptr);
  for (const auto& threshold : thresholds) {
    const char* drawn = request_.plan.graph.replay != nullptr ? "trace" : "probability";
    result.exit_rules.emplace_back(threshold ? "threshold" : drawn);
  }
  result.is_interrupted = is_stopped() && static_cast<std::int64_t>(result.records.size()) < request_.samples;
  return result;
}

}  // namespace tiercut::runtime
