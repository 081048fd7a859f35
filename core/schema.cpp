// SPDX-License-Identifier: Apache-2.0
#include "core/schema.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/schema_scalars.hpp"

namespace tiercut {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::shared_ptr<Shape> make(Shape::Kind kind) {
  auto shape = std::make_shared<Shape>();
  shape->kind = kind;
  return shape;
}

ShapePointer ranged(Shape::Kind kind, double least, double most) {
  auto shape = make(kind);
  shape->least = least;
  shape->most = most;
  return shape;
}

[[noreturn]] void broken(const Node& node, const std::string& expected) {
  throw std::logic_error("a getter met " + (node.where.path.empty() ? "the document" : node.where.path) +
                         ", which is not " + expected + "; was the document checked?");
}

}  // namespace

namespace shape {

ShapePointer any() { return make(Shape::Kind::any); }
ShapePointer text() { return make(Shape::Kind::text); }
ShapePointer boolean() { return make(Shape::Kind::boolean); }

ShapePointer word(std::vector<std::string> allowed) {
  auto shape = make(Shape::Kind::word);
  shape->words = std::move(allowed);
  return shape;
}

ShapePointer integer(double least, double most) { return ranged(Shape::Kind::integer, least, most); }
ShapePointer number(double least, double most) { return ranged(Shape::Kind::number, least, most); }

ShapePointer quantity(Dimension dimension, double least, double most, std::vector<std::string> extra_words) {
  auto shape = make(Shape::Kind::quantity);
  shape->dimension = dimension;
  shape->least = least;
  shape->most = most;
  shape->words = std::move(extra_words);
  return shape;
}

ShapePointer positive(Dimension dimension, std::vector<std::string> extra_words) {
  auto shape = std::make_shared<Shape>(*quantity(dimension, 0, infinity, std::move(extra_words)));
  shape->is_least_excluded = true;
  return shape;
}

ShapePointer non_negative(Dimension dimension, std::vector<std::string> extra_words) {
  return quantity(dimension, 0, infinity, std::move(extra_words));
}

ShapePointer list(ShapePointer element, std::size_t least_items) {
  auto shape = make(Shape::Kind::list);
  shape->element = std::move(element);
  shape->least_items = least_items;
  return shape;
}

ShapePointer map(ShapePointer element, std::size_t least_items) {
  auto shape = make(Shape::Kind::map);
  shape->element = std::move(element);
  shape->least_items = least_items;
  return shape;
}

ShapePointer record(std::vector<Field> fields) {
  auto shape = make(Shape::Kind::record);
  shape->fields = std::move(fields);
  return shape;
}

ShapePointer tagged(std::string tag, std::vector<Field> common,
                    std::vector<std::pair<std::string, std::vector<Field>>> variants) {
  auto shape = make(Shape::Kind::tagged);
  shape->tag = std::move(tag);
  shape->fields = std::move(common);
  shape->variants = std::move(variants);
  return shape;
}

ShapePointer either(std::vector<ShapePointer> alternatives) {
  auto shape = make(Shape::Kind::either);
  shape->alternatives = std::move(alternatives);
  return shape;
}

}  // namespace shape

Format make_format(std::string id, std::string title, std::vector<Field> fields) {
  fields.insert(fields.begin(), Field{"schema", shape::word({id}), true, "The format of this file and its version."});
  return {std::move(id), std::move(title), shape::record(std::move(fields))};
}

std::optional<double> read_number(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

double as_number(const Node& node) {
  const auto value = node.kind == NodeKind::scalar ? read_number(node.text) : std::nullopt;
  if (!value) broken(node, "a number");
  return *value;
}

std::int64_t as_integer(const Node& node) {
  const auto value = node.kind == NodeKind::scalar ? read_integer(node.text) : std::nullopt;
  if (!value) broken(node, "a whole number");
  return *value;
}

bool as_boolean(const Node& node) {
  if (node.kind != NodeKind::scalar || (node.text != "true" && node.text != "false")) broken(node, "true or false");
  return node.text == "true";
}

double as_quantity(const Node& node, Dimension dimension) {
  if (node.kind != NodeKind::scalar) broken(node, "a quantity");
  if (node.text == "unlimited") return infinity;
  const Result<double> value = parse_quantity(node.text, dimension);
  if (!value) broken(node, "a quantity");
  return *value;
}

const Node& at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  if (node == nullptr) broken(map, "a map with the key " + std::string(key));
  return *node;
}

std::string text_or(const Node& map, std::string_view key, std::string otherwise) {
  const Node* node = map.find(key);
  if (node == nullptr) return otherwise;
  if (node->kind != NodeKind::scalar) broken(*node, "a text");
  return node->text;
}

std::int64_t integer_or(const Node& map, std::string_view key, std::int64_t otherwise) {
  const Node* node = map.find(key);
  return node == nullptr ? otherwise : as_integer(*node);
}

double number_or(const Node& map, std::string_view key, double otherwise) {
  const Node* node = map.find(key);
  return node == nullptr ? otherwise : as_number(*node);
}

bool boolean_or(const Node& map, std::string_view key, bool otherwise) {
  const Node* node = map.find(key);
  return node == nullptr ? otherwise : as_boolean(*node);
}

double quantity_or(const Node& map, std::string_view key, Dimension dimension, double otherwise) {
  const Node* node = map.find(key);
  return node == nullptr ? otherwise : as_quantity(*node, dimension);
}

}  // namespace tiercut
