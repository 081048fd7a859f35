// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/window_range.hpp"

/// Pooling of one plane (internal to kernels/highway/).
namespace tiercut::kernels {

struct PlanePooling {
  Side height, width;
  bool is_maximum;
  const float* columns;  ///< average: how many columns each output's window has, padding counted
};

/// Floats of `row` that pool_plane needs.
Index pooling_row_floats(const Side& width);
/// `row`: scratch, prepared once by prepare_pooling_row.
void prepare_pooling_row(const PlanePooling& pooling, float* row);
void pool_plane(const PlanePooling& pooling, const float* input, float* row, float* output);

}  // namespace tiercut::kernels
