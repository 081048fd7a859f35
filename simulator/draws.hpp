// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/compiled_graph.hpp"

namespace tiercut::simulator {

/// Everything random of a simulation, by the keys of deployment/README.md: a draw depends on the seed, the thing and
/// the sample, never on what happened before.
class Draws {
 public:
  Draws(const CompiledGraph& graph, std::uint64_t seed) : graph_(graph), seed_(seed) {}

  Span cost(const CompiledCompute& compute, std::int64_t sample) const;
  bool is_conclusive(int exit, std::int64_t sample) const;
  bool is_lost(const CompiledHop& hop, std::int64_t sample, int attempt) const;
  /// Latency of a link for one attempt, jitter included; never below zero.
  Span propagation(const CompiledHop& hop, std::int64_t sample, int attempt) const;

 private:
  const CompiledGraph& graph_;
  std::uint64_t seed_;
};

/// When and at which member samples arise, one after the other.
class ArrivalProcess {
 public:
  ArrivalProcess(const deployment::StageGraph& graph, std::uint64_t seed);

  struct Arrival {
    Instant when;
    int member = 1;
  };
  Arrival next();

 private:
  bool is_poisson_;
  double period_picoseconds_;  // of one member
  int members_;
  std::uint64_t seed_, entity_;
  std::int64_t sample_ = 0;
  Instant last_;
};

}  // namespace tiercut::simulator
