// SPDX-License-Identifier: Apache-2.0
#include "simulator/fault_table.hpp"

#include <algorithm>

#include "core/random.hpp"

namespace tiercut::simulator {

using namespace deployment;

FaultTable::FaultTable(const CompiledGraph& graph, std::uint64_t seed) : graph_(*graph.source), seed_(seed) {
  for (const Fault& fault : graph_.faults) {
    auto& copies = copies_.emplace_back();
    for (const ResourceUse& use : fault.resources) {
      const int first = graph.first_copy[static_cast<std::size_t>(use.resource)];
      const int count = graph_.resource(use.resource).copies;
      const bool is_one = use.member > 0 || count == 1;
      for (int i = 0; i < (is_one ? 1 : count); ++i) copies.push_back(first + (use.member > 0 ? use.member - 1 : i));
    }
    std::sort(copies.begin(), copies.end());
    copies.erase(std::unique(copies.begin(), copies.end()), copies.end());
    std::vector<int> further;  // workers
    for (std::size_t i = 0; i < graph.copy_of_worker.size(); ++i) {
      if (std::binary_search(copies.begin(), copies.end(), graph.copy_of_worker[i]))
        further.push_back(graph.copies() + static_cast<int>(i));
    }
    copies.insert(copies.end(), further.begin(), further.end());
  }
  sources_.resize(graph.stages.size());
  senders_.resize(graph.messages.size());
  receivers_.resize(graph.messages.size());
  for (std::size_t id = 0; id < graph.stages.size(); ++id) {
    const Stage& stage = graph_.stages[id];
    if (const auto* source = std::get_if<Source>(&stage.work)) sources_[id] = hits_of(source->device);
    const auto* transfer = std::get_if<Transfer>(&stage.work);
    const auto* control = std::get_if<Control>(&stage.work);
    if (transfer == nullptr && control == nullptr) continue;
    const Message& message = transfer != nullptr ? transfer->message : control->message;
    const auto detail = static_cast<std::size_t>(graph.stages[id].detail);
    senders_[detail] = hits_of(message.from);
    receivers_[detail] = hits_of(message.to);
  }
}

FaultTable::Hits FaultTable::hits_of(scenarios::DeviceRef device) const {
  Hits hits;
  for (int f = 0; f < size(); ++f) {
    for (const auto& hit : graph_.faults[static_cast<std::size_t>(f)].devices) {
      if (hit.device != device.device) continue;
      if (hit.member == 0 || hit.member == device.member) {
        hits.push_back({f, 0});
      } else if (device.member == 0) {
        hits.push_back({f, hit.member});
      }
    }
  }
  return hits;
}

std::optional<scenarios::Outage> FaultTable::outage(int fault, std::int64_t number, Instant previous_end) const {
  const Fault& f = graph_.faults[static_cast<std::size_t>(fault)];
  const auto index = static_cast<std::uint64_t>(number);
  if (!(f.time_between > Seconds())) {
    if (index >= f.outages.size()) return std::nullopt;
    return f.outages[index];
  }
  RandomStream stream(seed_, entity_id("fault/" + f.name), index);
  const Span apart = std::max(Span(1), Span::from(Seconds(stream.exponential(f.time_between.value()))));
  const Span length = std::max(Span(1), Span::from(Seconds(stream.exponential(f.time_to_repair.value()))) + f.recovery);
  if (apart > Instant::never() - previous_end) return std::nullopt;
  const Instant from = previous_end + apart;
  return scenarios::Outage{from, length > Instant::never() - from ? Instant::never() : from + length};
}

}  // namespace tiercut::simulator
