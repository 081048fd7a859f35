// SPDX-License-Identifier: Apache-2.0
#include "planner/prepared_graph.hpp"

#include <algorithm>

namespace tiercut::planner {
namespace {

using deployment::StageGraph;

/// A sample of member 1 stands for all: the members of a source group are alike.
int copy_of(int copies, int member) { return member == 0 || copies == 1 ? 0 : member - 1; }

class Builder {
 public:
  Builder(const StageGraph& graph, PreparedGraph& prepared) : graph_(graph), prepared_(prepared) {}

  void build() {
    number_slots();
    number_channels();
    prepared_.stages.resize(graph_.stages.size());
    for (std::size_t i = 0; i < graph_.stages.size(); ++i) add_stage(graph_.stages[i], prepared_.stages[i]);
    turn_edges();
    warm_up();
  }

 private:
  void number_slots() {
    first_slot_.reserve(graph_.resources.size());
    for (const auto& resource : graph_.resources) {
      first_slot_.push_back(static_cast<int>(prepared_.slot_count));
      prepared_.slot_count += static_cast<std::size_t>(resource.copies);
      const double rate = resource.kind == deployment::Resource::Kind::link ? resource.bandwidth.value() : 0;
      prepared_.bandwidth.insert(prepared_.bandwidth.end(), static_cast<std::size_t>(resource.copies), rate);
    }
  }

  void number_channels() {
    for (const auto& connection : graph_.connections) {
      const auto& transport = connection.transport;
      const bool has_window = transport.kind == scenarios::Transport::Kind::tcp;
      const bool is_warm = graph_.arrivals.period <= transport.idle_restart;
      prepared_.channels.push_back({.connection = &connection,
                                    .has_window = has_window,
                                    .is_warm = is_warm,
                                    .window = transport.initial_window});
    }
  }

  int slot(deployment::ResourceUse use) const {
    return first_slot_[static_cast<std::size_t>(use.resource)] +
           copy_of(graph_.resource(use.resource).copies, use.member);
  }

  PreparedGraph::Work work(const deployment::UnitWork& unit_work) const {
    if (unit_work.cost.picoseconds() == 0) return {};
    return {slot(unit_work.unit), unit_work.unit.resource, unit_work.cost.picoseconds()};
  }

  void add_message(const deployment::Message& message, bool is_control, PreparedGraph::Stage& stage) {
    PreparedGraph::Message m;
    m.serialise = work(message.serialise);
    m.deserialise = work(message.deserialise);
    m.first_hop = static_cast<int>(prepared_.hops.size());
    m.hop_count = static_cast<int>(message.hops.size());
    m.connection = message.connection;
    m.size = message.size.value();
    m.is_control = is_control;
    m.is_return = message.is_return;
    m.slowest = BytesPerSecond::infinite();
    for (const auto& use : message.hops) {
      const auto& link = graph_.resource(use.resource);
      m.is_fair = link.discipline == scenarios::Discipline::fair;
      m.slowest = std::min(m.slowest, link.bandwidth);
      m.overhead += link.overhead.picoseconds();
      m.latency += link.latency.picoseconds();
      const int hop_slot = slot(use);
      prepared_.hops.push_back({hop_slot, use.resource, deployment::transmission(link, message.size).picoseconds(),
                                link.latency.picoseconds()});
      prepared_.hop_slots.push_back(hop_slot);
    }
    stage.kind = PreparedGraph::Kind::message;
    stage.message = static_cast<int>(prepared_.messages.size());
    prepared_.messages.push_back(m);
  }

  void add_stage(const deployment::Stage& from, PreparedGraph::Stage& stage) {
    using Kind = PreparedGraph::Kind;
    stage.input_count = static_cast<int>(from.inputs.size());
    if (const auto* compute = std::get_if<deployment::Compute>(&from.work)) {
      stage.kind = Kind::compute;
      stage.exit_check = compute->exit_check.picoseconds();
      stage.compute = {slot(compute->unit), compute->unit.resource, compute->cost.picoseconds() + stage.exit_check};
    } else if (const auto* transfer = std::get_if<deployment::Transfer>(&from.work)) {
      add_message(transfer->message, false, stage);
    } else if (const auto* control = std::get_if<deployment::Control>(&from.work)) {
      add_message(control->message, true, stage);
    } else if (std::holds_alternative<deployment::Decision>(from.work)) {
      stage.kind = Kind::decision;
    } else if (std::holds_alternative<deployment::Join>(from.work)) {
      stage.kind = Kind::join;
    } else if (std::holds_alternative<deployment::FirstConclusive>(from.work)) {
      stage.kind = Kind::first_conclusive;
    } else if (std::holds_alternative<deployment::Answer>(from.work)) {
      stage.kind = Kind::answer;
    }
  }

  void turn_edges() {
    for (const auto& stage : graph_.stages)
      for (const auto& edge : stage.inputs) ++prepared_.stages[static_cast<std::size_t>(edge.from)].out_count;
    int first = 0;
    for (auto& stage : prepared_.stages) {
      stage.first_out = first;
      first += stage.out_count;
      stage.out_count = 0;
    }
    prepared_.outs.resize(static_cast<std::size_t>(first));
    for (std::size_t i = 0; i < graph_.stages.size(); ++i)
      for (const auto& edge : graph_.stages[i].inputs) {
        auto& from = prepared_.stages[static_cast<std::size_t>(edge.from)];
        prepared_.outs[static_cast<std::size_t>(from.first_out + from.out_count++)] = {static_cast<int>(i), edge.when};
      }
  }

  /// A busy connection has grown its window to its largest message.
  void warm_up() {
    for (const auto& message : prepared_.messages) {
      if (message.connection < 0) continue;
      auto& channel = prepared_.channels[static_cast<std::size_t>(message.connection)];
      const Bytes most = channel.connection->transport.largest_window;
      if (channel.is_warm) channel.window = std::min(std::max(channel.window, Bytes(message.size)), most);
    }
  }

  const StageGraph& graph_;
  PreparedGraph& prepared_;
  std::vector<int> first_slot_;
};

}  // namespace

PreparedGraph::PreparedGraph(const StageGraph& stage_graph) : graph(&stage_graph) {
  Builder(stage_graph, *this).build();
}

}  // namespace tiercut::planner
