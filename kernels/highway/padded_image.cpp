// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/padded_image.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/padded_image.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "kernels/highway/partial_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// to[i] = from[i * stride], without a float written past the last.
HWY_INLINE void copy_strided(const float* HWY_RESTRICT from, Index count, Index stride, float* HWY_RESTRICT to) {
  const hn::CappedTag<float, 16> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  Index i = 0;
  if (stride == 1) {
    for (; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    if (i < count) store_first(d, hn::LoadU(d, from + i), to + i, count - i);
    return;
  }
#if HWY_TARGET != HWY_SCALAR
  if (stride == 2) {
    for (; i + lanes < count; i += lanes) {
      const auto low = hn::LoadU(d, from + 2 * i), high = hn::LoadU(d, from + 2 * i + lanes);
      hn::StoreU(hn::ConcatEven(d, high, low), d, to + i);
    }
  }
#endif
  for (; i < count; ++i) to[i] = from[i * stride];
}

HWY_INLINE void copy_row(const PaddedImage::Layout& layout, const float* from, float* to) {
  const Side& width = layout.width;
  for (Index phase = 0; phase < layout.phases; ++phase, to += layout.segment) {
    const Index column = phase - width.pad;  // of the input, under the segment's first element
    const Index begin = column >= 0 ? 0 : (-column + width.stride - 1) / width.stride;
    const Index start = column + begin * width.stride;
    if (start >= width.input) continue;
    const Index end = std::min(layout.segment, begin + (width.input - start - 1) / width.stride + 1);
    if (begin < end) copy_strided(from + start, end - begin, width.stride, to + begin);
  }
}

void copy_plane_in(const PaddedImage::Layout& layout, const float* input, float* plane) {
  const Side& height = layout.height;
  for (Index row = 0; row < layout.rows; ++row) {
    const Index from = row - height.pad;
    if (from < 0 || from >= height.input || row % height.stride >= height.kernel) continue;
    copy_row(layout, input + from * layout.width.input, plane + row * layout.row_floats);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

PaddedImage::PaddedImage(const Side& height, const Side& width) {
  const Index phases = std::min(width.stride, width.kernel);
  const Index segment = width.output + (width.kernel - 1) / width.stride;
  layout_ = {height, width, phases, segment, phases * segment, (height.output - 1) * height.stride + height.kernel};
}

HWY_EXPORT(copy_plane_in);
void PaddedImage::copy_plane(const float* input, float* plane) const {
  HWY_DYNAMIC_DISPATCH(copy_plane_in)(layout_, input, plane);
}

}  // namespace tiercut::kernels
#endif
