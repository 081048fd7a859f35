// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kernels/window_range.hpp"
#include "training/layers/vector_maths.hpp"

namespace tiercut::training {

/// Max pooling over planes that remembers where each maximum was (internal to training/layers/). Of equal values the
/// first counts; padding never does; NaN stays.
class WindowMaximum {
 public:
  WindowMaximum(const kernels::Side& height, const kernels::Side& width);
  void reserve(Index planes);
  void forward(Index planes, const float* x, float* y);
  void backward(Index planes, const float* y_gradient, float* x_gradient) const;  ///< writes
  Index pixels() const { return height_.output * width_.output; }                 ///< of an output plane

 private:
  void compare(const float* x, Index first, Index count, float* largest, std::int32_t* place) const;

  kernels::Side height_, width_;
  std::vector<kernels::Range> columns_;  // of the output that see each tap
  std::vector<std::int32_t> places_;     // in the input plane
};

}  // namespace tiercut::training
