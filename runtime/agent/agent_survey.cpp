// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/agent_survey.hpp"

#include <algorithm>
#include <map>

#include "runtime/agent/clock_offset.hpp"
#include "runtime/agent/host.hpp"

namespace tiercut::runtime {
namespace {

constexpr int pings = 8;
constexpr std::uint64_t no_session = 0;  // a mere question

struct Asked {
  Surveyed result;
  ClockOffset clock;
  int pongs = 0;
  Nanoseconds hello_sent = 0;
};

void take(const Port::Event& event, Asked& asked, Port& port) {
  if (event.kind == Port::Event::Kind::refused) asked.result.why = "does not know our key, or has another";
  if (event.kind != Port::Event::Kind::frame) return;
  const auto frame = decode_frame(event.bytes);
  if (!frame) return;
  if (frame->type == FrameType::welcome && !asked.result.about) {
    asked.result.about = from_bytes<Welcome>(frame->body);
    if (asked.result.about) port.send(event.route, frame_of(Ping{monotonic_now()}, no_session));
  }
  if (frame->type != FrameType::pong) return;
  const auto pong = from_bytes<Pong>(frame->body);
  if (!pong) return;
  asked.clock.add(pong->asked, pong->received, pong->sent, monotonic_now());
  if (++asked.pongs < pings) port.send(event.route, frame_of(Ping{monotonic_now()}, no_session));
}

}  // namespace

std::vector<Surveyed> survey(const std::vector<AgentAddress>& agents, Port& port, Nanoseconds timeout) {
  std::map<Route, Asked> asked;
  std::vector<Surveyed> results(agents.size());
  std::vector<Route> routes;
  for (const AgentAddress& agent : agents) {
    const auto route = port.open(agent.address, agent.public_key);
    routes.push_back(route ? *route : -1);
    if (route) asked[*route].result = {agent, {}, "does not answer"};
  }
  const Nanoseconds give_up = monotonic_now() + timeout;
  const auto is_open = [](const auto& each) {
    return each.second.pongs < pings && each.second.result.why == "does not answer";
  };
  while (monotonic_now() < give_up && std::any_of(asked.begin(), asked.end(), is_open)) {
    for (auto& [route, each] : asked) {
      if (each.result.about || monotonic_now() - each.hello_sent < nanoseconds_a_second / 4) continue;
      each.hello_sent = monotonic_now();
      port.send(route, frame_of(Hello{{}, "survey"}, no_session));
    }
    const auto event = port.receive(std::min(give_up, monotonic_now() + nanoseconds_a_second / 20));
    if (!event) continue;
    if (const auto found = asked.find(event->route); found != asked.end()) take(*event, found->second, port);
  }
  for (std::size_t i = 0; i < agents.size(); ++i) {
    results[i] = {agents[i], {}, "has no such address"};
    const auto found = asked.find(routes[i]);
    if (found == asked.end()) continue;
    Asked& each = found->second;
    results[i] = each.result;
    if (each.clock.is_known()) {
      const ClockOffset::At clock = each.clock.at(monotonic_now());
      results[i].clock_offset = clock.offset;
      results[i].clock_error = clock.error;
      results[i].round_trip = each.clock.shortest_round_trip();
      const bool is_same_boot = results[i].about && !boot_id().empty() && results[i].about->boot == boot_id();
      results[i].is_clock_shared = is_same_boot && each.clock.is_consistent_with_shared();
    }
    port.close(routes[i]);
  }
  return results;
}

}  // namespace tiercut::runtime
