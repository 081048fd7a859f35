// SPDX-License-Identifier: Apache-2.0
#include "planner/graph_blocks.hpp"

#include <algorithm>

namespace tiercut::planner {

using model::LayerId;

std::vector<std::vector<LayerId>> live_tensors(const scenarios::Scenario& scenario, const Candidates& candidates) {
  const model::Model& net = *scenario.model;
  const std::size_t count = candidates.layers.size();
  std::vector<std::size_t> last_use(net.layers.size(), 0);  // position after which it is needed no more
  for (std::size_t i = 0; i < count; ++i)
    for (const LayerId input : net.layer(candidates.layers[i]).inputs) last_use[static_cast<std::size_t>(input)] = i;
  std::vector<std::vector<LayerId>> live(count + 1);
  std::vector<LayerId> now;
  for (const auto& source : scenario.workload.inputs) now.push_back(source.input);
  for (std::size_t i = 0;; ++i) {
    std::sort(now.begin(), now.end());
    live[i] = now;
    if (i == count) return live;
    std::erase_if(now, [&](LayerId id) { return last_use[static_cast<std::size_t>(id)] <= i; });
    const LayerId made = candidates.layers[i];
    if (i + 1 == count || last_use[static_cast<std::size_t>(made)] > i) now.push_back(made);
  }
}

std::vector<GraphBlock> graph_blocks(const scenarios::Scenario& scenario, const Candidates& candidates) {
  const auto live = live_tensors(scenario, candidates);
  std::vector<GraphBlock> blocks(1);
  for (std::size_t i = 0; i < candidates.layers.size(); ++i) {
    const LayerId id = candidates.layers[i];
    blocks.back().layers.push_back(id);
    if (i + 1 < candidates.layers.size() && live[i + 1] == std::vector{id}) blocks.push_back({id, {}});
  }
  return blocks;
}

}  // namespace tiercut::planner
