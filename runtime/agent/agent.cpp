// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/agent.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "runtime/agent/agent_state.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds longest_wait = nanoseconds_a_second / 10;
constexpr Nanoseconds trace_delay = nanoseconds_a_second / 50;
constexpr std::size_t trace_batch = 64;

std::uint64_t new_instance() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

}  // namespace

Agent::Agent(AgentOptions options, Port& port) : state_(std::make_unique<State>(std::move(options), port)) {}
Agent::~Agent() = default;
void Agent::serve(const std::function<bool()>& is_stopped) { state_->serve(is_stopped); }

Agent::State::State(AgentOptions given, Port& network)
    : options(std::move(given)),
      port(network),
      memory(std::make_shared<MemoryBudget>(options.memory_limit)),
      weights(memory),
      instance(new_instance()) {
  for (const std::string& unit : options.units) {
    units[unit] = std::make_unique<UnitWorker>(options.threads, options.longest_queue);
  }
}

Agent::State::~State() {
  if (builder.joinable()) builder.join();
  units.clear();
  run_posted();  // what they still posted holds programs, which need this
}

void Agent::State::log(const std::string& text) const {
  if (options.log) options.log(text);
}

void Agent::State::serve(const std::function<bool()>& is_stopped) {
  while (!is_stopped()) {
    const Nanoseconds until = std::min(next_moment(), monotonic_now() + longest_wait);
    // Frames that are already there are taken before time is looked at, but not for ever.
    for (int i = 0; i < 16; ++i) {
      const auto event = port.receive(i == 0 ? until : 0);
      if (event) take(*event);
      run_posted();
      if (!event) break;
    }
    pass_time(monotonic_now());
  }
  end_session("stopped");
}

void Agent::State::post(std::function<void()> action) {
  {
    const std::lock_guard lock(posted_mutex);
    posted.push_back(std::move(action));
  }
  port.wake();
}

void Agent::State::run_posted() {
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard lock(posted_mutex);
    now.swap(posted);
  }
  for (const auto& action : now) action();
}

Nanoseconds Agent::State::next_moment() const {
  Nanoseconds next = trace.empty() ? never : trace_since + trace_delay;
  if (!inputs.empty()) next = std::min(next, inputs.begin()->first.when);
  for (const auto& [epoch, program] : programs) next = std::min(next, program->machine().next_deadline());
  return next;
}

void Agent::State::pass_time(Nanoseconds now) {
  while (!inputs.empty() && inputs.begin()->first.when <= now) {
    auto due = inputs.extract(inputs.begin());
    const auto& [head, payload] = due.mapped();
    memory->give(payload.size());
    input_bytes -= payload.size();
    const auto found = programs.find(head.sample.epoch);
    if (found == programs.end() || !found->second->take_input(head, payload, monotonic_now())) ++late_frames;
  }
  for (const auto& [epoch, program] : programs) {
    if (program->machine().next_deadline() <= now) program->machine().pass_deadlines(monotonic_now());
  }
  if (!trace.empty() && (trace.size() >= trace_batch || now >= trace_since + trace_delay)) flush_trace();
  if (coordinator >= 0 && now - last_heard > options.coordinator_timeout) end_session("its coordinator went silent");
}

void Agent::State::report(TraceEvent event) {
  if (trace.empty()) trace_since = monotonic_now();
  trace.push_back(std::move(event));
}

void Agent::State::flush_trace() {
  tell(Trace{std::exchange(trace, {})});
  trace_since = never;
}

void Agent::State::take(const Port::Event& event) {
  if (event.kind == Port::Event::Kind::connected) return ping_peer(event.route);
  if (event.kind == Port::Event::Kind::refused) {
    for (const auto& [key, peer] : peers) {
      if (peer.route == event.route) log("'" + peer.name + "' does not take this agent's key");
    }
  }
  if (event.kind != Port::Event::Kind::frame) return;
  const auto frame = decode_frame(event.bytes);
  if (frame) return take_frame(event, *frame);
  if (++refused_frames <= 10) {
    log("a frame from '" + event.peer + "' is refused: it is " + std::string(to_text(frame.error())));
  }
}

void Agent::State::take_frame(const Port::Event& event, const Frame& frame) {
  const Nanoseconds received = monotonic_now();
  const auto misunderstood = [&] { ++refused_frames; };
  if (frame.type == FrameType::hello) return take_hello(event, frame);
  if (frame.type == FrameType::ping) {
    const auto ping = from_bytes<Ping>(frame.body);
    return ping ? answer_ping(event, *ping, frame.session) : misunderstood();
  }
  if (coordinator < 0 || frame.session != session) {
    ++late_frames;
    return;
  }
  if (frame.type == FrameType::tensor || frame.type == FrameType::control) return take_message(frame, received);
  if (frame.type == FrameType::pong) {
    const auto pong = from_bytes<Pong>(frame.body);
    return pong ? take_pong(event, *pong) : misunderstood();
  }
  if (event.route != coordinator) return misunderstood();
  last_heard = received;
  switch (frame.type) {
    case FrameType::deploy:
      return deploy(event.route, frame);
    case FrameType::weights:
      return take_weights(frame);
    case FrameType::input:
      return take_input(frame, frame.body);
    case FrameType::retire:
      if (const auto over = from_bytes<Retire>(frame.body)) return retire(*over);
      return misunderstood();
    case FrameType::peer_lost:
      if (const auto lost = from_bytes<PeerLost>(frame.body)) return lose_peer(lost->name);
      return misunderstood();
    case FrameType::forget:
      if (const auto over = from_bytes<Forget>(frame.body)) return forget(over->epoch);
      return misunderstood();
    case FrameType::bye:
      return end_session("");
    default:
      return misunderstood();
  }
}

}  // namespace tiercut::runtime
