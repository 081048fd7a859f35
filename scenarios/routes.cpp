// SPDX-License-Identifier: Apache-2.0
#include "scenarios/routes.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <utility>

#include "scenarios/limits.hpp"

namespace tiercut::scenarios {
namespace {

/// Ways kept at once; beyond that the oldest are found anew when asked for.
constexpr std::size_t most_ways_kept = 1u << 20;

}  // namespace

class RouteTable::Network {
 public:
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Edge>;
  Network(const std::vector<Edge>& edges, int node_count) : graph(static_cast<std::size_t>(node_count)) {
    for (const Edge& edge : edges) {
      boost::add_edge(static_cast<std::size_t>(edge.from), static_cast<std::size_t>(edge.to), edge, graph);
    }
  }
  Graph graph;
};

/// Extending two ways by the same edge keeps their order, so Dijkstra's algorithm holds for it.
bool RouteTable::Way::operator<(const Way& other) const {
  if (is_open != other.is_open) return is_open;
  if (latency != other.latency) return latency < other.latency;
  if (hops.size() != other.hops.size()) return hops.size() < other.hops.size();
  return std::lexicographical_compare(
      hops.begin(), hops.end(), other.hops.begin(), other.hops.end(),
      [](const Hop& a, const Hop& b) { return std::pair(a.link, a.member) < std::pair(b.link, b.member); });
}

RouteTable::RouteTable(const Scenario& scenario) {
  add_nodes(scenario);
  for (std::size_t link = 0; link < scenario.links.size(); ++link) add_edges(scenario, static_cast<int>(link));
}

void RouteTable::add_nodes(const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    const int device = static_cast<int>(i);
    const int count = scenario.devices[i].count;
    counts_.push_back(count);
    first_node_.push_back(static_cast<int>(nodes_.size()));
    has_own_.push_back(count == 1 || count == scenario.workload.source_members);
    if (has_own_.back()) nodes_.push_back({device, 0});
    if (count == 1 || count > most_named_members) continue;
    for (int member = 1; member <= count; ++member) nodes_.push_back({device, member});
  }
  node_count_ = static_cast<int>(nodes_.size());
}

int RouteTable::node_of(DeviceRef ref) const {
  if (ref.device < 0 || ref.device >= static_cast<int>(counts_.size()) || ref.member < 0) return -1;
  const auto device = static_cast<std::size_t>(ref.device);
  const int own = has_own_[device] ? 1 : 0;
  if (ref.member == 0) return own == 1 ? first_node_[device] : -1;
  const int count = counts_[device];
  if (count == 1) return ref.member == 1 ? first_node_[device] : -1;
  if (count > most_named_members || ref.member > count) return -1;
  return first_node_[device] + own + ref.member - 1;
}

/// A group stands for all its nodes, in the order own, 1, 2, ....
std::vector<int> RouteTable::nodes_at(DeviceRef end) const {
  if (end.member > 0) return {node_of(end)};
  const auto device = static_cast<std::size_t>(end.device);
  const std::size_t next = device + 1;
  const int last = next < first_node_.size() ? first_node_[next] : static_cast<int>(nodes_.size());
  std::vector<int> nodes;
  for (int node = first_node_[device]; node < last; ++node) nodes.push_back(node);
  return nodes;
}

void RouteTable::add_edges(const Scenario& scenario, int index) {
  const Link& link = scenario.links[static_cast<std::size_t>(index)];
  const std::int64_t latency = Span::from(link.latency).picoseconds();
  if (link.is_shared) {
    const int medium = node_count_++;
    for (const DeviceRef end : link.from) {
      for (const int node : nodes_at(end)) edges_.push_back({node, medium, latency, {index, 0}});
    }
    for (const DeviceRef end : link.to) {
      for (const int node : nodes_at(end)) edges_.push_back({medium, node, 0, {}});
    }
    return;
  }
  const std::vector<int> from = nodes_at(link.from.front());
  const std::vector<int> to = nodes_at(link.to.front());
  const bool is_from_group = link.from.front().member == 0 && scenario.device(link.from.front()).count > 1;
  const bool is_to_group = link.to.front().member == 0 && scenario.device(link.to.front()).count > 1;
  const std::size_t copies = is_from_group ? from.size() : to.size();
  for (std::size_t i = 0; i < copies; ++i) {
    const int a = from[is_from_group ? i : 0];
    const int b = to[is_to_group ? i : 0];
    const int member = nodes_[static_cast<std::size_t>(is_from_group ? a : b)].member;
    if (a != b) edges_.push_back({a, b, latency, {index, is_from_group || is_to_group ? member : 0}});
  }
}

std::vector<RouteTable::Way> RouteTable::ways_from(int node) const {
  if (!network_) network_ = std::make_shared<const Network>(edges_, node_count_);
  const Network::Graph& graph = network_->graph;
  std::vector<Way> ways(static_cast<std::size_t>(node_count_));
  Way start;
  start.is_open = true;
  const auto extend = [](const Way& way, const Edge& edge) {
    if (!way.is_open) return way;
    Way longer = way;
    longer.latency = std::min(Span::longest().picoseconds() - edge.latency, way.latency) + edge.latency;
    if (edge.hop.link >= 0) longer.hops.push_back(edge.hop);
    return longer;
  };
  boost::dijkstra_shortest_paths(
      graph, static_cast<std::size_t>(node),
      boost::weight_map(boost::get(boost::edge_bundle, graph))
          .distance_map(boost::make_iterator_property_map(ways.begin(), boost::get(boost::vertex_index, graph)))
          .distance_compare(std::less<Way>())
          .distance_combine(extend)
          .distance_inf(Way{})
          .distance_zero(start));
  return ways;
}

std::optional<std::vector<Hop>> RouteTable::route(DeviceRef from, DeviceRef to) const {
  const int start = node_of(from);
  const int end = node_of(to);
  if (start < 0 || end < 0) return std::nullopt;
  if (start == end) return std::vector<Hop>{};
  const std::lock_guard lock(mutex_);
  auto known = ways_.find(start);
  if (known == ways_.end()) {
    if (ways_.size() * static_cast<std::size_t>(node_count_) > most_ways_kept) ways_.clear();
    known = ways_.emplace(start, ways_from(start)).first;
  }
  const Way& way = known->second[static_cast<std::size_t>(end)];
  return way.is_open ? std::optional(way.hops) : std::nullopt;
}

std::vector<bool> RouteTable::flood(std::vector<int> open, bool is_backwards) const {
  std::vector<std::vector<int>> next(static_cast<std::size_t>(node_count_));
  for (const Edge& edge : edges_) {
    next[static_cast<std::size_t>(is_backwards ? edge.to : edge.from)].push_back(is_backwards ? edge.from : edge.to);
  }
  std::vector<bool> is_met(static_cast<std::size_t>(node_count_), false);
  while (!open.empty()) {
    const int node = open.back();
    open.pop_back();
    if (node < 0 || is_met[static_cast<std::size_t>(node)]) continue;
    is_met[static_cast<std::size_t>(node)] = true;
    for (const int neighbour : next[static_cast<std::size_t>(node)]) open.push_back(neighbour);
  }
  is_met.resize(nodes_.size());
  return is_met;
}

std::vector<bool> RouteTable::reached_from(const std::vector<DeviceRef>& places) const {
  std::vector<int> starts;
  for (const DeviceRef place : places) starts.push_back(node_of(place));
  return flood(std::move(starts), false);
}

std::vector<bool> RouteTable::reaching(DeviceRef place) const { return flood({node_of(place)}, true); }

struct Scenario::Routes {
  explicit Routes(const Scenario& scenario) : table(scenario) {}
  RouteTable table;
};

void Scenario::prepare() { routes_ = std::make_shared<const Routes>(*this); }

std::optional<std::vector<Hop>> Scenario::route(DeviceRef from, DeviceRef to) const {
  return routes_->table.route(from, to);
}

}  // namespace tiercut::scenarios
