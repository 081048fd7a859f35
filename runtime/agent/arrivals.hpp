// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "deployment/stage_graph.hpp"

namespace tiercut::runtime {

/// When and where samples arise, and what exits that nobody can compute say of them: the same draws by the same keys
/// as the simulator's (deployment/README.md, 5, 7 and 8), so that a run and its prediction see the same load.
class Arrivals {
 public:
  Arrivals(const deployment::StageGraph& graph, std::uint64_t seed);

  struct Arrival {
    Instant when;
    int member = 1;
  };
  Arrival next();

 private:
  bool is_poisson_;
  double period_picoseconds_;  // of one member
  int members_;
  std::uint64_t seed_;
  std::int64_t sample_ = 0;
  Instant last_;
};

/// Bit k: exit k of the graph is conclusive for the sample, by the scenario's exit trace or its probability.
std::uint32_t drawn_outcomes(const deployment::StageGraph& graph, std::uint64_t seed, std::int64_t sample);

}  // namespace tiercut::runtime
