// SPDX-License-Identifier: Apache-2.0
#include "deployment/network.hpp"

#include <algorithm>

#include "deployment/places.hpp"

namespace tiercut::deployment {
namespace {

using scenarios::DeviceRef;

Span nominal_latency(const scenarios::Link& link) { return Span::from(link.latency + link.jitter.mean); }

bool is_random(const scenarios::Link& link) {
  return link.loss.probability > 0 ||
         (link.jitter.kind != scenarios::Jitter::Kind::none && link.jitter.deviation.value() > 0);
}

}  // namespace

Network::Network(const scenarios::Scenario& scenario, StageGraph& graph, Diagnostics& diagnostics)
    : scenario_(scenario), graph_(graph), diagnostics_(diagnostics) {
  graph_.resources.reserve(scenario.devices.size() + scenario.links.size());
  add_units();
  add_links();
}

void Network::add_units() {
  for (std::size_t d = 0; d < scenario_.devices.size(); ++d) {
    const scenarios::Device& device = scenario_.devices[d];
    first_unit_.push_back(static_cast<int>(graph_.resources.size()));
    if (!device.profile) continue;
    const std::vector<profiles::Unit>& units = device.profile->units;
    for (const profiles::Unit& unit : units) {
      Resource resource;
      resource.name = units.size() == 1 ? device.name : device.name + ":" + unit.name;
      resource.copies = device.count;
      resource.device = {static_cast<int>(d), 0};
      resource.queue = device.queue;
      resource.workers = device.workers;
      graph_.resources.push_back(std::move(resource));
    }
  }
}

void Network::add_links() {
  first_link_ = static_cast<int>(graph_.resources.size());
  for (const scenarios::Link& link : scenario_.links) {
    Resource resource;
    resource.kind = Resource::Kind::link;
    resource.name = link.name;
    resource.copies = scenario_.copies_of(link);
    resource.latency = nominal_latency(link);
    resource.fixed_latency = Span::from(link.latency);
    resource.bandwidth = link.bandwidth;
    resource.overhead = Span::from(link.overhead);
    resource.discipline = link.discipline;
    resource.jitter = link.jitter;
    resource.loss = link.loss;
    resource.queue = link.queue;
    graph_.resources.push_back(std::move(resource));
  }
}

ResourceUse Network::unit(DeviceRef device, int unit) const {
  if (unit < 0) return {};
  return {first_unit_[static_cast<std::size_t>(device.device)] + unit, device.member};
}

Message Network::tensor(model::LayerId tensor, model::Encoding encoding, Bytes size, DeviceRef from, int from_unit,
                        DeviceRef to) {
  Message message;
  message.tensor = tensor;
  message.encoding = encoding;
  message.size = size;
  message.from = from;
  message.to = to;
  if (const profiles::ProfilePointer& sender = scenario_.device(from).profile) {
    message.serialise = {unit(from, from_unit), Span::from(sender->serialise_overhead + size / sender->serialise)};
  }
  if (const profiles::ProfilePointer& receiver = scenario_.device(to).profile) {
    message.deserialise = {unit(to, message_unit(scenario_, to)),
                           Span::from(receiver->deserialise_overhead + size / receiver->deserialise)};
  }
  route(message);
  return message;
}

Message Network::copy(model::LayerId tensor, DeviceRef device, int from_unit) const {
  const model::Layer& layer = scenario_.model->layer(tensor);
  const profiles::Profile& profile = *scenario_.device(device).profile;
  Message message;
  message.tensor = tensor;
  message.encoding = layer.encoding;
  message.size = layer.output_bytes;
  message.from = message.to = device;
  message.serialise = {unit(device, from_unit),
                       Span::from(profile.unit_transfer_overhead + layer.output_bytes / profile.unit_transfer)};
  return message;
}

Message Network::control(DeviceRef from, DeviceRef to) {
  Message message;
  message.size = scenario_.policy.control_size;
  message.from = from;
  message.to = to;
  route(message);
  return message;
}

void Network::route(Message& message) {
  const std::optional<std::vector<scenarios::Hop>> hops = scenario_.route(message.from, message.to);
  if (!hops) {
    report("no-route", message, "no link leads there", "add a link, or place the layers elsewhere");
    return;
  }
  message.hops.reserve(hops->size());
  for (const scenarios::Hop& hop : *hops) {
    const scenarios::Link& link = scenario_.links[static_cast<std::size_t>(hop.link)];
    message.hops.push_back({first_link_ + hop.link, hop.member});
    graph_.is_random = graph_.is_random || is_random(link);
    if (link.discipline == scenario_.links[static_cast<std::size_t>(hops->front().link)].discipline) continue;
    report("mixed-route", message, "fair and fifo links follow each other on the way",
           "give all links of the route one discipline");
    return;
  }
  if (!hops->empty()) message.connection = connect(message, *hops);
}

int Network::connect(const Message& message, const std::vector<scenarios::Hop>& hops) {
  for (std::size_t i = 0; i < graph_.connections.size(); ++i) {
    if (graph_.connections[i].from == message.from && graph_.connections[i].to == message.to)
      return static_cast<int>(i);
  }
  Connection connection;
  connection.from = message.from;
  connection.to = message.to;
  for (const DeviceRef end : {message.from, message.to}) {
    if (end.member == 0) connection.copies = std::max(connection.copies, scenario_.device(end).count);
  }
  connection.transport = scenario_.links[static_cast<std::size_t>(hops.front().link)].transport;
  const auto way = [this](const std::vector<scenarios::Hop>& route) {
    Span sum;
    for (const scenarios::Hop& hop : route) sum += nominal_latency(scenario_.links[static_cast<std::size_t>(hop.link)]);
    return sum;
  };
  const std::optional<std::vector<scenarios::Hop>> back = scenario_.route(message.to, message.from);
  connection.round_trip = way(hops) + way(back.value_or(hops));
  graph_.connections.push_back(std::move(connection));
  return static_cast<int>(graph_.connections.size()) - 1;
}

void Network::report(const char* code, const Message& message, const std::string& why, const char* hint) {
  const std::pair ends(message.from, message.to);
  if (std::find(reported_.begin(), reported_.end(), ends) != reported_.end()) return;
  reported_.push_back(ends);
  diagnostics_.push_back({Severity::error, code, Location{scenario_.file, 0, 0, "links"},
                          "a message must go from " + scenario_.name_of(message.from) + " to " +
                              scenario_.name_of(message.to) + ", but " + why,
                          hint});
}

}  // namespace tiercut::deployment
