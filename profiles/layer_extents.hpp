// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "model/layer.hpp"

namespace tiercut::profiles {

/// How far a layer reaches along each axis that its kernel's loops may have. Of a layer that lacks an axis it is 1; a
/// tensor that is no image has its elements as channels.
enum class Extent {
  groups,          ///< Convolution: its groups; pooling and layers that work a channel at a time: channels
  filters,         ///< outputs a group: rows of the matrix that the weights are
  depth,           ///< products summed up for an output: columns of that matrix; pooling: elements of the window
  pixels,          ///< output positions of a filter; of BinaryConvP before its pooling, height and width too
  height,          ///< rows of them
  width,           ///< columns of them
  channels,        ///< of the output
  input_channels,  ///< of the first input, as the next three
  input_height,
  input_width,
  input_pixels,
  kernel_height,
  kernel_width,
  pool_height,  ///< BinaryConvP: its pooling window
  pool_width,
  output_pixels,   ///< as pixels, but of BinaryConvP behind its pooling
  elements,        ///< of the output
  input_elements,  ///< of the first input
  inputs,          ///< how many tensors a join reads
  row_depth,       ///< products of an output in one row of its window
  weight_bytes,
  input_bytes,  ///< all inputs together
  output_bytes,
  working_set,  ///< weights, inputs and outputs
  footprint,  ///< bytes touched from one run of the layer to the next: its working set, or all of a call it is part of
};
inline constexpr int extent_count = static_cast<int>(Extent::footprint) + 1;
std::string_view to_text(Extent extent);  ///< `kernel_height`, as in a file
bool is_in_bytes(Extent extent);

/// What a kernel sees of a layer.
struct LayerExtents {
  std::array<double, extent_count> values{};
  bool is_depthwise = false;      ///< Convolution with one input channel a group
  bool is_single_filter = false;  ///< Convolution with one output channel a group
  bool is_pointwise = false;      ///< Convolution of 1x1, stride 1, no padding
  bool is_whole_input = false;    ///< one window that is all of the image, without padding
  bool is_padded = false;         ///< the window reaches beyond the image
  bool is_flat = false;           ///< one output position a channel
  bool is_packed_input = false;   ///< the inputs are bits
  int kernel = 1, stride = 1;     ///< of a square window; 0 where its sides differ

  double operator[](Extent extent) const { return values[static_cast<std::size_t>(extent)]; }
  double& operator[](Extent extent) { return values[static_cast<std::size_t>(extent)]; }
};
LayerExtents extents_of(const model::Layer& layer);

/// Of a Linear layer with as many outputs as inputs and `weights` weights (a real number), without bias.
LayerExtents square_linear(double weights);

/// Which layers a part of a law is for; what is not given holds for all.
struct Condition {
  /// An extent that is less than so much.
  struct Limit {
    Extent extent = Extent::filters;
    double less_than = 0;
    bool operator==(const Limit&) const = default;
  };
  std::optional<bool> depthwise{}, single_filter{}, pointwise{}, whole_input{}, padded{}, flat{}, packed_input{};
  std::optional<int> kernel{}, stride{};
  std::vector<Limit> below{};  ///< all must hold

  bool holds(const LayerExtents& layer) const;
  bool is_empty() const { return *this == Condition{}; }
  bool operator==(const Condition&) const = default;
  /// Both at once; empty when the other says nothing new.
  std::optional<Condition> and_also(const Condition& other) const;
};

}  // namespace tiercut::profiles
