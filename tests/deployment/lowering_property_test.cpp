// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "deployment/lowering.hpp"
#include "tests/deployment/platform_builder.hpp"
#include "tests/support/random_case.hpp"

// Random models, platforms and plans. What must hold is derived from the model and the plan alone.
namespace tiercut::deployment {
namespace {

using testing::RandomCase;
using testing::value_of;

testing::CaseOptions any_case() {
  testing::CaseOptions options;
  options.with_tcp = true;
  options.with_fair_links = true;
  options.most_layers = 20;
  return options;
}

bool is_computing(const model::Layer& layer) {
  return layer.type != model::LayerType::input && layer.type != model::LayerType::output;
}

/// By layer, the first used exit whose scores need it; the number of exits for the final answer; -1 for none. By
/// search from each answer, unlike the lowering's single sweep.
std::vector<int> levels_by_search(const RandomCase& random) {
  const model::Model& net = *random.scenario.model;
  std::vector<int> level(net.layers.size(), -1);
  const int exits = static_cast<int>(net.exits.size());
  for (int k = 0; k <= exits; ++k) {
    if (k < exits && !random.plan.uses_exit[static_cast<std::size_t>(k)]) continue;
    std::vector<model::LayerId> open = {net.answer_layer(k)};
    while (!open.empty()) {
      const model::LayerId id = open.back();
      open.pop_back();
      if (level[static_cast<std::size_t>(id)] >= 0) continue;
      level[static_cast<std::size_t>(id)] = k;
      for (const model::LayerId input : net.layer(id).inputs) open.push_back(input);
    }
  }
  return level;
}

/// Which stages run when the exits have these outcomes (bit k: exit k conclusive), by the contract of edges.
std::vector<bool> stages_that_run(const StageGraph& graph, unsigned outcomes) {
  std::vector<bool> runs(graph.stages.size());
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const Stage& stage = graph.stages[i];
    int live = 0;
    for (const Edge& edge : stage.inputs) {
      const auto* decision = std::get_if<Decision>(&graph.stage(edge.from).work);
      const bool is_conclusive = decision != nullptr && (outcomes >> decision->exit & 1U) != 0;
      const bool fires = edge.when == Condition::always || (edge.when == Condition::conclusive) == is_conclusive;
      live += runs[static_cast<std::size_t>(edge.from)] && fires ? 1 : 0;
    }
    const auto* join = std::get_if<Join>(&stage.work);
    const bool is_first = std::holds_alternative<FirstConclusive>(stage.work);
    const int needed = join != nullptr ? join->quorum : is_first ? 1 : static_cast<int>(stage.inputs.size());
    runs[i] = live >= needed;
  }
  return runs;
}

/// Whether work of a level may run: every exit asked before it that guards was inconclusive.
bool is_open(const RandomCase& random, int level, unsigned outcomes) {
  for (int k = 0; k < level; ++k) {
    const auto index = static_cast<std::size_t>(k);
    const bool guards = random.plan.uses_exit[index] && random.plan.escalation[index] == scenarios::Escalation::after;
    if (guards && (outcomes >> k & 1U) != 0) return false;
  }
  return true;
}

RC_GTEST_PROP(LoweringProperty, GraphIsWellFormed, (std::uint64_t seed)) {
  const RandomCase random = testing::random_case(seed, any_case());
  const StageGraph graph = value_of(lower(random.scenario, random.plan));
  std::set<std::string> names;
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const Stage& stage = graph.stages[i];
    RC_ASSERT(names.insert(stage.name).second);
    RC_ASSERT(stage.inputs.empty() == std::holds_alternative<Source>(stage.work));
    for (const Edge& edge : stage.inputs) {
      RC_ASSERT(edge.from >= 0 && edge.from < static_cast<StageId>(i));
      const bool is_decision = std::holds_alternative<Decision>(graph.stage(edge.from).work);
      RC_ASSERT(is_decision == (edge.when != Condition::always));
    }
  }
  RC_ASSERT(std::holds_alternative<Answer>(graph.stage(graph.answer).work));
}

RC_GTEST_PROP(LoweringProperty, EveryNeededLayerRunsInOneStageOnItsPlace, (std::uint64_t seed)) {
  const RandomCase random = testing::random_case(seed, any_case());
  const model::Model& net = *random.scenario.model;
  const StageGraph graph = value_of(lower(random.scenario, random.plan));
  const std::vector<int> level = levels_by_search(random);
  std::vector<int> times(net.layers.size(), 0);
  for (const Stage& stage : graph.stages) {
    const auto* compute = std::get_if<Compute>(&stage.work);
    if (compute == nullptr) continue;
    for (const model::LayerId layer : compute->layers) {
      const auto index = static_cast<std::size_t>(layer);
      ++times[index];
      RC_ASSERT(level[index] == level[static_cast<std::size_t>(compute->layers[0])]);
      const Place& place = random.plan.placement[index];
      RC_ASSERT(graph.resource(compute->unit.resource).name == random.scenario.name_of(place));
    }
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    RC_ASSERT(times[i] == (level[i] >= 0 && is_computing(net.layers[i]) ? 1 : 0));
  }
}

RC_GTEST_PROP(LoweringProperty, ATensorCrossesToADeviceOnce, (std::uint64_t seed)) {
  const RandomCase random = testing::random_case(seed, any_case());
  const StageGraph graph = value_of(lower(random.scenario, random.plan));
  std::set<std::pair<model::LayerId, scenarios::DeviceRef>> sent;
  for (const Stage& stage : graph.stages) {
    const auto* transfer = std::get_if<Transfer>(&stage.work);
    if (transfer == nullptr || transfer->message.is_return || transfer->message.hops.empty()) continue;
    RC_ASSERT(sent.emplace(transfer->message.tensor, transfer->message.to).second);
    RC_ASSERT(transfer->message.from != transfer->message.to);
  }
  // And it does cross wherever a consumer is apart from its producer.
  const model::Model& net = *random.scenario.model;
  const std::vector<int> level = levels_by_search(random);
  std::set<std::pair<model::LayerId, scenarios::DeviceRef>> needed;
  for (model::LayerId id = 0; id < net.layer_count(); ++id) {
    if (level[static_cast<std::size_t>(id)] < 0 || !is_computing(net.layer(id))) continue;
    const auto there = random.plan.placement[static_cast<std::size_t>(id)].device;
    for (const model::LayerId input : net.layer(id).inputs) {
      if (random.plan.placement[static_cast<std::size_t>(input)].device != there) needed.emplace(input, there);
    }
  }
  RC_ASSERT(sent == needed);
}

RC_GTEST_PROP(LoweringProperty, WorkRunsExactlyWhenItsGuardsAreInconclusive, (std::uint64_t seed)) {
  const RandomCase random = testing::random_case(seed, any_case());
  const StageGraph graph = value_of(lower(random.scenario, random.plan));
  const std::vector<int> level = levels_by_search(random);
  const unsigned exits = static_cast<unsigned>(graph.exits.size());
  for (unsigned outcomes = 0; outcomes < 1U << exits; ++outcomes) {
    const std::vector<bool> runs = stages_that_run(graph, outcomes);
    RC_ASSERT(runs[static_cast<std::size_t>(graph.answer)]);
    for (std::size_t i = 0; i < graph.stages.size(); ++i) {
      if (const auto* compute = std::get_if<Compute>(&graph.stages[i].work)) {
        const int own = level[static_cast<std::size_t>(compute->layers[0])];
        RC_ASSERT(runs[i] == is_open(random, own, outcomes));
      } else if (const auto* decision = std::get_if<Decision>(&graph.stages[i].work)) {
        RC_ASSERT(runs[i] == is_open(random, decision->exit, outcomes));
      }
    }
  }
}

RC_GTEST_PROP(LoweringProperty, TransfersWaitForTheGuardOfTheirFirstConsumer, (std::uint64_t seed)) {
  const RandomCase random = testing::random_case(seed, any_case());
  const model::Model& net = *random.scenario.model;
  const StageGraph graph = value_of(lower(random.scenario, random.plan));
  const std::vector<int> level = levels_by_search(random);
  const unsigned exits = static_cast<unsigned>(graph.exits.size());
  for (unsigned outcomes = 0; outcomes < 1U << exits; ++outcomes) {
    const std::vector<bool> runs = stages_that_run(graph, outcomes);
    for (std::size_t i = 0; i < graph.stages.size(); ++i) {
      const auto* transfer = std::get_if<Transfer>(&graph.stages[i].work);
      if (transfer == nullptr || transfer->message.is_return || transfer->message.hops.empty()) continue;
      int first = static_cast<int>(exits);
      for (const model::LayerId user : net.consumers(transfer->message.tensor)) {
        const auto index = static_cast<std::size_t>(user);
        const bool is_there = level[index] >= 0 && random.plan.placement[index].device == transfer->message.to;
        if (is_there && is_computing(net.layer(user))) first = std::min(first, level[index]);
      }
      RC_ASSERT(runs[i] == is_open(random, first, outcomes));
    }
  }
}

RC_GTEST_PROP(LoweringProperty, ALayerWithOneInputFromItsPlaceAndLevelJoinsThatCall, (std::uint64_t seed)) {
  testing::CaseOptions options = any_case();
  options.with_joins = false;
  const RandomCase random = testing::random_case(seed, options);
  const model::Model& net = *random.scenario.model;
  const StageGraph graph = value_of(lower(random.scenario, random.plan));
  const std::vector<int> level = levels_by_search(random);
  std::vector<int> stage_of(net.layers.size(), -1);
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    if (const auto* compute = std::get_if<Compute>(&graph.stages[i].work)) {
      if (compute->execution == profiles::Execution::layer) RC_ASSERT(compute->layers.size() == 1U);
      for (const model::LayerId layer : compute->layers)
        stage_of[static_cast<std::size_t>(layer)] = static_cast<int>(i);
    }
  }
  for (model::LayerId id = 0; id < net.layer_count(); ++id) {
    const auto index = static_cast<std::size_t>(id);
    const std::vector<model::LayerId>& inputs = net.layer(id).inputs;
    if (inputs.size() != 1 || stage_of[index] < 0) continue;
    const auto before = static_cast<std::size_t>(inputs[0]);
    const bool is_alike = stage_of[before] >= 0 && level[before] == level[index] &&
                          random.plan.placement[before] == random.plan.placement[index];
    const auto& compute = std::get<Compute>(graph.stage(stage_of[index]).work);
    if (is_alike && compute.execution == profiles::Execution::call) RC_ASSERT(stage_of[before] == stage_of[index]);
  }
}

}  // namespace
}  // namespace tiercut::deployment
