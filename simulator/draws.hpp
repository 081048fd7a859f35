// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/random.hpp"
#include "simulator/compiled_graph.hpp"

namespace tiercut::simulator {

/// Everything random of a simulation, by the keys of deployment/README.md: a draw depends on the seed, the thing and
/// the sample, never on what happened before.
class Draws {
 public:
  Draws(const CompiledGraph& graph, std::uint64_t seed) : graph_(graph), seed_(seed) {}

  Span cost(const CompiledCompute& compute, std::int64_t sample) const;
  bool is_conclusive(int exit, std::int64_t sample) const;
  /// With an exit trace: whether the answer (an exit, or behind them the final one) is right.
  bool is_right(int answer, std::int64_t sample) const;
  bool is_lost(const CompiledHop& hop, std::int64_t sample, int attempt) const;
  /// Latency of a link for one attempt, jitter included; never below zero.
  Span propagation(const CompiledHop& hop, std::int64_t sample, int attempt) const;

 private:
  std::int64_t row(std::int64_t sample) const;  // of the exit trace

  const CompiledGraph& graph_;
  std::uint64_t seed_;
  std::uint64_t trace_entity_ = entity_id("exit trace");
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
