// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::simulator {

using deployment::StageId;

/// A copy of something, by a sample's member (1..members): of the copies laid out one after the other, `first` is the
/// copy of member 1 or, unless it is the sample's own, the only one meant.
struct CopyOf {
  int first = -1;
  bool is_own = false;
  int at(int member) const { return is_own ? first + member - 1 : first; }
};

struct CompiledWork {
  CopyOf unit;
  int resource = -1;
  Span cost{};
};

struct CompiledCompute {
  CompiledWork work;
  Span exit_check{};
  double variation = 0;
  const QuantileTable* shape = nullptr;  ///< of the cost's draw; null: of the family
  std::uint64_t entity = 0;              ///< of the cost's draw
  scenarios::CostVariation::Family family = scenarios::CostVariation::Family::lognormal;
};

struct CompiledHop {
  int resource = -1;
  CopyOf link;
  Span transmission{};
  std::uint64_t jitter_entity = 0, loss_entity = 0;
  bool can_jitter = false, can_lose = false;
};

struct CompiledMessage {
  CompiledWork serialise, deserialise;
  int first_hop = 0, hops = 0;
  Bytes size{};
  BytesPerSecond slowest = BytesPerSecond::infinite();
  bool is_control = false, is_return = false;
  CopyOf connection;  ///< first is -1 where nothing can delay or reorder its messages
  int connection_index = -1;
  bool has_window = false;  ///< of a TCP connection
  // Fair routes:
  bool is_fair = false;
  Span overhead{};
  CopyOf route;  ///< into CompiledGraph::routes; first is -1 where no link of the route limits the rate
};

struct CompiledJoin {
  int quorum = 1;
  bool has_deadline = false;
  Span deadline{};
  int fallback = -1;
};

struct CompiledStage {
  enum class Kind : std::uint8_t { source, compute, message, decision, join, first_conclusive, answer };
  Kind kind = Kind::source;
  int detail = -1;  ///< index into computes, messages, joins; of a decision its exit
  int first_input = 0, inputs = 0;
  int first_successor = 0, successors = 0;
  int first_cancel = 0, cancels = 0;
  Span offset{};                   ///< of a source
  int timed = -1;                  ///< which of the stages that can take time, or wait; -1: not one of them
  bool begins_with_input = false;  ///< has one input, and is no join
  bool has_conclusive_input = false;
  bool may_follow_exit = false;  ///< an exit may have decided that this stage runs
  // What dies with this stage, where nothing can be cancelled: stages that have no other input, and the inputs beyond.
  int doomed = 0;
  int first_beyond = 0, beyond = 0;
};

/// The first link at which a message of the graph can be slowed down by others that share it fairly; null when there is
/// none, so that nothing but queues stands in a message's way.
const deployment::Resource* sharing_link(const deployment::StageGraph& graph);

/// A stage graph as the event loop reads it: flat arrays, copies numbered, draws' entities hashed, transmissions
/// computed. Refers to the graph it was made from.
struct CompiledGraph {
  struct Successor {
    StageId to = -1;
    deployment::Condition when = deployment::Condition::always;
    std::uint16_t input = 0;  ///< which input of `to` this is
  };

  explicit CompiledGraph(const deployment::StageGraph& graph);

  const deployment::StageGraph* source;
  std::vector<CompiledStage> stages;
  std::vector<deployment::Edge> inputs;
  std::vector<Successor> successors;
  std::vector<StageId> cancels;
  std::vector<StageId> beyond;  ///< doomed stages
  std::vector<StageId> sources;
  std::vector<CompiledCompute> computes;
  std::vector<CompiledMessage> messages;
  std::vector<CompiledHop> hops;
  std::vector<CompiledJoin> joins;
  std::vector<std::uint64_t> exit_entities;  ///< by exit
  std::vector<int> first_copy;               ///< by resource; one more at the end
  std::vector<int> resource_of;              ///< by copy, and behind them by further worker of a copy
  std::vector<int> copy_of_worker;           ///< by further worker
  std::vector<int> connection_of;            ///< by copy of a connection
  std::vector<std::vector<int>> routes;      ///< fair links that limit a route's rate, as copies
  Bytes largest_fair{};                      ///< largest message on a fair route
  int timed_stages = 0;
  bool has_fair_messages = false;

  int copies() const { return first_copy.back(); }
  int workers() const { return static_cast<int>(resource_of.size()); }  ///< the first of each copy has its number
  const CompiledStage& stage(StageId id) const { return stages[static_cast<std::size_t>(id)]; }
  bool has_fair_routes() const { return !routes.empty(); }  ///< exactly when there is a sharing_link

 private:
  void number_copies();
  void compile_stage(StageId id);
  void compile_message(const deployment::Message& message, const std::string& stage_name, bool is_control);
  void compile_route(const deployment::Message& message, CompiledMessage& compiled);
  void compile_edges();
  void compile_doom();
  CopyOf copy_of(deployment::ResourceUse use) const;
  CompiledWork compile_work(const deployment::UnitWork& work) const;

  std::vector<int> first_connection_copy_;  ///< by connection
};

}  // namespace tiercut::simulator
