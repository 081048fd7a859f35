// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tiercut::planner {

/// Additive placement over tiers that data only climbs (device, edge, cloud): each node takes one tier and pays for it,
/// a tensor pays each hop that it crosses once, however many of its consumers are above. Whole numbers (ps, bytes, nJ),
/// so that optimality is equality.
struct TierProblem {
  static constexpr std::int64_t forbidden = std::numeric_limits<std::int64_t>::max();

  struct Tensor {
    int producer = 0;
    std::vector<int> consumers;      ///< none may stand on a tier below the producer's
    std::vector<std::int64_t> hops;  ///< by hop t, from tier t to t + 1; at least 0
  };

  int tiers = 1;
  std::vector<std::vector<std::int64_t>> costs;  ///< by node and tier; `forbidden`, or of any sign
  std::vector<Tensor> tensors;
};

/// A flow that no placement can be cheaper than, in the problem's own terms: one path a node from its tier 0 to its
/// last, and what passes between nodes on each hop. See check_tiers for what must hold.
struct TierFlow {
  std::vector<std::vector<std::int64_t>> along;            ///< by node, tier: what is paid there so far
  std::vector<std::vector<std::vector<std::int64_t>>> up;  ///< by tensor, consumer, hop: because data never comes down
  std::vector<std::vector<std::vector<std::int64_t>>>
      across;  ///< by tensor, consumer, hop: because it pays for the tensor
};

struct TierCut {
  bool is_feasible = false;
  std::vector<int> tier;  ///< by node
  std::int64_t cost = 0;
  TierFlow flow;
};

/// The cheapest placement, by one minimum cut (Boykov and Kolmogorov's algorithm of Boost.Graph): a node has k - 1
/// vertices, the t-th on the source's side when its tier is above t (Ishikawa 2003); an auxiliary vertex a tensor and
/// hop lets the producer pay once. Nodes times the sum of all costs may be at most 2^61.
TierCut cheapest_tiers(const TierProblem& problem);

/// What a placement costs by the words of the problem; `forbidden` when it may not be.
std::int64_t cost_of_tiers(const TierProblem& problem, const std::vector<int>& tier);

/// Empty when the placement costs what it says and the flow proves that none is cheaper, else what is wrong. Shares
/// nothing with the solver. The proof: add up, over all nodes, what the flow sends into tier 0. For any placement what
/// enters a node's path leaves it where the node stands (at most its cost there), or for another node: up to one that
/// stands at least as high, or through a hop that the placement pays. So no placement costs less than the sum.
std::string check_tiers(const TierProblem& problem, const TierCut& cut);

}  // namespace tiercut::planner
