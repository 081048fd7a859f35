// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/coordinator.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "runtime/agent/host.hpp"
#include "runtime/agent/program_maker.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;
constexpr int pings_before_start = 8;

std::uint64_t new_session() {
  std::random_device source;
  return (std::uint64_t{source()} << 32 | source()) | 1U;  // 0 means a mere question
}

}  // namespace

std::string_view to_text(SampleStatus status) {
  switch (status) {
    case SampleStatus::answered:
      return "answered";
    case SampleStatus::fallback:
      return "fallback";
    case SampleStatus::failed:
      return "failed";
  }
  return "failed";
}

RunInput made_up_input(const model::Model& model, std::uint64_t seed) {
  constexpr std::int64_t rows = 16;
  RunInput input;
  input.rows = rows;
  for (const model::LayerId layer : model.inputs()) {
    const auto elements = static_cast<std::size_t>(model.layer(layer).shape.elements());
    std::vector<float> values;
    values.reserve(elements * rows);
    for (std::int64_t row = 0; row < rows; ++row) {
      RandomStream stream(seed, entity_id("input/" + model.layer(layer).name), static_cast<std::uint64_t>(row));
      for (std::size_t i = 0; i < elements; ++i) values.push_back(static_cast<float>(stream.uniform()));
    }
    input.values.push_back(std::move(values));
  }
  return input;
}

std::vector<std::optional<double>> thresholds_in_use(const scenarios::Scenario& scenario, const deployment::Plan& plan,
                                                     bool has_weights) {
  std::vector<std::optional<double>> chosen(scenario.model->exits.size());
  if (!has_weights) return chosen;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    if (k < scenario.exits.size() && scenario.exits[k]) chosen[k] = scenario.exits[k]->threshold;
    if (k < plan.thresholds.size() && plan.thresholds[k]) chosen[k] = plan.thresholds[k];
  }
  return chosen;
}

std::vector<std::string> devices_in_use(const scenarios::Scenario& scenario, const deployment::StageGraph& graph) {
  const Program program = program_of(scenario, graph, {});
  const std::vector<bool> in_use = endpoints_in_use(program, graph.members);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < in_use.size(); ++i) {
    if (in_use[i]) names.push_back(program.endpoints[i].name);
  }
  return names;
}

Result<RunResult> run_plan(const RunRequest& request, Port& port) { return Coordinator(request, port).run(); }

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

Result<void> Coordinator::connect() {
  const Program program = program_of(*request_.scenario, request_.plan.graph, {});
  const std::vector<bool> in_use = endpoints_in_use(program, request_.plan.graph.members);
  Diagnostics errors;
  for (std::size_t endpoint = 0; endpoint < in_use.size(); ++endpoint) {
    const std::string& device = program.endpoints[endpoint].name;
    const auto given = std::find_if(request_.agents.begin(), request_.agents.end(),
                                    [&](const AgentAddress& agent) { return agent.device == device; });
    if (given == request_.agents.end()) {
      if (!in_use[endpoint]) continue;
      errors.push_back({Severity::error,
                        "agents-missing",
                        {},
                        "the plan uses device '" + device +
                            "', and no agent is "
                            "named for it",
                        "`tiercut agent --name " + device + "` runs one there; list it in --devices"});
      continue;
    }
    const auto route = port_.open(given->address, given->public_key);
    if (!route) {
      errors.insert(errors.end(), route.error().begin(), route.error().end());
      continue;
    }
    auto link = std::make_unique<Link>();
    link->address = *given;
    link->endpoint = static_cast<int>(endpoint);
    link->route = *route;
    by_route_[*route] = link.get();
    by_endpoint_[link->endpoint] = link.get();
    links_.push_back(std::move(link));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));

  const Nanoseconds give_up = monotonic_now() + request_.connect_timeout;
  const auto is_missing = [](const auto& link) { return !link->is_welcome; };
  while (std::any_of(links_.begin(), links_.end(), is_missing)) {
    const Nanoseconds now = monotonic_now();
    const bool is_decided =
        std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->is_refused || link->is_busy; });
    if (now > give_up || is_decided || is_stopped()) break;
    for (const auto& link : links_) {
      if (!link->is_welcome && now - link->hello_sent > 200 * millisecond) say_hello(*link);
    }
    wait_until(now + 20 * millisecond);
  }
  if (is_stopped()) return fail("interrupted", "interrupted while agents were looked for");
  for (const auto& link : links_) {
    const std::string who = "agent '" + link->address.device + "' at " + link->address.address;
    if (link->is_busy) {
      errors.push_back(
          {Severity::error, "agent-busy", {}, who + " is at work for somebody else", "wait until that run is over"});
    } else if (link->is_refused) {
      errors.push_back({Severity::error,
                        "peer-refused",
                        {},
                        who + " and this coordinator do not know each other's keys",
                        "each needs the other's .public in its folder of keys; see `tiercut agent --help`"});
    } else if (!link->is_welcome) {
      errors.push_back({Severity::error,
                        "agent-unreachable",
                        {},
                        who + " does not answer",
                        "is it running, and is that its address?"});
    }
  }
  if (errors.empty()) return {};
  return tl::unexpected(std::move(errors));
}

Result<void> Coordinator::compare_with_agents() const {
  Diagnostics errors;
  const auto uses = deployment::memory_use(*request_.scenario, request_.plan.plan);
  for (const auto& link : links_) {
    const std::string& device = link->address.device;
    if (link->about.version != request_.version) {
      errors.push_back({Severity::error,
                        "version-mismatch",
                        {},
                        "agent '" + device + "' is tiercut " + link->about.version + ", this is " + request_.version,
                        "install one version everywhere"});
    }
    if (link->about.name != device) {
      errors.push_back(
          {Severity::error,
           "agent-misnamed",
           {},
           "the agent at " + link->address.address + " is '" + link->about.name + "', not '" + device + "'",
           "correct the list of devices, or start the agent with --name " + device});
    }
    double needed = 0;
    for (const deployment::MemoryUse& use : uses) {
      const Program program = program_of(*request_.scenario, request_.plan.graph, {});
      if (program.endpoint_of({use.device.device, use.device.member}, 1) != link->endpoint) continue;
      needed += use.weights.value() + use.activations.value();
    }
    const double free = static_cast<double>(link->about.memory_limit) - static_cast<double>(link->about.memory_used);
    if (needed > free) {
      errors.push_back({Severity::error,
                        "memory-exhausted",
                        {},
                        "the plan needs " + std::to_string(static_cast<std::int64_t>(needed)) + " B on '" + device +
                            "', whose agent has " + std::to_string(static_cast<std::int64_t>(std::max(0.0, free))) +
                            " B",
                        "give the agent more with --memory, or place less there"});
    }
  }
  if (errors.empty()) return {};
  return tl::unexpected(std::move(errors));
}

Result<void> Coordinator::synchronise() {
  for (int i = 0; i < pings_before_start && !is_stopped(); ++i) {
    last_ping_ = 0;
    wait_until(monotonic_now() + 10 * millisecond);
  }
  if (is_stopped()) return fail("interrupted", "interrupted before the first sample");
  share_clocks();
  for (const auto& link : links_) {
    if (!link->clock.is_known()) {
      return fail("agent-unreachable", "agent '" + link->address.device + "' does not answer when asked for its time");
    }
  }
  return {};
}

/// Processes of one boot read one clock.
void Coordinator::share_clocks() {
  const std::string here = boot_id();
  for (const auto& link : links_) {
    const bool is_same_boot = request_.is_clock_sharing_believed && !here.empty() && link->about.boot == here;
    if (is_same_boot && link->clock.is_known() && link->clock.is_consistent_with_shared()) link->clock.share();
  }
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
  const auto thresholds = thresholds_in_use(*request_.scenario, request_.plan.plan, request_.weights != nullptr);
  for (const auto& threshold : thresholds) {
    const char* drawn = request_.plan.graph.replay != nullptr ? "trace" : "probability";
    result.exit_rules.emplace_back(threshold ? "threshold" : drawn);
  }
  result.is_interrupted = is_stopped() && static_cast<std::int64_t>(result.records.size()) < request_.samples;
  return result;
}

}  // namespace tiercut::runtime
