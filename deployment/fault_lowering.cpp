// SPDX-License-Identifier: Apache-2.0
#include "deployment/fault_lowering.hpp"

#include <algorithm>

namespace tiercut::deployment {
namespace {

using scenarios::DeviceRef;

constexpr std::size_t most_faults = 65536;

class FaultLowering {
 public:
  FaultLowering(const scenarios::Scenario& scenario, const Network& network, StageGraph& graph)
      : scenario_(scenario), network_(network), graph_(graph) {}

  void add(const scenarios::Fault& fault) {
    Fault lowered;
    lowered.name = fault.name;
    lowered.loses = fault.loses;
    lowered.outages = fault.outages;
    lowered.time_between = fault.time_between;
    lowered.time_to_repair = fault.time_to_repair;
    lowered.recovery = Span::from(fault.recovery);
    const bool is_random = fault.time_between > Seconds();
    if (fault.device) {
      const int count = scenario_.device(*fault.device).count;
      if (!is_random || fault.device->member > 0 || count == 1) return add_device(lowered, fault, *fault.device);
      for (int member = 1; member <= count && graph_.faults.size() <= most_faults; ++member) {
        lowered.name = fault.name + "/" + scenario_.name_of(DeviceRef{fault.device->device, member});
        add_device(lowered, fault, {fault.device->device, member});
      }
      return;
    }
    if (!is_random) {
      for (const scenarios::Hop& link : fault.links) lowered.resources.push_back(network_.link(link));
      graph_.faults.push_back(std::move(lowered));
      return;
    }
    // Links named together fail together; the copies of a group's links by themselves.
    int copies = 1;
    for (const scenarios::Hop& link : fault.links) {
      if (link.member == 0) copies = std::max(copies, graph_.resource(network_.link(link).resource).copies);
    }
    for (int copy = 1; copy <= copies && graph_.faults.size() <= most_faults; ++copy) {
      Fault one = lowered;
      if (copies > 1) one.name += "/" + std::to_string(copy);
      for (const scenarios::Hop& link : fault.links) {
        const ResourceUse use = network_.link(link);
        const bool has_copies = link.member == 0 && graph_.resource(use.resource).copies > 1;
        if (has_copies && copy <= graph_.resource(use.resource).copies) one.resources.push_back({use.resource, copy});
        if (!has_copies && copy == 1) one.resources.push_back(use);
      }
      graph_.faults.push_back(std::move(one));
    }
  }

 private:
  void add_device(Fault lowered, const scenarios::Fault& fault, DeviceRef device) {
    const profiles::ProfilePointer& profile = scenario_.device(device).profile;
    const int units = profile ? static_cast<int>(profile->units.size()) : 0;
    for (int unit = 0; unit < units; ++unit) {
      if (fault.unit.value_or(unit) == unit) lowered.resources.push_back(network_.unit(device, unit));
    }
    if (!fault.unit) {
      lowered.devices.push_back(device);
      add_links(lowered, device);
    }
    graph_.faults.push_back(std::move(lowered));
  }

  void add_links(Fault& lowered, DeviceRef device) const {
    for (std::size_t l = 0; l < scenario_.links.size(); ++l) {
      const scenarios::Link& link = scenario_.links[l];
      if (link.is_shared) continue;
      for (const std::vector<DeviceRef>* ends : {&link.from, &link.to}) {
        for (const DeviceRef end : *ends) {
          if (end.device != device.device) continue;
          if (end.member != 0 && device.member != 0 && end.member != device.member) continue;
          const int member = end.member == 0 ? device.member : 0;
          lowered.resources.push_back(network_.link({static_cast<int>(l), member}));
        }
      }
    }
  }

  const scenarios::Scenario& scenario_;
  const Network& network_;
  StageGraph& graph_;
};

}  // namespace

void add_faults(const scenarios::Scenario& scenario, const Network& network, StageGraph& graph, Diagnostics& errors) {
  FaultLowering lowering(scenario, network, graph);
  for (const scenarios::Fault& fault : scenario.faults) lowering.add(fault);
  if (graph.faults.size() <= most_faults) return;
  errors.push_back({Severity::error, "too-many-faults", Location{scenario.file, 0, 0, "faults"},
                    "faults by rate of large groups are more than " + std::to_string(most_faults) + " together",
                    "let fewer members fail, or state times"});
}

}  // namespace tiercut::deployment
