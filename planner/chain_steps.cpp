// SPDX-License-Identifier: Apache-2.0
#include "planner/chain_steps.hpp"

#include <algorithm>

#include "scenarios/exit_replay.hpp"

namespace tiercut::planner {
namespace {

/// Of the samples that no exit asked before was sure of, the share that this one is; notes that it was asked.
double share_of_rest(const scenarios::ExitReplay& replay, std::size_t exit, std::uint32_t& asked) {
  const auto before = static_cast<double>(replay.rows_with(asked, 0));
  asked |= 1U << exit;
  return before > 0 ? 1 - static_cast<double>(replay.rows_with(asked, 0)) / before : 0;
}

}  // namespace

std::optional<std::vector<ChainStep>> chain_steps(const scenarios::Scenario& scenario, const Candidates& candidates) {
  const model::Model& net = *scenario.model;
  const auto& plan = candidates.plan;
  if (!net.is_chain_with_exits() || !scenario.joins.empty()) return std::nullopt;
  const int finals = static_cast<int>(net.exits.size());
  std::optional<scenarios::ExitReplay> replay;
  if (scenario.exit_trace) replay = scenarios::replay_of(scenario, deployment::thresholds_of(scenario, plan));
  std::uint32_t asked = 0;
  std::vector<ChainStep> steps;
  for (int level = 0; level <= finals; ++level) {
    const auto k = static_cast<std::size_t>(level);
    if (level < finals && !plan.uses_exit[k]) continue;
    if (level < finals && plan.escalation[k] != scenarios::Escalation::after) return std::nullopt;
    if (level < finals && !scenario.exits[k]) return std::nullopt;
    ChainStep step;
    step.exit = level < finals ? level : -1;
    if (level < finals)
      step.probability =
          replay ? share_of_rest(*replay, k, asked) : std::clamp(scenario.exits[k]->probability, 0.0, 1.0);
    for (const model::LayerId id : candidates.layers)
      if (candidates.level[static_cast<std::size_t>(id)] == level) step.layers.push_back(id);
    const model::LayerId last = level < finals ? net.exits[k].layer : net.answer_layer(finals);
    if (step.layers.empty() || step.layers.back() != last) return std::nullopt;
    for (std::size_t i = 1; i < step.layers.size(); ++i)
      if (net.layer(step.layers[i]).inputs != std::vector{step.layers[i - 1]}) return std::nullopt;
    if (net.layer(step.layers[0]).inputs.size() != 1) return std::nullopt;
    step.start = net.layer(step.layers[0]).inputs[0];
    if (!steps.empty()) {
      ChainStep& before = steps.back();
      const auto found = std::find(before.layers.begin(), before.layers.end(), step.start);
      if (found != before.layers.end())
        before.branch_point = static_cast<int>(found - before.layers.begin());
      else if (before.start != step.start)
        return std::nullopt;
    } else if (net.layer(step.start).type != model::LayerType::input) {
      return std::nullopt;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace tiercut::planner
