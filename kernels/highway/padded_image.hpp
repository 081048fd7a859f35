// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/window_range.hpp"

/// An image laid out so that every tap of every output pixel exists and neighbouring pixels read neighbouring floats
/// (internal to kernels/highway/).
namespace tiercut::kernels {

/// Planes with their padding, each row split by the horizontal stride: row r of a plane has a segment for each
/// phase f, whose element i is column i * stride + f. Only what some tap reads is there.
class PaddedImage {
 public:
  struct Layout {
    Side height, width;
    Index phases, segment, row_floats, rows;
  };

  PaddedImage(const Side& height, const Side& width);
  Index row_floats() const { return layout_.row_floats; }
  Index plane_floats() const { return layout_.rows * layout_.row_floats; }
  /// Of the window's tap (y, x) for output pixel (0, 0), from the start of a plane.
  Index tap_offset(Index y, Index x) const {
    return y * layout_.row_floats + x % layout_.width.stride * layout_.segment + x / layout_.width.stride;
  }
  /// From an output row's patches to the next row's.
  Index output_row_stride() const { return layout_.height.stride * layout_.row_floats; }
  /// Copies a plane of the input into `plane`, whose padding is zero and stays so.
  void copy_plane(const float* input, float* plane) const;

 private:
  Layout layout_;
};

}  // namespace tiercut::kernels
