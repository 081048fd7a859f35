// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/plane_filter.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/plane_filter.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "kernels/highway/partial_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Output rows at once, which share the input rows they both see; the heights of common networks are multiples of 7.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr int rows_at_once = 7;
#else
constexpr int rows_at_once = 4;
#endif

/// `rows` output rows from y on, the columns x .. x + count - 1 of a vector, for a square window known beforehand.
template <int kernel, int stride, int rows, class D>
HWY_INLINE void filter_rows(D d, const PlaneFilter& filter, Index y, Index x, Index count, float* output) {
  hn::Vec<D> sum[rows];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) sum[r] = hn::Set(d, filter.bias);
  const float* from = filter.plane + y * stride * filter.image_row + x;
#pragma GCC unroll 16
  for (int row = 0; row < (rows - 1) * stride + kernel; ++row, from += filter.image_row) {
#pragma GCC unroll 8
    for (int tap = 0; tap < kernel; ++tap) {
      const auto seen = hn::LoadU(d, from + filter.taps[tap]);
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) {
        const int tap_row = row - r * stride;
        if (tap_row < 0 || tap_row >= kernel) continue;
        sum[r] = hn::MulAdd(seen, hn::Set(d, filter.weights[tap_row * kernel + tap]), sum[r]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) store_first(d, sum[r], output + (y + r) * filter.width + x, count);
}

template <int kernel, int stride, class D>
HWY_INLINE void filter_column(D d, const PlaneFilter& filter, Index x, Index count, float* output) {
  Index y = 0;
  for (; y + rows_at_once <= filter.height; y += rows_at_once) {
    filter_rows<kernel, stride, rows_at_once>(d, filter, y, x, count, output);
  }
  for (; y + 2 <= filter.height; y += 2) filter_rows<kernel, stride, 2>(d, filter, y, x, count, output);
  for (; y < filter.height; ++y) filter_rows<kernel, stride, 1>(d, filter, y, x, count, output);
}

/// Any window.
template <class D>
HWY_INLINE void filter_any_column(D d, const PlaneFilter& filter, Index x, Index count, float* output) {
  for (Index y = 0; y < filter.height; ++y) {
    const float* from = filter.plane + y * filter.stride_height * filter.image_row + x;
    auto sum = hn::Set(d, filter.bias);
    for (Index tap = 0; tap < filter.kernel_height * filter.kernel_width; ++tap) {
      sum = hn::MulAdd(hn::LoadU(d, from + filter.taps[tap]), hn::Set(d, filter.weights[tap]), sum);
    }
    store_first(d, sum, output + y * filter.width + x, count);
  }
}

template <class D>
HWY_INLINE void filter_columns(D d, const PlaneFilter& filter, Index x, Index count, float* output) {
  const bool is_square = filter.kernel_height == filter.kernel_width;
  if (is_square && filter.kernel_height == 3 && filter.stride_height == 1) {
    filter_column<3, 1>(d, filter, x, count, output);
  } else if (is_square && filter.kernel_height == 3 && filter.stride_height == 2) {
    filter_column<3, 2>(d, filter, x, count, output);
  } else {
    filter_any_column(d, filter, x, count, output);
  }
}

void filter_plane_in(const PlaneFilter& filter, float* output) {
  const hn::CappedTag<float, 16> d;
  // Half a register where that holds the rest of a row: such instructions take half the time.
  const hn::CappedTag<float, 8> half;
  const Index lanes = static_cast<Index>(hn::Lanes(d)), half_lanes = static_cast<Index>(hn::Lanes(half));
  for (Index x = 0; x < filter.width;) {
    const Index left = filter.width - x;
    if (left > half_lanes) {
      filter_columns(d, filter, x, left, output);
      x += lanes;
    } else {
      filter_columns(half, filter, x, left, output);
      x += half_lanes;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

HWY_EXPORT(filter_plane_in);
void filter_plane(const PlaneFilter& filter, float* output) { HWY_DYNAMIC_DISPATCH(filter_plane_in)(filter, output); }

}  // namespace tiercut::kernels
#endif
