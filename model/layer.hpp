// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "model/tensor.hpp"

namespace tiercut::model {

/// Index of a layer in its model; layers stand in topological order, so a layer's inputs have smaller ids.
using LayerId = int;

enum class LayerType {
  input,
  linear,
  convolution,
  max_pooling,
  avg_pooling,
  batch_normalization,
  relu,
  prelu,
  sigmoid,
  tanh,
  threshold,
  softmax,
  flatten,
  join_max,
  join_average,
  join_concatenate,
  join_add,
  binary_fc,      ///< fused binary fully connected block: binary linear, batch normalisation (DDNN Fig. 3)
  binary_conv_p,  ///< fused binary convolution-pool block: binary convolution, max pool, batch normalisation, sign
  output,
};
inline constexpr int layer_type_count = static_cast<int>(LayerType::output) + 1;

std::string_view to_text(LayerType type);  ///< as in a model file: `Linear`, `JoinMax`, `BinaryConvP`
std::optional<LayerType> layer_type_from(std::string_view text);
bool is_join(LayerType type);

/// A sliding window over height and width.
struct Window {
  int kernel_height = 1, kernel_width = 1;
  int stride_height = 1, stride_width = 1;
  int pad_height = 0, pad_width = 0;
};

/// What a layer type needs beside its inputs; only the fields of its type are meaningful.
struct LayerParameters {
  std::int64_t outputs = 0;           ///< Linear, Convolution, BinaryFC, BinaryConvP: features or channels out
  bool has_bias = true;               ///< Linear, Convolution
  int groups = 1;                     ///< Convolution
  Window window;                      ///< Convolution, pooling, BinaryConvP (its convolution)
  Window pool;                        ///< BinaryConvP: its pooling
  bool is_ceil = false;               ///< pooling: round the output extent up instead of down
  double threshold = 0;               ///< Threshold: x > threshold ? x : value
  double value = 0;                   ///< Threshold
  bool is_per_channel = false;        ///< PReLU: a slope a channel instead of one
  int axis = 0;                       ///< JoinConcatenate: extent along which inputs are appended (0 = channels)
  Encoding encoding = Encoding::f32;  ///< Input: how a raw element arrives (a camera sends int8)
};

/// A layer with everything derived from its type, parameters and input shapes; nothing of it is typed in.
struct Layer {
  std::string name;
  LayerType type = LayerType::input;
  LayerParameters parameters;
  std::vector<LayerId> inputs;
  TensorShape input_shape;            ///< of the first input
  TensorShape shape;                  ///< of the tensor it produces
  Encoding encoding = Encoding::f32;  ///< of the tensor it produces
  std::int64_t weights = 0;           ///< stored parameters, biases and normalisation statistics included
  std::int64_t macs = 0;              ///< multiply-accumulates for one sample (binary ones count alike)
  Bytes weight_bytes{};               ///< 4 a float weight, 1/8 a binary weight
  Bytes input_bytes{};                ///< all inputs together
  Bytes output_bytes{};
};

/// Fills the derived fields of `layer` from its inputs; on a misfit returns a message (`kernel 11x11 is larger than
/// the padded input 7x7`), else an empty string. Formulas: model/README.md.
std::string derive(Layer& layer, const std::vector<const Layer*>& inputs);

}  // namespace tiercut::model
