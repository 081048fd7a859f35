// SPDX-License-Identifier: Apache-2.0
#include "profiles/law_reader.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "core/schema.hpp"
#include "profiles/feature_law_reader.hpp"

namespace tiercut::profiles {
namespace {

void bad_law(Diagnostics& diagnostics, const Node& node, std::string message, std::string hint) {
  diagnostics.push_back({Severity::error, "bad-law", node.where, std::move(message), std::move(hint)});
}

std::optional<double> quantity_of(const Node& node, Dimension dimension) {
  if (node.kind != NodeKind::scalar) return std::nullopt;
  const auto value = parse_quantity(node.text, dimension);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<double> plain_number(const Node& node) {
  double value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto read = std::from_chars(node.text.data(), end, value);
  if (node.kind != NodeKind::scalar || node.is_quoted || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

/// The two nodes of a point in either notation; null when there are more or fewer.
std::pair<const Node*, const Node*> parts_of(const Node& node) {
  if (node.kind == NodeKind::map) return {node.find("at"), node.find("cost")};
  if (node.items.size() != 2) return {nullptr, nullptr};
  return {&node.items[0], &node.items[1]};
}

std::optional<PiecewiseLaw::Point> point_from(const Node& node, Axis axis, Diagnostics& diagnostics) {
  const auto [at_node, cost_node] = parts_of(node);
  if (at_node == nullptr || cost_node == nullptr) {
    bad_law(diagnostics, node, "a point has two parts: the work and its cost", "write [1286502, 30 ms]");
    return std::nullopt;
  }
  const auto x = axis == Axis::traffic ? quantity_of(*at_node, Dimension::size) : plain_number(*at_node);
  const auto cost = quantity_of(*cost_node, Dimension::time);
  if (!x || !(*x >= 0) || !std::isfinite(*x)) {
    bad_law(diagnostics, *at_node, "`" + at_node->text + "` is no amount of work",
            axis == Axis::traffic ? "a size of at least 0, as 4 MB" : "a plain number of at least 0, as 1286502");
    return std::nullopt;
  }
  if (!cost || !std::isfinite(*cost)) {
    bad_law(diagnostics, *cost_node, "`" + cost_node->text + "` is no time", "a number with its unit, as 30 ms");
    return std::nullopt;
  }
  if (*cost < 0) {
    bad_law(diagnostics, *cost_node, "cost `" + cost_node->text + "` is negative", "a cost is at least 0");
    return std::nullopt;
  }
  return PiecewiseLaw::Point{*x, Seconds(*cost)};
}

PiecewiseLaw piecewise_from(const Node& node, Diagnostics& diagnostics) {
  PiecewiseLaw law;
  const std::string& axis = at(node, "axis").text;
  law.axis = axis == "weights" ? Axis::weights : axis == "macs" ? Axis::macs : Axis::traffic;
  const Node& points = at(node, "points");
  for (const Node& item : points.items) {
    const auto point = point_from(item, law.axis, diagnostics);
    if (!point) continue;
    if (!law.points.empty() && point->x <= law.points.back().x)
      bad_law(diagnostics, item, "points do not ascend: this one is not right of the one before",
              "sort the points by work and give each amount once");
    else if (!law.points.empty() && point->cost < law.points.back().cost)
      bad_law(diagnostics, item, "more work costs less here than at the point before",
              "a law must not fall; give the smaller work the smaller cost");
    law.points.push_back(*point);
  }
  if (points.items.size() == 1 && law.points.size() == 1 && law.points.front().x == 0)
    bad_law(diagnostics, points, "a single point at no work says nothing of any work", "add a second point");
  return law;
}

RooflineLaw roofline_from(const Node& node) {
  return {.arithmetic = FlopsPerSecond(as_quantity(at(node, "arithmetic"), Dimension::compute)),
          .memory = BytesPerSecond(as_quantity(at(node, "memory"), Dimension::bandwidth)),
          .overhead = Seconds(quantity_or(node, "overhead", Dimension::time, 0))};
}

}  // namespace

Provenance provenance_of(const Node& entry) {
  const Node& node = at(entry, "provenance");
  const std::string& origin = at(node, "origin").text;
  return {.origin = origin == "measured"    ? Origin::measured
                    : origin == "published" ? Origin::published
                                            : Origin::estimated,
          .how = at(node, "how").text,
          .error_factor = number_or(node, "error_factor", 1)};
}

CostLaw law_from(const Node& node, Diagnostics& diagnostics) {
  CostLaw law;
  law.name = at(node, "name").text;
  law.scope = at(node, "scope").text == "stage" ? Scope::stage : Scope::layer;
  law.coefficient_of_variation = number_or(node, "coefficient_of_variation", 0);
  law.provenance = provenance_of(node);
  if (const Node* types = node.find("types")) {
    if (law.scope == Scope::stage)
      bad_law(diagnostics, *types, "a law of scope stage prices whole calls, whatever their layers",
              "remove `types`, or use scope: layer");
    for (const Node& type : types->items) law.types.push_back(*model::layer_type_from(type.text));
  }
  const std::string& form = at(node, "form").text;
  if (form == "piecewise")
    law.form = piecewise_from(node, diagnostics);
  else if (form == "features")
    law.form = feature_law_from(node, diagnostics);
  else
    law.form = roofline_from(node);
  return law;
}

}  // namespace tiercut::profiles
