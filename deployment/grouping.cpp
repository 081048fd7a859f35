// SPDX-License-Identifier: Apache-2.0
#include "deployment/grouping.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "deployment/places.hpp"

namespace tiercut::deployment {
namespace {

using model::LayerId;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::vector<int> levels_of(const model::Model& net, const Plan& plan, int unneeded) {
  std::vector<int> level(net.layers.size(), unneeded);
  level[index(net.output())] = static_cast<int>(net.exits.size());
  for (std::size_t k = net.exits.size(); k-- > 0;) {
    int& own = level[index(net.exits[k].layer)];
    if (plan.uses_exit[k]) own = std::min(own, static_cast<int>(k));
  }
  for (LayerId id = net.layer_count() - 1; id >= 0; --id) {
    for (const LayerId input : net.layer(id).inputs)
      level[index(input)] = std::min(level[index(input)], level[index(id)]);
  }
  return level;
}

std::vector<int> guards_of(const model::Model& net, const Plan& plan) {
  std::vector<int> guard(net.exits.size() + 1, -1);
  for (std::size_t k = 0; k < net.exits.size(); ++k) {
    const bool guards = plan.uses_exit[k] && plan.escalation[k] == scenarios::Escalation::after;
    guard[k + 1] = guards ? static_cast<int>(k) : guard[k];
  }
  return guard;
}

profiles::Execution execution_at(const scenarios::Scenario& scenario, const Place& place) {
  return scenario.device(place.device).execution.value_or(unit_at(scenario, place).execution);
}

/// Layers that run together share a root. Ranks rise along every edge that leaves a group, so the groups form no
/// cycle.
class Merger {
 public:
  Merger(const scenarios::Scenario& scenario, const Plan& plan, const Structure& structure)
      : scenario_(scenario), plan_(plan), structure_(structure), rank_(structure.level.size(), 0), root_(rank_.size()) {
    std::iota(root_.begin(), root_.end(), 0);
    const model::Model& net = *scenario.model;
    for (LayerId id = 0; id < net.layer_count(); ++id) {
      if (structure.is_needed(id) && computes(net.layer(id))) place(id, net.layer(id));
    }
  }

  int rank(LayerId id) const { return rank_[index(id)]; }
  LayerId root(LayerId id) {
    while (root_[index(id)] != id) id = root_[index(id)] = root_[index(root_[index(id)])];
    return id;
  }

 private:
  bool is_same_key(LayerId a, LayerId b) const {
    return computes(scenario_.model->layer(a)) && structure_.level[index(a)] == structure_.level[index(b)] &&
           plan_.placement[index(a)] == plan_.placement[index(b)];
  }

  void place(LayerId id, const model::Layer& layer) {
    const bool starts_anew = partial_join(scenario_, id) != nullptr;
    int& own = rank_[index(id)];
    for (const LayerId input : layer.inputs) {
      own = std::max(own, rank(input) + (is_same_key(input, id) && !starts_anew ? 0 : 1));
    }
    if (execution_at(scenario_, plan_.placement[index(id)]) == profiles::Execution::layer) return;
    for (const LayerId input : layer.inputs) {
      if (rank(input) == own && is_same_key(input, id)) unite(input, id);
    }
  }

  void unite(LayerId a, LayerId b) {
    const auto [least, other] = std::minmax({root(a), root(b)});
    root_[index(other)] = least;
  }

  const scenarios::Scenario& scenario_;
  const Plan& plan_;
  const Structure& structure_;
  std::vector<int> rank_;
  std::vector<LayerId> root_;
};

void group_layers(const scenarios::Scenario& scenario, const Plan& plan, Structure& structure) {
  const model::Model& net = *scenario.model;
  Merger merger(scenario, plan, structure);
  structure.group_of.assign(net.layers.size(), -1);
  std::vector<Group>& groups = structure.groups;
  for (LayerId id = 0; id < net.layer_count(); ++id) {
    if (!structure.is_needed(id) || !computes(net.layer(id))) continue;
    const LayerId root = merger.root(id);
    if (root == id) {
      const Place& place = plan.placement[index(id)];
      structure.group_of[index(id)] = static_cast<int>(groups.size());
      groups.push_back({place, structure.level[index(id)], merger.rank(id), execution_at(scenario, place), {}});
    }
    groups[index(structure.group_of[index(root)])].layers.push_back(id);
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::tie(a.level, a.rank, a.layers[0]) < std::tie(b.level, b.rank, b.layers[0]);
  });
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const LayerId id : groups[g].layers) structure.group_of[index(id)] = static_cast<int>(g);
  }
}

}  // namespace

Diagnostics check_places(const scenarios::Scenario& scenario, const Plan& plan) {
  const model::Model& net = *scenario.model;
  const std::size_t exits = net.exits.size();
  Diagnostics diagnostics;
  if (plan.placement.size() != net.layers.size() || plan.uses_exit.size() != exits || plan.escalation.size() != exits) {
    diagnostics.push_back({Severity::error,
                           "bad-plan",
                           Location{scenario.file, 0, 0, {}},
                           "the plan is not of this model: it has other numbers of layers or exits",
                           {}});
    return diagnostics;
  }
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    if (!computes(net.layers[i]) || is_place(scenario, plan.placement[i])) continue;
    diagnostics.push_back({Severity::error, "unplaceable-layer", Location{scenario.file, 0, 0, {}},
                           "layer `" + net.layers[i].name + "` is on a device that runs no layers",
                           "place it on a device with a profile, on one of its units"});
  }
  return diagnostics;
}

Structure structure_of(const scenarios::Scenario& scenario, const Plan& plan) {
  Structure structure;
  structure.unneeded = static_cast<int>(scenario.model->exits.size()) + 1;
  structure.level = levels_of(*scenario.model, plan, structure.unneeded);
  structure.guard = guards_of(*scenario.model, plan);
  group_layers(scenario, plan, structure);
  return structure;
}

const scenarios::JoinPolicy* partial_join(const scenarios::Scenario& scenario, model::LayerId layer) {
  for (const scenarios::JoinPolicy& join : scenario.joins) {
    if (join.layer != layer) continue;
    const std::size_t inputs = scenario.model->layer(layer).inputs.size();
    return join.deadline || join.quorum < static_cast<int>(inputs) ? &join : nullptr;
  }
  return nullptr;
}

}  // namespace tiercut::deployment
