// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/window_range.hpp"
#include "model/layer.hpp"

namespace tiercut::kernels {

/// The sides of a BinaryConvP layer's convolution and of its pooling (internal to kernels/highway/).
struct BinaryBlockSides {
  Side height, width, pool_height, pool_width;

  explicit BinaryBlockSides(const model::Layer& layer) {
    const model::Window& window = layer.parameters.window;
    const auto slide = [](Index input, int kernel, int stride, int pad) {
      return (input + 2 * Index{pad} - kernel) / stride + 1;
    };
    const Index in_height = layer.input_shape.extents[1], in_width = layer.input_shape.extents[2];
    height =
        vertical(window, in_height, slide(in_height, window.kernel_height, window.stride_height, window.pad_height));
    width = horizontal(window, in_width, slide(in_width, window.kernel_width, window.stride_width, window.pad_width));
    pool_height = vertical(layer.parameters.pool, height.output, layer.shape.extents[1]);
    pool_width = horizontal(layer.parameters.pool, width.output, layer.shape.extents[2]);
  }
};

}  // namespace tiercut::kernels
