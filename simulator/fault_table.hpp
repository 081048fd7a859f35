// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "simulator/compiled_graph.hpp"

namespace tiercut::simulator {

/// What the faults of a graph hit, and when. Refers to the graph it was made from.
class FaultTable {
 public:
  FaultTable(const CompiledGraph& graph, std::uint64_t seed);

  /// A fault that hits something of a sample: of any, or only of the samples that arise at this member.
  struct Hit {
    int fault = -1;
    int member = 0;
  };
  using Hits = std::vector<Hit>;

  int size() const { return static_cast<int>(copies_.size()); }
  /// Of units and links, and further workers of these units.
  const std::vector<int>& copies(int fault) const { return copies_[static_cast<std::size_t>(fault)]; }
  const Hits& of_source(StageId stage) const { return sources_[static_cast<std::size_t>(stage)]; }
  const Hits& of_sender(int message) const { return senders_[static_cast<std::size_t>(message)]; }
  const Hits& of_receiver(int message) const { return receivers_[static_cast<std::size_t>(message)]; }

  /// The outage of that number, which follows one that ended then; nothing when there is none left in 106 days.
  std::optional<scenarios::Outage> outage(int fault, std::int64_t number, Instant previous_end) const;

 private:
  Hits hits_of(scenarios::DeviceRef device) const;

  const deployment::StageGraph& graph_;
  std::uint64_t seed_;
  std::vector<std::vector<int>> copies_;
  std::vector<Hits> sources_, senders_, receivers_;
};

}  // namespace tiercut::simulator
