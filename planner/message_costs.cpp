// SPDX-License-Identifier: Apache-2.0
#include "planner/message_costs.hpp"

#include <algorithm>

namespace tiercut::planner {
namespace {

deployment::Resource resource_of(const scenarios::Link& link) {
  deployment::Resource resource;
  resource.kind = deployment::Resource::Kind::link;
  resource.latency = Span::from(link.latency + link.jitter.mean);
  resource.bandwidth = link.bandwidth;
  resource.overhead = Span::from(link.overhead);
  resource.discipline = link.discipline;
  return resource;
}

}  // namespace

MessageCosts::MessageCosts(const scenarios::Scenario& scenario, std::vector<scenarios::DeviceRef> devices)
    : scenario_(scenario), devices_(std::move(devices)), ways_(devices_.size() * devices_.size()) {
  const auto latency = [&](const std::vector<scenarios::Hop>& hops) {
    Span sum;
    for (const auto& hop : hops) sum += resource_of(scenario.links[static_cast<std::size_t>(hop.link)]).latency;
    return sum;
  };
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    const auto from = devices_[i / devices_.size()], to = devices_[i % devices_.size()];
    const auto hops = scenario.route(from, to);
    if (from == to || !hops || hops->empty()) continue;
    Way& way = ways_[i];
    for (const auto& hop : *hops) {
      way.hops.push_back(resource_of(scenario.links[static_cast<std::size_t>(hop.link)]));
      way.slowest = std::min(way.slowest, way.hops.back().bandwidth);
    }
    const auto discipline = way.hops.front().discipline;
    way.is_fair = discipline == scenarios::Discipline::fair;
    way.exists =
        std::all_of(way.hops.begin(), way.hops.end(), [&](const auto& hop) { return hop.discipline == discipline; });
    way.connection.transport = scenario.links[static_cast<std::size_t>(hops->front().link)].transport;
    way.connection.round_trip = latency(*hops) + latency(scenario.route(to, from).value_or(*hops));
    way.has_window = way.connection.transport.kind == scenarios::Transport::Kind::tcp;
    if (way.has_window) way.window = window_count_++;
  }
}

int MessageCosts::index_of(scenarios::DeviceRef device) const {
  const auto found = std::find(devices_.begin(), devices_.end(), device);
  return found == devices_.end() ? -1 : static_cast<int>(found - devices_.begin());
}

Span MessageCosts::transit(const Way& way, Bytes size) const {
  Span sum;
  for (const auto& hop : way.hops)
    sum += hop.latency + (way.is_fair ? hop.overhead : deployment::transmission(hop, size));
  return way.is_fair ? sum + Span::from(size / way.slowest) : sum;
}

Span MessageCosts::serialise(int device, Bytes size) const {
  const auto& profile = scenario_.device(devices_[static_cast<std::size_t>(device)]).profile;
  return profile ? Span::from(profile->serialise_overhead + size / profile->serialise) : Span();
}

Span MessageCosts::deserialise(int device, Bytes size) const {
  const auto& profile = scenario_.device(devices_[static_cast<std::size_t>(device)]).profile;
  return profile ? Span::from(profile->deserialise_overhead + size / profile->deserialise) : Span();
}

Span MessageCosts::unit_copy(int device, Bytes size) const {
  const auto& profile = scenario_.device(devices_[static_cast<std::size_t>(device)]).profile;
  return Span::from(profile->unit_transfer_overhead + size / profile->unit_transfer);
}

std::optional<Span> MessageCosts::data(int from, int to, Bytes size) const {
  if (from == to) return Span();
  const Way& taken = way(from, to);
  if (!taken.exists) return std::nullopt;
  return serialise(from, size) + transit(taken, size) + deserialise(to, size);
}

std::vector<scenarios::DeviceRef> devices_of(const scenarios::Scenario& scenario,
                                             const std::vector<scenarios::Scenario::Place>& places) {
  std::vector<scenarios::DeviceRef> devices{scenario.workload.answer_at};
  for (const auto& input : scenario.workload.inputs) devices.push_back(input.device);
  for (const auto& place : places) devices.push_back(place.device);
  std::sort(devices.begin(), devices.end());
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  return devices;
}

}  // namespace tiercut::planner
