// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <queue>

#include "model/graph.hpp"

namespace tiercut::model {
namespace {

std::vector<int> find_cycle(const std::vector<std::vector<int>>& inputs, const std::vector<int>& open_inputs) {
  // Every node that is left has an input that is left, so walking backwards must come round.
  const auto is_left = [&](int node) { return open_inputs[static_cast<std::size_t>(node)] > 0; };
  int node = 0;
  while (!is_left(node)) ++node;
  std::vector<bool> is_on_path(inputs.size(), false);
  std::vector<int> path;
  while (!is_on_path[static_cast<std::size_t>(node)]) {
    is_on_path[static_cast<std::size_t>(node)] = true;
    path.push_back(node);
    const std::vector<int>& before = inputs[static_cast<std::size_t>(node)];
    node = *std::find_if(before.begin(), before.end(), is_left);
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), node));
  std::reverse(path.begin(), path.end());
  std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
  return path;
}

}  // namespace

TopologicalOrder sort_topologically(const std::vector<std::vector<int>>& inputs) {
  const std::size_t count = inputs.size();
  std::vector<std::vector<int>> consumers(count);
  std::vector<int> open_inputs(count, 0);
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (std::size_t i = 0; i < count; ++i) {
    open_inputs[i] = static_cast<int>(inputs[i].size());
    if (inputs[i].empty()) ready.push(static_cast<int>(i));
    for (const int input : inputs[i]) consumers[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
  }
  TopologicalOrder result;
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    result.order.push_back(next);
    for (const int consumer : consumers[static_cast<std::size_t>(next)]) {
      if (--open_inputs[static_cast<std::size_t>(consumer)] == 0) ready.push(consumer);
    }
  }
  result.sorted_count = result.order.size();
  if (result.sorted_count == count) return result;
  result.cycle = find_cycle(inputs, open_inputs);
  for (std::size_t i = 0; i < count; ++i) {
    if (open_inputs[i] > 0) result.order.push_back(static_cast<int>(i));
  }
  return result;
}

}  // namespace tiercut::model
