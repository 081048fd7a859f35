// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <tuple>

#include "deployment/grouping.hpp"
#include "deployment/lowering.hpp"
#include "deployment/places.hpp"

namespace tiercut::deployment {
namespace {

using model::LayerId;

/// Layers of a group run in order. Its inputs are there from the start; a tensor is freed after its last consumer in
/// the group, unless somebody outside needs it: those leave when the stage ends.
Bytes peak_activations(const model::Model& net, const Structure& structure, std::size_t group_index,
                       const std::vector<bool>& leaves) {
  const Group& group = structure.groups[group_index];
  const auto is_inside = [&](LayerId id) {
    return structure.group_of[static_cast<std::size_t>(id)] == static_cast<int>(group_index);
  };
  std::map<LayerId, LayerId> last_use;
  for (const LayerId id : group.layers) {
    for (const LayerId input : net.layer(id).inputs) last_use[input] = id;
  }
  Bytes live;
  for (const auto& [tensor, last] : last_use) {
    if (!is_inside(tensor)) live += net.layer(tensor).output_bytes;
  }
  Bytes peak;
  for (const LayerId id : group.layers) {
    live += net.layer(id).output_bytes;
    peak = std::max(peak, live);
    for (const auto& [tensor, last] : last_use) {
      const bool stays = is_inside(tensor) && leaves[static_cast<std::size_t>(tensor)];
      if (last == id && !stays) live -= net.layer(tensor).output_bytes;
    }
  }
  return peak;
}

/// By layer, whether its tensor is needed outside its own group: by another group, as an exit's scores, or as the
/// answer.
std::vector<bool> tensors_that_leave(const scenarios::Scenario& scenario, const Plan& plan,
                                     const Structure& structure) {
  const model::Model& net = *scenario.model;
  std::vector<bool> leaves(net.layers.size(), false);
  for (LayerId id = 0; id < net.layer_count(); ++id) {
    if (!structure.is_needed(id)) continue;
    const int group = structure.group_of[static_cast<std::size_t>(id)];
    for (const LayerId input : net.layer(id).inputs) {
      const int other = structure.group_of[static_cast<std::size_t>(input)];
      if (group < 0 || other != group) leaves[static_cast<std::size_t>(input)] = true;
    }
  }
  for (std::size_t k = 0; k < net.exits.size(); ++k) {
    if (plan.uses_exit[k]) leaves[static_cast<std::size_t>(net.exits[k].layer)] = true;
  }
  return leaves;
}

}  // namespace

std::vector<MemoryUse> memory_use(const scenarios::Scenario& scenario, const Plan& plan) {
  if (has_errors(check_places(scenario, plan))) return {};
  const model::Model& net = *scenario.model;
  const Structure structure = structure_of(scenario, plan);
  const std::vector<bool> leaves = tensors_that_leave(scenario, plan, structure);
  std::vector<MemoryUse> uses;
  for (std::size_t g = 0; g < structure.groups.size(); ++g) {
    const Group& group = structure.groups[g];
    const int pool_index = unit_at(scenario, group.place).memory_pool;
    auto use = std::find_if(uses.begin(), uses.end(), [&](const MemoryUse& other) {
      return other.device == group.place.device && other.pool == pool_index;
    });
    if (use == uses.end()) {
      const scenarios::Device& device = scenario.device(group.place.device);
      const profiles::MemoryPool& pool = device.profile->pools[static_cast<std::size_t>(pool_index)];
      MemoryUse fresh{group.place.device, pool_index, {}, {}, pool.runtime_footprint, {}};
      fresh.usable = device.usable_memory.value_or(pool.usable);
      use = uses.insert(uses.end(), fresh);
    }
    for (const LayerId layer : group.layers) use->weights += net.layer(layer).weight_bytes;
    use->activations = std::max(use->activations, peak_activations(net, structure, g, leaves));
  }
  std::sort(uses.begin(), uses.end(), [](const MemoryUse& a, const MemoryUse& b) {
    return std::tie(a.device, a.pool) < std::tie(b.device, b.pool);
  });
  return uses;
}

}  // namespace tiercut::deployment
