// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "deployment/stage_graph.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::planner {

/// What messages cost between the devices that a plan can touch, in a system without other messages.
class MessageCosts {
 public:
  /// The way from one device to another. A way that mixes disciplines is none.
  struct Way {
    bool exists = false;
    bool is_fair = false;
    bool has_window = false;
    std::vector<deployment::Resource> hops;
    deployment::Connection connection;
    BytesPerSecond slowest = BytesPerSecond::infinite();
    int window = -1;  ///< index of its window among those of all ways
  };

  MessageCosts(const scenarios::Scenario& scenario, std::vector<scenarios::DeviceRef> devices);

  int device_count() const { return static_cast<int>(devices_.size()); }
  int index_of(scenarios::DeviceRef device) const;  ///< -1 when unknown
  const Way& way(int from, int to) const { return ways_[static_cast<std::size_t>(from * device_count() + to)]; }
  int window_count() const { return window_count_; }

  /// From the first hop to delivery, without what the window costs.
  Span transit(const Way& way, Bytes size) const;
  Span serialise(int device, Bytes size) const;
  Span deserialise(int device, Bytes size) const;
  /// Between units of one device.
  Span unit_copy(int device, Bytes size) const;
  /// Whole cost, window left out; nothing when there is no way. 0 within a device.
  std::optional<Span> data(int from, int to, Bytes size) const;

 private:
  const scenarios::Scenario& scenario_;
  std::vector<scenarios::DeviceRef> devices_;
  std::vector<Way> ways_;
  int window_count_ = 0;
};

/// Input sources, the device that wants the answer, and all devices of the places.
std::vector<scenarios::DeviceRef> devices_of(const scenarios::Scenario& scenario,
                                             const std::vector<scenarios::Scenario::Place>& places);

}  // namespace tiercut::planner
