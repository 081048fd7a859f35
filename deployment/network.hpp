// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment/stage_graph.hpp"

/// Units, links and messages between devices while a stage graph is made (internal to the folder).
namespace tiercut::deployment {

class Network {
 public:
  /// Enters the platform's resources into the graph: all units of devices with a profile, then all links.
  Network(const scenarios::Scenario& scenario, StageGraph& graph, Diagnostics& diagnostics);

  /// A unit of the device; nothing (resource -1) for unit -1.
  ResourceUse unit(scenarios::DeviceRef device, int unit) const;

  /// The link of a hop.
  ResourceUse link(scenarios::Hop hop) const { return {first_link_ + hop.link, hop.member}; }

  /// A tensor on its way over links, serialised on a unit of the sender. Reports no-route and mixed-route.
  Message tensor(model::LayerId tensor, model::Encoding encoding, Bytes size, scenarios::DeviceRef from, int from_unit,
                 scenarios::DeviceRef to);

  /// A tensor copied to another unit of its device; the unit it leaves does the work.
  Message copy(model::LayerId tensor, scenarios::DeviceRef device, int from_unit) const;

  /// A decision on its way: no data, so nothing to serialise.
  Message control(scenarios::DeviceRef from, scenarios::DeviceRef to);

  /// Whether a message can get from one device to the other.
  bool connects(scenarios::DeviceRef from, scenarios::DeviceRef to) const {
    return scenario_.route(from, to).has_value();
  }

 private:
  void add_units();
  void add_links();
  void route(Message& message);
  int connect(const Message& message, const std::vector<scenarios::Hop>& hops);
  void report(const char* code, const Message& message, const std::string& why, const char* hint);

  const scenarios::Scenario& scenario_;
  StageGraph& graph_;
  Diagnostics& diagnostics_;
  std::vector<int> first_unit_;  // resource of a device's unit 0
  int first_link_ = 0;
  std::vector<std::pair<scenarios::DeviceRef, scenarios::DeviceRef>> reported_;
};

}  // namespace tiercut::deployment
