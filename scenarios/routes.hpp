// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "scenarios/scenario.hpp"

/// Private to scenarios: which way messages go.
namespace tiercut::scenarios {

/// The platform as a graph. Nodes are devices, members of groups that have names, and of a group as large as the
/// source's also the sample's own member. A shared link is a node of its own between its ends.
class RouteTable {
 public:
  explicit RouteTable(const Scenario& scenario);

  /// See Scenario::route. Ways from one place to all others are found together and kept; safe from several threads.
  std::optional<std::vector<Hop>> route(DeviceRef from, DeviceRef to) const;

  const std::vector<DeviceRef>& nodes() const { return nodes_; }
  /// For each node whether a message from any of the places gets there.
  std::vector<bool> reached_from(const std::vector<DeviceRef>& places) const;
  /// For each node whether a message from it gets to the place.
  std::vector<bool> reaching(DeviceRef place) const;

 private:
  /// A hop, or (link -1) the way out of a shared medium, which costs nothing.
  struct Edge {
    int from = 0, to = 0;
    std::int64_t latency = 0;
    Hop hop;
  };
  struct Way {
    bool is_open = false;
    std::int64_t latency = 0;
    std::vector<Hop> hops;
    bool operator<(const Way& other) const;
  };
  class Network;

  int node_of(DeviceRef ref) const;
  std::vector<int> nodes_at(DeviceRef end) const;
  void add_nodes(const Scenario& scenario);
  void add_edges(const Scenario& scenario, int link);
  std::vector<Way> ways_from(int node) const;
  std::vector<bool> flood(std::vector<int> starts, bool is_backwards) const;

  std::vector<int> counts_;      // by device
  std::vector<int> first_node_;  // by device
  std::vector<bool> has_own_;    // by device: its first node is the sample's own member, or the single device
  std::vector<DeviceRef> nodes_;
  int node_count_ = 0;  // with the shared media
  std::vector<Edge> edges_;

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Network> network_;
  mutable std::map<int, std::vector<Way>> ways_;  // by node
};

}  // namespace tiercut::scenarios
