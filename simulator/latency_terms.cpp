// SPDX-License-Identifier: Apache-2.0
// What decided a sample's latency, found by walking back from its answer.
#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using deployment::Condition;
using deployment::Edge;
using deployment::Term;
using Kind = CompiledStage::Kind;

bool Simulation::has_fired(SampleState& sample, const Edge& edge) {
  const StageState& from = state(sample, edge.from);
  if (from.phase != Phase::fired) return false;
  return edge.when == Condition::always || (edge.when == Condition::conclusive) == from.is_conclusive;
}

/// The input whose firing let the stage go on; of several at that moment the smallest id. Null for a source.
const Edge* Simulation::deciding_input(SampleState& sample, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  const Edge* inputs = graph_.inputs.data() + compiled.first_input;
  if (compiled.kind == Kind::join) return deciding_of_join(sample, stage);
  if (compiled.begins_with_input) return inputs;
  return compiled.inputs == 0 ? nullptr : inputs + state(sample, stage).decider;
}

const Edge* Simulation::deciding_of_join(SampleState& sample, StageId stage) {
  const auto& compiled = graph_.stage(stage);
  const Edge* inputs = graph_.inputs.data() + compiled.first_input;
  const StageState& s = state(sample, stage);
  fired_.clear();
  for (int i = 0; i < compiled.inputs; ++i) {
    if (has_fired(sample, inputs[i]) && state(sample, inputs[i].from).since <= s.since) {
      fired_.push_back(state(sample, inputs[i].from).since);
    }
  }
  std::size_t rank = fired_.size() - 1;
  if (s.is_by_quorum)
    rank = static_cast<std::size_t>(graph_.joins[static_cast<std::size_t>(compiled.detail)].quorum - 1);
  if (fired_.size() > 1) std::sort(fired_.begin(), fired_.end());
  const Edge* deciding = nullptr;
  for (int i = 0; i < compiled.inputs; ++i) {
    const bool is_it = has_fired(sample, inputs[i]) && state(sample, inputs[i].from).since == fired_[rank];
    if (is_it && (deciding == nullptr || inputs[i].from < deciding->from)) deciding = &inputs[i];
  }
  return deciding;
}

/// The exit whose conclusive outcome this stage needed, else -1.
int Simulation::answered_by(SampleState& sample, StageId stage, const Edge* deciding) {
  const auto& compiled = graph_.stage(stage);
  if (!compiled.has_conclusive_input) return -1;
  if (deciding->when == Condition::conclusive && (compiled.inputs == 1 || compiled.kind == Kind::first_conclusive)) {
    return graph_.stage(deciding->from).detail;
  }
  for (int i = 0; i < compiled.inputs; ++i) {
    const Edge& edge = graph_.inputs[static_cast<std::size_t>(compiled.first_input + i)];
    const bool counts = compiled.kind != Kind::first_conclusive || &edge == deciding;
    if (counts && edge.when == Condition::conclusive && has_fired(sample, edge)) return graph_.stage(edge.from).detail;
  }
  return -1;
}

/// Without terms the walk ends at the exit, or where there can be none.
void Simulation::record_path(SampleState& sample, Record& record) {
  record.answered_by = -1;
  StageId stage = graph_.source->answer;
  while (true) {
    const auto& compiled = graph_.stage(stage);
    if (with_terms_ && compiled.timed >= 0) {
      const auto& terms = pool_.terms(sample, compiled.timed);
      if (compiled.kind == Kind::message && message(stage).is_return) {
        auto& all = record.terms[static_cast<std::size_t>(Term::return_)];
        all = std::accumulate(terms.begin(), terms.end(), all);
      } else {
        for (std::size_t t = 0; t < terms.size(); ++t) record.terms[t] += terms[t];
      }
    }
    if (!with_terms_ && (record.answered_by >= 0 || !compiled.may_follow_exit)) break;
    const Edge* input = deciding_input(sample, stage);
    if (input == nullptr) break;
    if (compiled.kind == Kind::join && record.answered_by < 0) {
      record.answered_by = graph_.joins[static_cast<std::size_t>(compiled.detail)].fallback;
      record.is_fallback = record.answered_by >= 0;
    }
    if (record.answered_by < 0) record.answered_by = answered_by(sample, stage, input);
    if (with_terms_ && compiled.kind == Kind::join) {
      record.terms[static_cast<std::size_t>(Term::aggregation_wait)] +=
          state(sample, stage).since - state(sample, input->from).since;
    }
    stage = input->from;
  }
  if (record.answered_by < 0) record.answered_by = static_cast<int>(graph_.source->exits.size());
  if (with_terms_ && std::accumulate(record.terms.begin(), record.terms.end(), Span()) != record.latency) {
    throw std::logic_error("the terms of sample " + std::to_string(record.sample) + " do not sum to its latency");
  }
}

void Simulation::end_unanswered(SampleState& sample) {
  if (sample.id < graph_.source->warm_up) return;
  measurements_.unanswered(sample.cause);
  if (!sink_ || !options_.with_unanswered) return;
  Record record;
  record.sample = sample.id;
  record.member = sample.member;
  record.arrival = sample.arrival;
  record.latency = Span::longest();
  record.answered_by = -1;
  record.ending = sample.cause.ending(*graph_.source);
  record.cause = sample.cause;
  sink_(record);
}

void Simulation::answer(SampleState& sample) {
  ++answered_;
  sample.is_answered = true;
  if (answered_ % 1024 == 0 && options_.progress) options_.progress(answered_, options_.samples);
  if (sample.id < graph_.source->warm_up) return;
  Record record;
  record.sample = sample.id;
  record.member = sample.member;
  record.arrival = sample.arrival;
  record.latency = now_ - sample.arrival;
  record_path(sample, record);
  if (graph_.source->replay != nullptr) {
    record.is_right = sample.is_partial ? draws_.is_right(record.answered_by, record.sample,
                                                          missing_inputs(sample, stage_of_answer(record.answered_by)))
                                        : draws_.is_right(record.answered_by, record.sample);
  }
  measurements_.answered(record);
  if (sink_) sink_(record);
}

}  // namespace tiercut::simulator
