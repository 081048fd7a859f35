// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "planner/tier_problem.hpp"

namespace tiercut::planner {

std::int64_t cost_of_tiers(const TierProblem& problem, const std::vector<int>& tier) {
  std::int64_t sum = 0;
  for (std::size_t v = 0; v < problem.costs.size(); ++v) {
    const std::int64_t own = problem.costs[v][static_cast<std::size_t>(tier[v])];
    if (own == TierProblem::forbidden) return own;
    sum += own;
  }
  for (const auto& tensor : problem.tensors) {
    const int from = tier[static_cast<std::size_t>(tensor.producer)];
    int top = from;
    for (const int consumer : tensor.consumers) {
      const int to = tier[static_cast<std::size_t>(consumer)];
      if (to < from) return TierProblem::forbidden;
      top = std::max(top, to);
    }
    for (int t = from; t < top; ++t) sum += tensor.hops[static_cast<std::size_t>(t)];
  }
  return sum;
}

std::string check_tiers(const TierProblem& problem, const TierCut& cut) {
  const std::size_t nodes = problem.costs.size();
  const auto tiers = static_cast<std::size_t>(problem.tiers), hops = tiers - 1;
  if (!cut.is_feasible) return "no placement is claimed";
  if (cut.tier.size() != nodes) return "not every node has a tier";
  for (const int tier : cut.tier)
    if (tier < 0 || tier >= problem.tiers) return "a tier that is not there";
  if (cost_of_tiers(problem, cut.tier) != cut.cost) return "the placement costs something else";
  const TierFlow& flow = cut.flow;
  if (flow.along.size() != nodes || flow.up.size() != problem.tensors.size() ||
      flow.across.size() != problem.tensors.size())
    return "the flow is of another problem";

  std::vector<std::vector<std::int64_t>> excess(nodes, std::vector<std::int64_t>(hops, 0));  // by node and hop
  std::int64_t sum = 0;
  for (std::size_t v = 0; v < nodes; ++v) {
    if (flow.along[v].size() != tiers) return "the flow is of another problem";
    for (std::size_t t = 0; t < tiers; ++t) {
      if (flow.along[v][t] > problem.costs[v][t]) return "a node pays more than its tier costs";
      if (t > 0) excess[v][t - 1] -= flow.along[v][t];
      if (t < hops) excess[v][t] += flow.along[v][t];
    }
    sum += flow.along[v][0];
  }
  for (std::size_t i = 0; i < problem.tensors.size(); ++i) {
    const auto& tensor = problem.tensors[i];
    const auto producer = static_cast<std::size_t>(tensor.producer);
    if (flow.up[i].size() != tensor.consumers.size() || flow.across[i].size() != tensor.consumers.size())
      return "the flow is of another problem";
    for (std::size_t t = 0; t < hops; ++t) {
      std::int64_t paid = 0;
      for (std::size_t c = 0; c < tensor.consumers.size(); ++c) {
        const auto consumer = static_cast<std::size_t>(tensor.consumers[c]);
        if (flow.up[i][c].size() != hops || flow.across[i][c].size() != hops) return "the flow is of another problem";
        const std::int64_t up = flow.up[i][c][t], across = flow.across[i][c][t];
        if (up < 0 || across < 0) return "a flow against its direction";
        excess[producer][t] += across - up;
        excess[consumer][t] += up - across;
        paid += across;
      }
      if (paid > tensor.hops[t]) return "a tensor pays more than its hop costs";
    }
  }
  for (const auto& node : excess)
    if (std::any_of(node.begin(), node.end(), [](std::int64_t left) { return left != 0; }))
      return "what enters a node does not leave it";
  if (sum != cut.cost) return "the flow proves another cost";
  return {};
}

}  // namespace tiercut::planner
