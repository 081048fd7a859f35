// SPDX-License-Identifier: Apache-2.0
#include "simulator/fault_reach.hpp"

#include <algorithm>

#include "core/schema.hpp"
#include "simulator/compiled_graph.hpp"
#include "simulator/fault_table.hpp"

namespace tiercut::simulator {

using namespace deployment;
using Kind = CompiledStage::Kind;

namespace {

/// What is lost to every sample once some faults are under way for good.
class Reach {
 public:
  Reach(const CompiledGraph& graph, const FaultTable& table, std::vector<bool> is_out)
      : graph_(graph), table_(table), is_out_(std::move(is_out)), is_down_(static_cast<std::size_t>(graph.workers())) {
    for (int fault = 0; fault < table.size(); ++fault) {
      if (!is_out_[static_cast<std::size_t>(fault)]) continue;
      for (const int copy : table.copies(fault)) is_down_[static_cast<std::size_t>(copy)] = true;
    }
  }

  bool has_answer() const {
    std::vector<bool> is_lost(graph_.stages.size());
    for (std::size_t id = 0; id < is_lost.size(); ++id) is_lost[id] = is_stage_lost(static_cast<StageId>(id), is_lost);
    return !is_lost[static_cast<std::size_t>(graph_.source->answer)];
  }

 private:
  bool is_stage_lost(StageId id, const std::vector<bool>& is_lost) const {
    const CompiledStage& stage = graph_.stage(id);
    int lost = 0;
    for (int i = 0; i < stage.inputs; ++i) {
      const auto& edge = graph_.inputs[static_cast<std::size_t>(stage.first_input + i)];
      lost += is_lost[static_cast<std::size_t>(edge.from)] ? 1 : 0;
    }
    switch (stage.kind) {
      case Kind::source:
        return is_hit(table_.of_source(id));
      case Kind::compute:
        return lost > 0 || is_gone(graph_.computes[static_cast<std::size_t>(stage.detail)].work.unit);
      case Kind::message:
        return lost > 0 || is_message_lost(stage.detail);
      case Kind::join: {
        const CompiledJoin& join = graph_.joins[static_cast<std::size_t>(stage.detail)];
        return lost > 0 && (!join.has_deadline || stage.inputs - lost < join.quorum);
      }
      case Kind::first_conclusive:
        return lost == stage.inputs;
      case Kind::decision:
      case Kind::answer:
        return lost > 0;
    }
    return false;
  }

  bool is_message_lost(int detail) const {
    const CompiledMessage& message = graph_.messages[static_cast<std::size_t>(detail)];
    if (is_hit(table_.of_sender(detail)) || is_hit(table_.of_receiver(detail))) return true;
    for (const CompiledWork* work : {&message.serialise, &message.deserialise}) {
      if (work->cost > Span() && is_gone(work->unit)) return true;
    }
    for (int h = 0; h < message.hops; ++h) {
      if (is_gone(graph_.hops[static_cast<std::size_t>(message.first_hop + h)].link)) return true;
    }
    return false;
  }

  bool is_hit(const FaultTable::Hits& hits) const {
    return std::any_of(hits.begin(), hits.end(), [this](const FaultTable::Hit& hit) {
      return hit.member == 0 && is_out_[static_cast<std::size_t>(hit.fault)];
    });
  }

  /// For every sample: of copies by member, all.
  bool is_gone(const CopyOf& use) const {
    for (int member = 1; member <= (use.is_own ? graph_.source->members : 1); ++member) {
      if (!is_down_[static_cast<std::size_t>(use.at(member))]) return false;
    }
    return true;
  }

  const CompiledGraph& graph_;
  const FaultTable& table_;
  std::vector<bool> is_out_, is_down_;
};

}  // namespace

Diagnostics fault_warnings(const StageGraph& graph) {
  std::vector<std::pair<Instant, std::size_t>> for_good;
  for (std::size_t f = 0; f < graph.faults.size(); ++f) {
    const auto& outages = graph.faults[f].outages;
    if (!outages.empty() && outages.back().until == Instant::never()) for_good.emplace_back(outages.back().from, f);
  }
  if (for_good.empty()) return {};
  std::sort(for_good.begin(), for_good.end());
  const CompiledGraph compiled(graph);
  const FaultTable table(compiled, 0);
  std::vector<bool> is_out(graph.faults.size());
  for (const auto& [from, fault] : for_good) {
    is_out[fault] = true;
    if (Reach(compiled, table, is_out).has_answer()) continue;
    const std::string since = from == Instant()
                                  ? "no sample can have an answer"
                                  : "from " + format_quantity(from.since_start().value(), Dimension::time) +
                                        " on no sample can have an answer";
    return {
        {Severity::warning, "answer-unreachable", Location{{}, 0, 0, "faults." + graph.faults[fault].name},
         since + ": fault " + graph.faults[fault].name + " never ends, and every way to an answer needs what it takes",
         "let it end (`up`), give joins a quorum and a deadline, or let an exit answer without it"}};
  }
  return {};
}

}  // namespace tiercut::simulator
