// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>

#include "planner/tier_problem.hpp"

namespace tiercut::planner {
namespace {

/// An edge knows the number under which it was added.
struct Number {
  std::size_t number = 0;
};
using Graph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Number>;
using Edge = boost::graph_traits<Graph>::edge_descriptor;

constexpr std::int64_t unlimited = std::int64_t{1} << 62;

class TierNetwork {
 public:
  explicit TierNetwork(const TierProblem& problem)
      : problem_(problem),
        hops_(problem.tiers - 1),
        first_helper_(2 + problem.costs.size() * static_cast<std::size_t>(hops_)),
        vertices_(first_helper_ + problem.tensors.size() * static_cast<std::size_t>(hops_)),
        never_(sum_of_costs() + 1) {
    const std::size_t nodes = problem.costs.size();
    for (std::size_t v = 0; v < nodes; ++v) add_node(v);
    for (std::size_t i = 0; i < problem.tensors.size(); ++i) add_tensor(i);
  }

  TierCut solve() {
    const Graph graph(boost::edges_are_unsorted_multi_pass, ends_.begin(), ends_.end(), numbers_.begin(), vertices_);
    const std::size_t edges = ends_.size();
    const auto index = boost::get(boost::edge_index, graph);
    const auto vertex = boost::get(boost::vertex_index, graph);
    std::vector<Edge> edge_of(edges), reverse(edges);
    std::vector<std::int64_t> capacity(edges), residual(edges);
    const auto [begin, end] = boost::edges(graph);
    for (auto edge = begin; edge != end; ++edge) edge_of[graph[*edge].number] = *edge;
    for (std::size_t number = 0; number < edges; ++number) {
      const std::size_t own = get(index, edge_of[number]);
      capacity[own] = capacity_[number];
      reverse[own] = edge_of[number ^ 1U];
    }
    std::vector<Edge> predecessor(vertices_);
    std::vector<boost::default_color_type> color(vertices_);
    std::vector<std::int64_t> distance(vertices_);
    boost::boykov_kolmogorov_max_flow(graph, boost::make_iterator_property_map(capacity.begin(), index),
                                      boost::make_iterator_property_map(residual.begin(), index),
                                      boost::make_iterator_property_map(reverse.begin(), index),
                                      boost::make_iterator_property_map(predecessor.begin(), vertex),
                                      boost::make_iterator_property_map(color.begin(), vertex),
                                      boost::make_iterator_property_map(distance.begin(), vertex), vertex, 0, 1);
    for (std::size_t number = 0; number < edges; ++number)
      residual_.push_back(residual[get(index, edge_of[number])]);
    TierCut cut;
    for (std::size_t v = 0; v < problem_.costs.size(); ++v) {
      int tier = 0;
      while (tier < hops_ && color[vertex_of(v, tier)] == boost::black_color) ++tier;
      cut.tier.push_back(tier);
    }
    cut.cost = cost_of_tiers(problem_, cut.tier);
    cut.is_feasible = cut.cost != TierProblem::forbidden;
    if (cut.is_feasible) read_flow(cut);
    return cut;
  }

 private:
  /// More than any placement costs: what a tier that a node must not take is worth.
  std::int64_t sum_of_costs() const {
    std::int64_t sum = 0;
    for (const auto& costs : problem_.costs) {
      std::int64_t least = TierProblem::forbidden, most = 0;
      for (const std::int64_t cost : costs) {
        least = std::min(least, cost);
        if (cost != TierProblem::forbidden) most = std::max(most, cost);
      }
      if (least != TierProblem::forbidden) sum += most - std::min<std::int64_t>(0, least);
    }
    for (const auto& tensor : problem_.tensors)
      for (const std::int64_t hop : tensor.hops) sum += hop;
    return sum;
  }

  std::size_t vertex_of(std::size_t node, int hop) const {
    if (hop < 0) return 0;
    return hop >= hops_ ? 1 : 2 + node * static_cast<std::size_t>(hops_) + static_cast<std::size_t>(hop);
  }

  /// The edge and its reverse; returns the number of the edge, the reverse has the next, which is odd.
  std::size_t add_edge(std::size_t from, std::size_t to, std::int64_t forth, std::int64_t back) {
    const std::size_t number = ends_.size();
    ends_.insert(ends_.end(), {{from, to}, {to, from}});
    numbers_.insert(numbers_.end(), {{number}, {number + 1}});
    capacity_.insert(capacity_.end(), {forth, back});
    return number;
  }

  /// Capacities are at least 0: all tiers of a node are shifted by its cheapest.
  void add_node(std::size_t v) {
    const auto& costs = problem_.costs[v];
    const std::int64_t least = *std::min_element(costs.begin(), costs.end());
    shift_.push_back(least == TierProblem::forbidden ? 0 : least);
    along_.emplace_back();
    for (int t = 0; t <= hops_ && hops_ > 0; ++t) {
      const std::int64_t cost = costs[static_cast<std::size_t>(t)];
      const bool has_back = t > 0 && t < hops_;
      along_.back().push_back(add_edge(vertex_of(v, t - 1), vertex_of(v, t),
                                       cost == TierProblem::forbidden ? never_ : cost - shift_.back(),
                                       has_back ? unlimited : 0));
    }
  }

  void add_tensor(std::size_t i) {
    const auto& tensor = problem_.tensors[i];
    const auto producer = static_cast<std::size_t>(tensor.producer);
    auto& up = up_.emplace_back(tensor.consumers.size());
    auto& across = across_.emplace_back(tensor.consumers.size());
    for (int t = 0; t < hops_; ++t) {
      const std::size_t helper = first_helper_ + i * static_cast<std::size_t>(hops_) + static_cast<std::size_t>(t);
      const std::int64_t price = tensor.hops[static_cast<std::size_t>(t)];
      if (price > 0 && !tensor.consumers.empty()) add_edge(helper, vertex_of(producer, t), price, 0);
      for (std::size_t c = 0; c < tensor.consumers.size(); ++c) {
        const std::size_t consumer = vertex_of(static_cast<std::size_t>(tensor.consumers[c]), t);
        up[c].push_back(add_edge(vertex_of(producer, t), consumer, unlimited, 0));
        across[c].push_back(price > 0 ? add_edge(consumer, helper, unlimited, 0) : none);
      }
    }
  }

  std::int64_t flow_of(std::size_t edge) const { return edge == none ? 0 : capacity_[edge] - residual_[edge]; }

  void read_flow(TierCut& cut) const {
    for (std::size_t v = 0; v < along_.size(); ++v) {
      auto& along = cut.flow.along.emplace_back();
      for (const std::size_t edge : along_[v]) along.push_back(flow_of(edge) + shift_[v]);
      if (hops_ == 0) along.push_back(shift_[v]);
    }
    const auto read = [this](const auto& edges, auto& flows) {
      for (const auto& tensor : edges) {
        auto& own = flows.emplace_back();
        for (const auto& consumer : tensor) {
          auto& by_hop = own.emplace_back();
          for (const std::size_t edge : consumer) by_hop.push_back(flow_of(edge));
        }
      }
    };
    read(up_, cut.flow.up);
    read(across_, cut.flow.across);
  }

  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  const TierProblem& problem_;
  int hops_;
  std::size_t first_helper_, vertices_;
  std::int64_t never_;
  std::vector<std::pair<std::size_t, std::size_t>> ends_;  // by edge
  std::vector<Number> numbers_;
  std::vector<std::int64_t> capacity_, residual_, shift_;
  std::vector<std::vector<std::size_t>> along_;
  std::vector<std::vector<std::vector<std::size_t>>> up_, across_;
};

}  // namespace

TierCut cheapest_tiers(const TierProblem& problem) { return TierNetwork(problem).solve(); }

}  // namespace tiercut::planner
