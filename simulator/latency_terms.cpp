// SPDX-License-Identifier: Apache-2.0
// What decided a sample's latency, found by walking back from its answer.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Condition;
using deployment::Edge;
using deployment::Term;
using Kind = CompiledStage::Kind;

bool Simulation::has_fired(std::uint32_t slot, const Edge& edge) {
  const StageState& from = state(slot, edge.from);
  if (from.phase != Phase::fired) return false;
  return edge.when == Condition::always || (edge.when == Condition::conclusive) == from.is_conclusive;
}

/// The input whose firing let the stage go on; of several at that moment the smallest id. Null for a source.
const Edge* Simulation::deciding_input(std::uint32_t slot, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  const StageState& s = state(slot, stage);
  const Edge* inputs = graph_.inputs.data() + compiled.first_input;
  fired_.clear();
  for (int i = 0; i < compiled.inputs; ++i) {
    if (has_fired(slot, inputs[i]) && state(slot, inputs[i].from).fired <= s.fired) {
      fired_.push_back(state(slot, inputs[i].from).fired);
    }
  }
  if (fired_.empty()) return nullptr;
  std::size_t rank = fired_.size() - 1;
  if (compiled.kind == Kind::first_conclusive) rank = 0;
  if (s.is_by_quorum)
    rank = static_cast<std::size_t>(graph_.joins[static_cast<std::size_t>(compiled.detail)].quorum - 1);
  if (fired_.size() > 1) std::sort(fired_.begin(), fired_.end());
  const Edge* deciding = nullptr;
  for (int i = 0; i < compiled.inputs; ++i) {
    const bool is_it = has_fired(slot, inputs[i]) && state(slot, inputs[i].from).fired == fired_[rank];
    if (is_it && (deciding == nullptr || inputs[i].from < deciding->from)) deciding = &inputs[i];
  }
  return deciding;
}

/// The exit whose conclusive outcome this stage needed, else -1.
int Simulation::answered_by(std::uint32_t slot, StageId stage, const Edge* deciding) {
  const auto& compiled = graph_.stage(stage);
  for (int i = 0; i < compiled.inputs; ++i) {
    const Edge& edge = graph_.inputs[static_cast<std::size_t>(compiled.first_input + i)];
    const bool counts = compiled.kind != Kind::first_conclusive || &edge == deciding;
    if (counts && edge.when == Condition::conclusive && has_fired(slot, edge)) return graph_.stage(edge.from).detail;
  }
  return -1;
}

void Simulation::answer(std::uint32_t slot) {
  const auto& sample = pool_.sample(slot);
  ++answered_;
  if (options_.progress && answered_ % 1024 == 0) options_.progress(answered_, options_.samples);
  if (sample.sample < graph_.source->warm_up) return;

  Record record;
  record.sample = sample.sample;
  record.member = sample.member;
  record.arrival = sample.arrival;
  record.latency = now_ - sample.arrival;
  record.answered_by = -1;
  StageId stage = graph_.source->answer;
  while (true) {
    const auto& compiled = graph_.stage(stage);
    const StageState& s = state(slot, stage);
    const bool is_return = compiled.kind == Kind::message && message(stage).is_return;
    for (std::size_t t = 0; t < s.terms.size(); ++t) {
      record.terms[is_return ? static_cast<std::size_t>(Term::return_) : t] += s.terms[t];
    }
    const Edge* input = deciding_input(slot, stage);
    if (input == nullptr) break;
    if (record.answered_by < 0) record.answered_by = answered_by(slot, stage, input);
    if (compiled.kind == Kind::join) {
      record.terms[static_cast<std::size_t>(Term::aggregation_wait)] += s.fired - state(slot, input->from).fired;
    }
    stage = input->from;
  }
  if (record.answered_by < 0) record.answered_by = static_cast<int>(graph_.source->exits.size());
  if (std::accumulate(record.terms.begin(), record.terms.end(), Span()) != record.latency) {
    throw std::logic_error("the terms of sample " + std::to_string(record.sample) + " do not sum to its latency");
  }
  if (graph_.source->replay != nullptr) record.is_right = draws_.is_right(record.answered_by, record.sample);
  measurements_.answered(record);
  if (sink_) sink_(record);
}

}  // namespace tiercut::simulator
