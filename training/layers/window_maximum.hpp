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
  WindowMaximum(const kernels::Side& height, const kernels::Side& width) : height_(height), width_(width) {}
  void reserve(Index planes) { places_.resize(std::max(places_.size(), static_cast<std::size_t>(planes * pixels()))); }
  void forward(Index planes, const float* x, float* y);
  void backward(Index planes, const float* y_gradient, float* x_gradient) const;  ///< writes
  Index pixels() const { return height_.output * width_.output; }                 ///< of an output plane

 private:
  kernels::Side height_, width_;
  std::vector<std::int32_t> places_;  // in the input plane
};

}  // namespace tiercut::training
