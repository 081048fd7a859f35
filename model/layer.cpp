// SPDX-License-Identifier: Apache-2.0
#include "model/layer.hpp"

#include <array>

namespace tiercut::model {
namespace {

constexpr std::array<std::string_view, layer_type_count> names = {
    "Input",       "Linear",
    "Convolution", "MaxPooling",
    "AvgPooling",  "BatchNormalization",
    "ReLU",        "PReLU",
    "Sigmoid",     "Tanh",
    "Threshold",   "Softmax",
    "Flatten",     "JoinMax",
    "JoinAverage", "JoinConcatenate",
    "JoinAdd",     "BinaryFC",
    "BinaryConvP", "Output",
};

}  // namespace

std::string_view to_text(LayerType type) { return names[static_cast<std::size_t>(type)]; }

std::optional<LayerType> layer_type_from(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<LayerType>(i);
  }
  return std::nullopt;
}

bool is_join(LayerType type) {
  return type == LayerType::join_max || type == LayerType::join_average || type == LayerType::join_concatenate ||
         type == LayerType::join_add;
}

}  // namespace tiercut::model
