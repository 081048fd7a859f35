// SPDX-License-Identifier: Apache-2.0
// Agents among themselves: tensors and decisions go from one to the other, not by way of the coordinator.
#include "runtime/agent/agent_state.hpp"

namespace tiercut::runtime {
namespace {

// The first few at once, when everybody is busy getting ready; the others with the coordinator's, ten a second.
constexpr int pings_at_once = 10, pings_a_peer = 40;

}  // namespace

void Agent::State::connect_peers(const DeployedProgram& program) {
  peer_of_endpoint.resize(std::max(peer_of_endpoint.size(), program.program().endpoints.size()));
  for (const int endpoint : program.receivers()) {
    const ProgramEndpoint& to = program.program().endpoints[static_cast<std::size_t>(endpoint)];
    const std::string id = to.address + " " + to.key;
    peer_of_endpoint[static_cast<std::size_t>(endpoint)] = id;
    if (to.address.empty()) continue;
    Peer& peer = peers[id];
    peer.name = to.name;
    peer.endpoint = static_cast<std::uint16_t>(endpoint);
    peer.is_lost = false;
    if (peer.route >= 0) continue;
    const auto route = port.open(to.address, to.key);
    if (!route) {
      refuse(program.program().epoch, route.error());
      continue;
    }
    peer.route = *route;
    ping_peer(peer.route);
  }
}

void Agent::State::ping_peer(Route route) { port.send(route, frame_of(Ping{monotonic_now()}, session)); }

void Agent::State::take_pong(const Port::Event& event, const Pong& pong) {
  for (auto& [id, peer] : peers) {
    if (peer.route != event.route) continue;
    const Nanoseconds round_trip = monotonic_now() - pong.asked - (pong.sent - pong.received);
    if (round_trip >= 0) peer.shortest = std::min(peer.shortest, round_trip);
    if (++peer.pongs < pings_at_once) ping_peer(peer.route);
  }
}

void Agent::State::ping_peers() {
  for (const auto& [id, peer] : peers) {
    if (peer.route >= 0 && peer.pongs >= pings_at_once && peer.pongs < pings_a_peer) ping_peer(peer.route);
  }
}

bool Agent::State::send_message(int endpoint, FrameType type, std::string frame, std::size_t head_end, float scale) {
  const auto found = peers.find(peer_of_endpoint[static_cast<std::size_t>(endpoint)]);
  if (found == peers.end() || found->second.route < 0 || found->second.is_lost) return false;
  MessageHead::stamp(frame, head_end, scale, monotonic_now());
  seal_frame(frame, type, session);
  return port.send(found->second.route, std::move(frame));
}

void Agent::State::take_message(const Frame& frame, Nanoseconds received) {
  const auto head = head_of<MessageHead>(frame.body);
  if (!head) {
    ++refused_frames;
    return;
  }
  const auto found = programs.find(head->first.sample.epoch);
  const bool is_taken =
      found != programs.end() && found->second->take_message(frame.type, head->first, head->second, received);
  if (!is_taken) ++late_frames;
}

}  // namespace tiercut::runtime
