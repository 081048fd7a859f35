// SPDX-License-Identifier: Apache-2.0
// What a sample's run tells: the terms along the path that decided its latency, and the load it put on the system.
#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "planner/sample_run.hpp"

namespace tiercut::planner {

using deployment::Condition;
using deployment::Term;
using Kind = PreparedGraph::Kind;

bool SampleRun::has_fired(const deployment::Edge& edge) const {
  if (state(edge.from).status != Status::fired) return false;
  if (edge.when == Condition::always) return true;
  const auto& decision = std::get<deployment::Decision>(graph_.stage(edge.from).work);
  return (exits_[static_cast<std::size_t>(decision.exit)] == 1) == (edge.when == Condition::conclusive);
}

/// The input that a stage's firing waited for, -1 for a stage without inputs.
int SampleRun::deciding_input(int stage) const {
  const auto& s = state(stage);
  const bool wants_first = info(stage).kind == Kind::first_conclusive;
  std::vector<std::pair<std::int64_t, int>> fired;
  for (const auto& edge : graph_.stage(stage).inputs)
    if (has_fired(edge) && state(edge.from).fired <= s.fired) fired.emplace_back(state(edge.from).fired, edge.from);
  if (fired.empty()) return -1;
  std::sort(fired.begin(), fired.end());
  if (wants_first) return fired.front().second;
  auto decisive = fired.back().first;
  if (s.is_by_deadline) {
    const auto& join = std::get<deployment::Join>(graph_.stage(stage).work);
    decisive = fired[static_cast<std::size_t>(std::max(1, join.quorum)) - 1].first;
  }
  return std::lower_bound(fired.begin(), fired.end(), std::pair{decisive, -1})->second;
}

void SampleRun::explain(Outcome& outcome) const {
  outcome.probability = probability_;
  outcome.right = 0;
  outcome.exits = exits_;
  outcome.answered_by = -1;
  outcome.latency = Span(answered_);
  outcome.terms = {};
  outcome.path.clear();
  if (outcome.latency == Span::longest()) return;

  outcome.answered_by = static_cast<int>(exits_.size());
  bool is_exit_known = false;
  for (int stage = graph_.answer; stage >= 0; stage = deciding_input(stage)) {
    outcome.path.push_back(stage);
    const State& s = state(stage);
    // Of a first-conclusive only the input that came first answered; others may be conclusive later.
    const int only = info(stage).kind == Kind::first_conclusive ? deciding_input(stage) : -1;
    for (const auto& edge : graph_.stage(stage).inputs) {
      if (is_exit_known || edge.when != Condition::conclusive || !has_fired(edge)) continue;
      if (only >= 0 && edge.from != only) continue;
      outcome.answered_by = std::get<deployment::Decision>(graph_.stage(edge.from).work).exit;
      is_exit_known = true;
    }
    const bool is_return = info(stage).kind == Kind::message && message(stage).is_return;
    for (std::size_t t = 0; t < s.terms.size(); ++t)
      outcome.terms[is_return ? static_cast<std::size_t>(Term::return_) : t] += s.terms[t];
    if (info(stage).kind != Kind::join) continue;
    const int input = deciding_input(stage);
    outcome.terms[static_cast<std::size_t>(Term::aggregation_wait)] += Span(s.fired - state(input).fired);
  }
  if (graph_.replay != nullptr) {
    const auto& rows = *graph_.replay;
    outcome.right = static_cast<double>(rows.right_rows_with(decided_, said_, outcome.answered_by)) /
                    static_cast<double>(rows.rows());
  }
  std::reverse(outcome.path.begin(), outcome.path.end());
  const Span sum = std::accumulate(outcome.terms.begin(), outcome.terms.end(), Span{});
  if (sum != outcome.latency) throw std::logic_error("the terms of a sample do not sum to its latency");
}

void SampleRun::add_load(Load& load) const {
  const auto busy = [&](const PreparedGraph::Work& work) {
    if (work.resource >= 0)
      load.busy[static_cast<std::size_t>(work.resource)] += probability_ * Span(work.cost).seconds();
  };
  for (int stage = 0; stage < static_cast<int>(states_.size()); ++stage) {
    if (state(stage).status != Status::fired) continue;
    if (info(stage).kind == Kind::compute) busy(info(stage).compute);
    if (info(stage).kind != Kind::message) continue;
    const auto& m = message(stage);
    busy(m.serialise);
    busy(m.deserialise);
    for (const auto& hop : prepared_.hops_of(m)) {
      const auto r = static_cast<std::size_t>(hop.resource);
      load.busy[r] += probability_ * Span(hop.duration).seconds();
      (m.is_control ? load.control : load.payload)[r] += probability_ * Bytes(m.size);
    }
  }
}

}  // namespace tiercut::planner
