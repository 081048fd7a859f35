// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::testing {

inline Span ms(double milliseconds) { return Span::from(Seconds(milliseconds / 1e3)); }

/// Stage graphs by hand, so that a test's arithmetic depends on nothing but the contract.
class GraphBuilder {
 public:
  using Id = deployment::StageId;
  using Edges = std::vector<deployment::Edge>;

  int unit(const std::string& name);
  int link(const std::string& name, Span latency, BytesPerSecond bandwidth = BytesPerSecond::infinite(),
           scenarios::Discipline discipline = scenarios::Discipline::fifo, Span overhead = {});
  int connection(scenarios::Transport transport = {}, Span round_trip = {});
  int exit(const std::string& name, double probability);

  Id source(Span offset = {});
  Id compute(Edges inputs, int unit, Span cost, Span exit_check = {});
  Id transfer(Edges inputs, std::vector<int> links, Bytes size, int connection, bool is_return = false);
  Id control(Edges inputs, std::vector<int> links, Bytes size, int connection, std::vector<Id> cancels = {});
  Id decision(Edges inputs, int exit, std::vector<Id> cancels = {});
  Id join(Edges inputs, int quorum, std::optional<Span> deadline = {});
  Id first_conclusive(Edges inputs);
  Id answer(Edges inputs);

  deployment::Stage& stage(Id id) { return graph.stages[static_cast<std::size_t>(id)]; }

  deployment::StageGraph graph;

 private:
  Id add(Edges inputs, deployment::StageWork work);
};

inline deployment::Edge always(deployment::StageId from) { return {from, deployment::Condition::always}; }
inline deployment::Edge if_conclusive(deployment::StageId from) { return {from, deployment::Condition::conclusive}; }
inline deployment::Edge if_inconclusive(deployment::StageId from) {
  return {from, deployment::Condition::inconclusive};
}

}  // namespace tiercut::testing
