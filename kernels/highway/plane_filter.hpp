// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/window_range.hpp"

namespace tiercut::kernels {

/// One filter over one plane of a PaddedImage (internal to kernels/highway/).
struct PlaneFilter {
  const float* plane;
  const Index* taps;  ///< where in the plane each tap, row by row, is for output pixel (0, 0)
  const float* weights;
  Index kernel_height, kernel_width, stride_height;
  Index image_row;  ///< floats from a row of the plane to the next
  Index height, width;
  float bias;
};

/// output[height * width] = bias + sum over the taps.
void filter_plane(const PlaneFilter& filter, float* output);

}  // namespace tiercut::kernels
