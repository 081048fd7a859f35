// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "deployment/arrival_times.hpp"
#include "simulator/compiled_graph.hpp"
#include "simulator/draw_cache.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

/// An exit was asked with inputs lost for which its trace has no answers.
struct UnknownLoss {
  int answer = 0;  ///< an exit, or behind them the final one
  std::vector<model::LayerId> missing;
};

/// Inputs that an answer has not seen. Some were lost: then what it says must be recorded, else UnknownLoss is thrown.
/// None was lost, all came too late for a join: where that is not recorded, they count as seen.
struct Missing {
  std::vector<model::LayerId> inputs;  ///< ascending
  bool is_loss = false;
};

/// Everything random of a simulation, by the keys of deployment/README.md: a draw depends on the seed, the thing and
/// the sample, never on what happened before.
class Draws {
 public:
  Draws(const CompiledGraph& graph, const Options& options);

  /// Of a compute stage, by its index in the graph's computes.
  Span cost(int compute, std::int64_t sample) {
    const int drawn = cost_of_[static_cast<std::size_t>(compute)];
    return drawn < 0 ? graph_.computes[static_cast<std::size_t>(compute)].work.cost
                     : durations_[static_cast<std::size_t>(drawn)].at(sample);
  }
  bool is_conclusive(int exit, std::int64_t sample) {
    if (courses_ != nullptr) return ((*courses_)[static_cast<std::size_t>(sample)].conclusive >> exit & 1U) != 0;
    if (rows_) return graph_.source->replay->is_conclusive(exit, row(sample));
    return exits_[static_cast<std::size_t>(exit)].at(sample);
  }
  /// With an exit trace: whether the answer (an exit, or behind them the final one) is right.
  bool is_right(int answer, std::int64_t sample);
  /// The same of a sample some of whose inputs the answer has not seen.
  bool is_conclusive(int exit, std::int64_t sample, const Missing& missing);
  bool is_right(int answer, std::int64_t sample, const Missing& missing);

  /// Of an attempt on a hop, by its index in the graph's hops.
  bool is_lost(int hop, std::int64_t sample, std::uint32_t attempt) {
    const int drawn = loss_of_[static_cast<std::size_t>(hop)];
    if (drawn < 0) return false;
    ChanceDraws& chance = chances_[static_cast<std::size_t>(drawn)];
    return attempt == 0 ? chance.at(sample) : chance.at(sample, attempt);
  }
  /// Latency of a link for one attempt, jitter included; never below zero.
  Span propagation(int hop, std::int64_t sample, std::uint32_t attempt) {
    const int drawn = jitter_of_[static_cast<std::size_t>(hop)];
    if (drawn < 0) return latency_of_[static_cast<std::size_t>(hop)];
    DurationDraws& duration = durations_[static_cast<std::size_t>(drawn)];
    return attempt == 0 ? duration.at(sample) : duration.at(sample, attempt);
  }

 private:
  void add_jitter(const CompiledHop& hop, const deployment::Resource& link, std::uint64_t seed);
  std::int64_t row(std::int64_t sample);  // of the exit trace
  const scenarios::ExitReplay::Loss* loss(int answer, const Missing& missing) const;

  const CompiledGraph& graph_;
  const std::vector<Course>* courses_;
  std::vector<DurationDraws> durations_;
  std::vector<ChanceDraws> chances_, exits_;
  std::optional<UniformDraws> rows_;
  std::vector<int> cost_of_, loss_of_, jitter_of_;  // -1 where nothing is random
  std::vector<Span> latency_of_;
};

/// When and at which member samples arise, one after the other.
class ArrivalProcess {
 public:
  ArrivalProcess(const deployment::StageGraph& graph, const Options& options);

  using Arrival = deployment::ArrivalTimes::Arrival;
  Arrival next();

 private:
  void draw_block();

  bool is_poisson_;  // drawn here, many at once
  double mean_gap_;  // of all members together, seconds
  int members_;
  deployment::ArrivalTimes others_;
  std::uint64_t seed_, entity_, key_;
  const std::vector<Course>* courses_;
  std::int64_t sample_ = 0;
  Instant last_;
  draw_kernels::Picoseconds gaps_;
  draw_kernels::Uniforms places_;
};

}  // namespace tiercut::simulator
