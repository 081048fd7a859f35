// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/window_range.hpp"

/// One 3 x 3 filter a channel, straight from the input (internal to kernels/highway/).
namespace tiercut::kernels {

struct SmallWindow {
  Side height, width;  ///< kernel 3 both, strides 1 both or 2 both
};

/// Whether the window is such a one and this processor can load a part of a vector without touching the rest.
bool is_small_window(const Side& height, const Side& width);

/// Planes of `channels` channels one after another, nine weights and a bias for each.
struct Planes {
  Index channels;
  const float* input;
  const float* weights;
  const float* bias;
  float* output;

  void next(const SmallWindow& window) {
    --channels;
    input += window.height.input * window.width.input;
    weights += window.height.kernel * window.width.kernel;
    ++bias;
    output += window.height.output * window.width.output;
  }
};
void filter_planes(const SmallWindow& window, const Planes& planes);

}  // namespace tiercut::kernels
