// SPDX-License-Identifier: Apache-2.0
#include "simulator/compiled_graph.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/random.hpp"

namespace tiercut::simulator {

using namespace deployment;
using Kind = CompiledStage::Kind;

namespace {

bool limits_rate(const Resource& link) {
  return link.discipline == scenarios::Discipline::fair && link.bandwidth.is_finite();
}

const Message* message_of(const Stage& stage) {
  if (const auto* transfer = std::get_if<Transfer>(&stage.work)) return &transfer->message;
  const auto* control = std::get_if<Control>(&stage.work);
  return control != nullptr ? &control->message : nullptr;
}

}  // namespace

const Resource* sharing_link(const StageGraph& graph) {
  for (const auto& stage : graph.stages) {
    const Message* message = message_of(stage);
    if (message == nullptr || message->size == Bytes()) continue;
    for (const auto& use : message->hops) {
      if (limits_rate(graph.resource(use.resource))) return &graph.resource(use.resource);
    }
  }
  return nullptr;
}

namespace {

/// What was measured scatters because something disturbed the unit, and so everything of a sample that ran there.
std::uint64_t cost_entity(const deployment::StageGraph& graph, const deployment::Compute& compute,
                          const std::string& stage_name) {
  return entity_id("cost/" + (compute.shape ? graph.resource(compute.unit.resource).name : stage_name));
}

}  // namespace

CompiledGraph::CompiledGraph(const StageGraph& graph) : source(&graph) {
  number_copies();
  for (const auto& exit : graph.exits) exit_entities.push_back(entity_id("exit/" + exit.name));
  for (StageId id = 0; id < static_cast<StageId>(graph.stages.size()); ++id) compile_stage(id);
  compile_edges();
  if (cancels.empty()) compile_doom();
}

void CompiledGraph::number_copies() {
  for (std::size_t r = 0; r < source->resources.size(); ++r) {
    first_copy.push_back(static_cast<int>(resource_of.size()));
    resource_of.insert(resource_of.end(), static_cast<std::size_t>(source->resources[r].copies), static_cast<int>(r));
  }
  first_copy.push_back(static_cast<int>(resource_of.size()));
  for (int copy = 0; copy < copies(); ++copy) {
    const int resource = resource_of[static_cast<std::size_t>(copy)];
    for (int worker = 1; worker < source->resource(resource).workers; ++worker) {
      resource_of.push_back(resource);
      copy_of_worker.push_back(copy);
    }
  }
  for (std::size_t c = 0; c < source->connections.size(); ++c) {
    first_connection_copy_.push_back(static_cast<int>(connection_of.size()));
    connection_of.insert(connection_of.end(), static_cast<std::size_t>(source->connections[c].copies),
                         static_cast<int>(c));
  }
}

namespace {

CopyOf numbered(int first, int copies, int member) {
  if (copies == 1) return {first, false};
  if (member == 0) return {first, true};
  return {first + member - 1, false};
}

}  // namespace

CopyOf CompiledGraph::copy_of(ResourceUse use) const {
  return numbered(first_copy[static_cast<std::size_t>(use.resource)], source->resource(use.resource).copies,
                  use.member);
}

CompiledWork CompiledGraph::compile_work(const UnitWork& work) const {
  if (work.cost == Span()) return {};
  return {copy_of(work.unit), work.unit.resource, work.cost};
}

void CompiledGraph::compile_stage(StageId id) {
  const Stage& stage = source->stage(id);
  auto& compiled = stages.emplace_back();
  compiled.first_cancel = static_cast<int>(cancels.size());
  if (const auto* arising = std::get_if<Source>(&stage.work)) {
    compiled.offset = arising->offset;
    sources.push_back(id);
  } else if (const auto* compute = std::get_if<Compute>(&stage.work)) {
    compiled.kind = Kind::compute;
    compiled.detail = static_cast<int>(computes.size());
    computes.push_back({{copy_of(compute->unit), compute->unit.resource, compute->cost},
                        compute->exit_check,
                        compute->coefficient_of_variation,
                        compute->shape.get(),
                        cost_entity(*source, *compute, stage.name),
                        compute->family});
  } else if (const auto* transfer = std::get_if<Transfer>(&stage.work)) {
    compiled.kind = Kind::message;
    compiled.detail = static_cast<int>(messages.size());
    compile_message(transfer->message, stage.name, false);
  } else if (const auto* control = std::get_if<Control>(&stage.work)) {
    compiled.kind = Kind::message;
    compiled.detail = static_cast<int>(messages.size());
    cancels.insert(cancels.end(), control->cancels.begin(), control->cancels.end());
    compile_message(control->message, stage.name, true);
  } else if (const auto* decision = std::get_if<Decision>(&stage.work)) {
    compiled.kind = Kind::decision;
    compiled.detail = decision->exit;
    cancels.insert(cancels.end(), decision->cancels.begin(), decision->cancels.end());
  } else if (const auto* join = std::get_if<Join>(&stage.work)) {
    compiled.kind = Kind::join;
    compiled.detail = static_cast<int>(joins.size());
    joins.push_back(
        {std::max(1, join->quorum), join->deadline.has_value(), join->deadline.value_or(Span()), join->fallback});
  } else {
    compiled.kind = std::holds_alternative<Answer>(stage.work) ? Kind::answer : Kind::first_conclusive;
  }
  compiled.cancels = static_cast<int>(cancels.size()) - compiled.first_cancel;
  const bool is_timed = compiled.kind == Kind::compute || compiled.kind == Kind::message || compiled.offset > Span() ||
                        (compiled.kind == Kind::source && !source->faults.empty());
  if (is_timed) compiled.timed = timed_stages++;
}

void CompiledGraph::compile_message(const Message& message, const std::string& stage_name, bool is_control) {
  auto& compiled = messages.emplace_back();
  compiled.serialise = compile_work(message.serialise);
  compiled.deserialise = compile_work(message.deserialise);
  compiled.size = message.size;
  compiled.is_control = is_control;
  compiled.is_return = message.is_return;
  compiled.first_hop = static_cast<int>(hops.size());
  compiled.hops = static_cast<int>(message.hops.size());
  bool can_reorder = false;
  for (const auto& use : message.hops) {
    const Resource& link = source->resource(use.resource);
    auto& hop = hops.emplace_back();
    hop.resource = use.resource;
    hop.link = copy_of(use);
    hop.transmission = transmission(link, message.size);
    hop.can_jitter = link.jitter.kind != scenarios::Jitter::Kind::none;
    hop.can_lose = link.loss.probability > 0;
    hop.jitter_entity = entity_id("jitter/" + link.name + "/" + stage_name);
    hop.loss_entity = entity_id("loss/" + link.name + "/" + stage_name);
    compiled.slowest = std::min(compiled.slowest, link.bandwidth);
    can_reorder = can_reorder || hop.can_jitter || hop.can_lose || link.discipline == scenarios::Discipline::fair;
  }
  if (compiled.hops > 0) compile_route(message, compiled);
  if (message.connection < 0 || compiled.hops == 0) return;
  const auto& connection = source->connections[static_cast<std::size_t>(message.connection)];
  compiled.connection_index = message.connection;
  compiled.has_window = connection.transport.kind == scenarios::Transport::Kind::tcp;
  if (can_reorder || compiled.has_window) {
    compiled.connection = numbered(first_connection_copy_[static_cast<std::size_t>(message.connection)],
                                   connection.copies, connection.member);
  }
}

void CompiledGraph::compile_route(const Message& message, CompiledMessage& compiled) {
  const auto is_fair = [this](const ResourceUse& use) {
    return source->resource(use.resource).discipline == scenarios::Discipline::fair;
  };
  compiled.is_fair = is_fair(message.hops.front());
  has_fair_messages = has_fair_messages || compiled.is_fair;
  bool is_own = false;
  std::vector<CopyOf> limiting;
  for (const auto& use : message.hops) {
    if (is_fair(use) != compiled.is_fair) throw std::logic_error("a route mixes fair and fifo links");
    const Resource& link = source->resource(use.resource);
    compiled.overhead += link.overhead;
    if (!link.bandwidth.is_finite()) continue;
    limiting.push_back(copy_of(use));
    is_own = is_own || limiting.back().is_own;
  }
  if (!compiled.is_fair || limiting.empty() || compiled.size == Bytes()) return;
  largest_fair = std::max(largest_fair, compiled.size);
  compiled.route = {static_cast<int>(routes.size()), is_own};
  for (int member = 1; member <= (is_own ? source->members : 1); ++member) {
    auto& route = routes.emplace_back();
    for (const auto& link : limiting) route.push_back(link.at(member));
  }
}

void CompiledGraph::compile_edges() {
  std::vector<std::vector<Successor>> after(stages.size());
  for (std::size_t id = 0; id < stages.size(); ++id) {
    const auto& edges = source->stages[id].inputs;
    stages[id].first_input = static_cast<int>(inputs.size());
    stages[id].inputs = static_cast<int>(edges.size());
    stages[id].begins_with_input = edges.size() == 1 && stages[id].kind != Kind::join;
    inputs.insert(inputs.end(), edges.begin(), edges.end());
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const auto& edge = edges[i];
      const bool is_conclusive = edge.when == Condition::conclusive;
      stages[id].has_conclusive_input = stages[id].has_conclusive_input || is_conclusive;
      stages[id].may_follow_exit =
          stages[id].may_follow_exit || is_conclusive || stages[static_cast<std::size_t>(edge.from)].may_follow_exit;
      after[static_cast<std::size_t>(edge.from)].push_back(
          {static_cast<StageId>(id), edge.when, static_cast<std::uint16_t>(i)});
    }
  }
  for (std::size_t id = 0; id < stages.size(); ++id) {
    stages[id].first_successor = static_cast<int>(successors.size());
    stages[id].successors = static_cast<int>(after[id].size());
    successors.insert(successors.end(), after[id].begin(), after[id].end());
  }
}

/// From the last stage to the first, so that a stage's successors know what dies with them.
void CompiledGraph::compile_doom() {
  std::vector<std::vector<StageId>> beyond_of(stages.size());
  for (std::size_t id = stages.size(); id-- > 0;) {
    auto& stage = stages[id];
    stage.doomed = 1;
    for (int i = 0; i < stage.successors; ++i) {
      const StageId to = successors[static_cast<std::size_t>(stage.first_successor + i)].to;
      const auto& next = stages[static_cast<std::size_t>(to)];
      if (next.inputs > 1) {
        beyond_of[id].push_back(to);
        continue;
      }
      stage.doomed += next.doomed;
      const auto& further = beyond_of[static_cast<std::size_t>(to)];
      beyond_of[id].insert(beyond_of[id].end(), further.begin(), further.end());
    }
  }
  for (std::size_t id = 0; id < stages.size(); ++id) {
    stages[id].first_beyond = static_cast<int>(beyond.size());
    stages[id].beyond = static_cast<int>(beyond_of[id].size());
    beyond.insert(beyond.end(), beyond_of[id].begin(), beyond_of[id].end());
  }
}

}  // namespace tiercut::simulator
