// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/window_range.hpp"

/// What follows the sums of a binary convolution (internal to kernels/highway/).
namespace tiercut::kernels {

/// Sums of one image, filters side by side at each pixel: sums[(y * width + x) * filters + filter], `filters` a
/// multiple of 16. A filter's bit is set where the largest sum of the window lies in low .. high.
struct SignPooling {
  const std::int32_t* sums;
  std::int64_t filters;
  Side height, width;  ///< of the pooling
  const std::int32_t* low;
  const std::int32_t* high;
};

/// Output row y: for each pixel `pixel_words` words, a bit a filter.
void pool_signs(const SignPooling& pooling, std::int64_t y, std::int64_t pixel_words, std::uint64_t* bits);

/// Bit i is set where x[i] lies in low .. high; count in 1 .. 64.
std::uint64_t bits_between(const float* x, std::int64_t count, float low, float high);

}  // namespace tiercut::kernels
