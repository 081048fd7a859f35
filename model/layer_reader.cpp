// SPDX-License-Identifier: Apache-2.0
#include "model/layer_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/schema.hpp"

namespace tiercut::model {
namespace {

using Sides = std::pair<int, int>;  // height, width

bool is_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 128 && std::isalnum(c) != 0) || c == '_' || c == '-' || c == '/' || c == '.';
  });
}

class LayerReader {
 public:
  LayerReader(LayerEntry& entry, Diagnostics& diagnostics) : entry_(entry), diagnostics_(diagnostics) {}

  void read_name();
  void read_references();
  void read_input_count();
  void read_shape();
  void read_parameters();

 private:
  void report(std::string code, const Node& node, std::string message, std::string hint = {});
  Sides read_sides(const Node& map, std::string_view key, Sides otherwise);
  Window read_window(const Node& map, bool is_pool);

  LayerEntry& entry_;
  Diagnostics& diagnostics_;
};

void LayerReader::report(std::string code, const Node& node, std::string message, std::string hint) {
  diagnostics_.push_back({Severity::error, std::move(code), node.where, std::move(message), std::move(hint)});
  entry_.is_sound = false;
}

void LayerReader::read_name() {
  const Node* name = entry_.node->find("name");
  if (name == nullptr || name->kind != NodeKind::scalar || name->text.empty()) return;
  entry_.layer.name = name->text;
  if (is_name(name->text)) return;
  report("bad-name", *name, fmt::format("`{}` is no layer name", name->text),
         "use letters, digits, `_`, `-`, `/` and `.`");
}

void LayerReader::read_references() {
  const Node* input = entry_.node->find("input");
  if (input == nullptr) return;
  if (input->kind == NodeKind::scalar) entry_.references.push_back(input);
  for (const Node& item : input->items) {
    if (item.kind == NodeKind::scalar) entry_.references.push_back(&item);
  }
}

void LayerReader::read_input_count() {
  const LayerType type = entry_.layer.type;
  const Node* input = entry_.node->find("input");
  if (input == nullptr) {
    entry_.takes_layer_before = type != LayerType::input && !is_join(type);
  } else if (type != LayerType::input && !is_join(type) && input->kind == NodeKind::list && input->items.size() != 1) {
    report("wrong-inputs", *input,
           fmt::format("{} `{}` takes one input, not {}", to_text(type), entry_.layer.name, input->items.size()),
           "only joins take several inputs");
  }
}

void LayerReader::read_shape() {
  const bool is_input = entry_.layer.type == LayerType::input;
  const Node* node = entry_.node->find("shape");
  if (node == nullptr) return;
  if (node->items.size() > 3) {
    report("too-many-items", *node, fmt::format("a shape has at most 3 extents, not {}", node->items.size()),
           "[channels, height, width] or [features]");
    return;
  }
  TensorShape shape;
  for (const Node& extent : node->items) shape.extents.push_back(as_integer(extent));
  if (is_input) {
    entry_.layer.shape = std::move(shape);
  } else {
    entry_.asserted_shape = std::move(shape);
  }
}

Sides LayerReader::read_sides(const Node& map, std::string_view key, Sides otherwise) {
  const Node* node = map.find(key);
  if (node == nullptr) return otherwise;
  if (node->kind == NodeKind::scalar) {
    const int both = static_cast<int>(as_integer(*node));
    return {both, both};
  }
  if (node->items.size() != 2) {
    report("too-many-items", *node,
           fmt::format("`{}` takes n or [height, width], not {} numbers", key, node->items.size()));
    return otherwise;
  }
  return {static_cast<int>(as_integer(node->items[0])), static_cast<int>(as_integer(node->items[1]))};
}

Window LayerReader::read_window(const Node& map, bool is_pool) {
  const Sides kernel = read_sides(map, "kernel", {1, 1});
  const Sides stride = read_sides(map, "stride", is_pool ? kernel : Sides{1, 1});
  const Sides padding = read_sides(map, "padding", {0, 0});
  return {kernel.first, kernel.second, stride.first, stride.second, padding.first, padding.second};
}

void LayerReader::read_parameters() {
  const Node& node = *entry_.node;
  LayerParameters& parameters = entry_.layer.parameters;
  switch (entry_.layer.type) {
    case LayerType::input:
      parameters.encoding = encoding_from(text_or(node, "encoding", "f32")).value_or(Encoding::f32);
      break;
    case LayerType::linear:
    case LayerType::binary_fc:
      parameters.outputs = as_integer(at(node, "outputs"));
      parameters.has_bias = boolean_or(node, "bias", true);
      break;
    case LayerType::convolution:
      parameters.outputs = as_integer(at(node, "outputs"));
      parameters.has_bias = boolean_or(node, "bias", true);
      parameters.groups = static_cast<int>(integer_or(node, "groups", 1));
      parameters.window = read_window(node, false);
      break;
    case LayerType::binary_conv_p:
      parameters.outputs = as_integer(at(node, "outputs"));
      parameters.window = read_window(node, false);
      parameters.pool = read_window(at(node, "pool"), true);
      break;
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      parameters.window = read_window(node, true);
      parameters.is_ceil = text_or(node, "round", "floor") == "ceil";
      break;
    case LayerType::prelu:
      parameters.is_per_channel = text_or(node, "slopes", "shared") == "channel";
      break;
    case LayerType::threshold:
      parameters.threshold = as_number(at(node, "threshold"));
      parameters.value = as_number(at(node, "value"));
      break;
    case LayerType::join_concatenate:
      parameters.axis = static_cast<int>(integer_or(node, "axis", 0));
      break;
    default:
      break;
  }
}

}  // namespace

LayerEntry read_layer(const Node& node, bool is_accepted, Diagnostics& diagnostics) {
  LayerEntry entry;
  entry.node = &node;
  entry.is_sound = is_accepted;
  LayerReader reader(entry, diagnostics);
  reader.read_name();
  reader.read_references();
  const Node* type = node.find("type");
  const std::optional<LayerType> known = type != nullptr ? layer_type_from(type->text) : std::nullopt;
  if (!known) {
    entry.is_sound = false;
    return entry;
  }
  entry.layer.type = *known;
  reader.read_input_count();
  if (!is_accepted) return entry;
  reader.read_shape();
  reader.read_parameters();
  return entry;
}

}  // namespace tiercut::model
