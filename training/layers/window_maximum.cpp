// SPDX-License-Identifier: Apache-2.0
#include "training/layers/window_maximum.hpp"

namespace tiercut::training {

void WindowMaximum::forward(Index planes, const float* x, float* y) {
  std::int32_t* place = places_.data();
  for (Index plane = 0; plane < planes; ++plane, x += height_.input * width_.input) {
    for (Index at_y = 0; at_y < height_.output; ++at_y) {
      const kernels::Range rows = height_.covered(at_y);
      for (Index at_x = 0; at_x < width_.output; ++at_x) {
        const kernels::Range columns = width_.covered(at_x);
        Index largest = rows.begin * width_.input + columns.begin;
        for (Index row = rows.begin; row < rows.end; ++row) {
          for (Index i = row * width_.input + columns.begin; i < row * width_.input + columns.end; ++i) {
            if (x[i] > x[largest] || x[i] != x[i]) largest = i;
          }
        }
        *y++ = x[largest];
        *place++ = static_cast<std::int32_t>(largest);
      }
    }
  }
}

void WindowMaximum::backward(Index planes, const float* y_gradient, float* x_gradient) const {
  const std::int32_t* place = places_.data();
  const Index from = height_.input * width_.input;
  std::fill_n(x_gradient, planes * from, 0.0F);
  for (Index plane = 0; plane < planes; ++plane, x_gradient += from) {
    for (Index i = 0; i < pixels(); ++i) x_gradient[*place++] += *y_gradient++;
  }
}

}  // namespace tiercut::training
