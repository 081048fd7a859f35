// SPDX-License-Identifier: Apache-2.0
#include "model/model_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tiercut::model {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + "\"";
}

std::string sides(const char* key, int height, int width) {
  return height == width ? fmt::format(", {}: {}", key, height) : fmt::format(", {}: [{}, {}]", key, height, width);
}

std::string window_text(const Window& window, bool is_pool) {
  std::string text = sides("kernel", window.kernel_height, window.kernel_width);
  const int usual_height = is_pool ? window.kernel_height : 1, usual_width = is_pool ? window.kernel_width : 1;
  if (window.stride_height != usual_height || window.stride_width != usual_width)
    text += sides("stride", window.stride_height, window.stride_width);
  if (window.pad_height != 0 || window.pad_width != 0) text += sides("padding", window.pad_height, window.pad_width);
  return text;
}

std::string parameters_of(const Layer& layer) {
  const LayerParameters& own = layer.parameters;
  const std::string outputs = fmt::format(", outputs: {}", own.outputs);
  const std::string bias = own.has_bias ? "" : ", bias: false";
  switch (layer.type) {
    case LayerType::input:
      return fmt::format(", shape: [{}]{}", fmt::join(layer.shape.extents, ", "),
                         own.encoding == Encoding::f32 ? "" : fmt::format(", encoding: {}", to_text(own.encoding)));
    case LayerType::linear:
      return outputs + bias;
    case LayerType::binary_fc:
      return outputs;
    case LayerType::convolution:
      return outputs + window_text(own.window, false) +
             (own.groups > 1 ? fmt::format(", groups: {}", own.groups) : "") + bias;
    case LayerType::binary_conv_p:
      return outputs + window_text(own.window, false) + ", pool: {" + window_text(own.pool, true).substr(2) + "}";
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return window_text(own.window, true) + (own.is_ceil ? ", round: ceil" : "");
    case LayerType::prelu:
      return own.is_per_channel ? ", slopes: channel" : "";
    case LayerType::threshold:
      return fmt::format(", threshold: {}, value: {}", own.threshold, own.value);
    case LayerType::join_concatenate:
      return own.axis == 0 ? "" : fmt::format(", axis: {}", own.axis);
    default:
      return {};
  }
}

std::string inputs_of(const Model& model, LayerId id) {
  const Layer& layer = model.layer(id);
  if (layer.inputs.empty() || (!is_join(layer.type) && layer.inputs[0] == id - 1)) return {};
  std::vector<std::string> names;
  for (const LayerId input : layer.inputs) names.push_back(model.layer(input).name);
  if (!is_join(layer.type)) return ", input: " + names[0];
  return fmt::format(", input: [{}]", fmt::join(names, ", "));
}

std::string exit_text(const Model& model, const Exit& exit) {
  std::string text = fmt::format("  {}:\n    layer: {}\n    confidence: {}\n    answers: [{}]\n", exit.name,
                                 model.layer(exit.layer).name, to_text(exit.confidence), fmt::join(exit.answers, ", "));
  std::string moved;
  for (std::size_t c = 0; c < exit.class_map.size(); ++c) {
    const int to = exit.class_map[c];
    if (to == static_cast<int>(c)) continue;
    moved += fmt::format("{}{}: {}", moved.empty() ? "" : ", ", c, to < 0 ? "none" : std::to_string(to));
  }
  return moved.empty() ? text : text + "    class_map: {" + moved + "}\n";
}

}  // namespace

std::string to_yaml(const Model& model) {
  std::string text = "schema: tiercut/model/1\nname: " + quoted(model.name) + "\n";
  if (!model.description.empty()) text += "description: " + quoted(model.description) + "\n";
  if (!model.notes.empty()) text += "notes:\n";
  for (const std::string& note : model.notes) text += "  - " + quoted(note) + "\n";
  text += "layers:\n";
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const Layer& layer = model.layer(id);
    text += fmt::format("  - {{name: {}, type: {}{}{}}}\n", layer.name, to_text(layer.type), inputs_of(model, id),
                        parameters_of(layer));
  }
  if (!model.exits.empty()) text += "exits:\n";
  for (const Exit& exit : model.exits) text += exit_text(model, exit);
  return text;
}

}  // namespace tiercut::model
