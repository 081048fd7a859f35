// SPDX-License-Identifier: Apache-2.0
#include "training/layers/window_maximum.hpp"

#include <limits>

namespace tiercut::training {

WindowMaximum::WindowMaximum(const kernels::Side& height, const kernels::Side& width)
    : height_(height), width_(width), columns_(kernels::outputs_of_taps(width)) {}

void WindowMaximum::reserve(Index planes) {
  places_.resize(std::max(places_.size(), static_cast<std::size_t>(planes * pixels())));
}

void WindowMaximum::forward(Index planes, const float* x, float* y) {
  std::int32_t* place = places_.data();
  for (Index plane = 0; plane < planes; ++plane, x += height_.input * width_.input) {
    for (Index at = 0; at < height_.output; ++at, y += width_.output, place += width_.output) {
      const kernels::Range rows = height_.covered(at);
      std::fill_n(y, width_.output, -std::numeric_limits<float>::infinity());
      for (Index i = 0; i < width_.output; ++i) {
        place[i] = static_cast<std::int32_t>(rows.begin * width_.input + width_.covered(i).begin);
      }
      for (Index row = rows.begin; row < rows.end; ++row) {
        for (Index tap = 0; tap < width_.kernel; ++tap) {
          const kernels::Range seen = columns_[static_cast<std::size_t>(tap)];
          const Index first = row * width_.input + seen.begin * width_.stride - width_.pad + tap;
          compare(x, first, seen.size(), y + seen.begin, place + seen.begin);
        }
      }
    }
  }
}

// One tap at all outputs of a row, without branches: which input is the largest cannot be foretold.
void WindowMaximum::compare(const float* x, Index first, Index count, float* __restrict largest,
                            std::int32_t* __restrict place) const {
  const float* __restrict from = x + first;
  const auto at = static_cast<std::int32_t>(first), stride = static_cast<std::int32_t>(width_.stride);
  const auto take = [&](Index i, std::int32_t offset) {
    const float value = from[offset];
    const bool is_taken = (value > largest[i]) | (value != value);
    largest[i] = is_taken ? value : largest[i];
    place[i] = is_taken ? at + offset : place[i];
  };
  // Strides known when compiling let it take several outputs at once.
  const auto end = static_cast<std::int32_t>(count);
  if (stride == 1) {
    for (std::int32_t i = 0; i < end; ++i) take(i, i);
  } else if (stride == 2) {
    for (std::int32_t i = 0; i < end; ++i) take(i, 2 * i);
  } else {
    for (std::int32_t i = 0; i < end; ++i) take(i, stride * i);
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
