// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/pool_rows.hpp"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/pool_rows.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "kernels/highway/partial_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using FloatVector = hn::Vec<Floats>;

struct Maximum {
  // Processors differ in what the larger of a number and NaN is.
  static HWY_INLINE FloatVector combine(FloatVector kept, FloatVector x) {
    return hn::IfThenElse(hn::Or(hn::Gt(x, kept), hn::IsNaN(x)), x, kept);
  }
  static HWY_INLINE float combine(float kept, float x) { return x > kept || x != x ? x : kept; }
};
struct Sum {
  static HWY_INLINE FloatVector combine(FloatVector kept, FloatVector x) { return hn::Add(kept, x); }
  static HWY_INLINE float combine(float kept, float x) { return kept + x; }
};

/// The rows of a window, column by column.
template <class Combine>
HWY_INLINE void combine_rows(const float* input, Index rows, Index width, float* to) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  for (Index x = 0; x < width; x += lanes) {
    auto kept = hn::LoadU(d, input + x);
    for (Index row = 1; row < rows; ++row) kept = Combine::combine(kept, hn::LoadU(d, input + row * width + x));
    store_first(d, kept, to + x, width - x);
  }
}

template <class Combine>
HWY_INLINE void combine_columns(const PlanePooling& pooling, Index rows, const float* row, float* to) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d)), kernel = pooling.width.kernel, stride = pooling.width.stride;
  const auto finish = [&](FloatVector kept, Index x) HWY_ATTR {
    if (!pooling.is_maximum) {
      kept = hn::Div(kept, hn::Mul(hn::LoadU(d, pooling.columns + x), hn::Set(d, static_cast<float>(rows))));
    }
    store_first(d, kept, to + x, pooling.width.output - x);
  };
  Index x = 0;
  if (stride == 1) {
    for (; x < pooling.width.output; x += lanes) {
      auto kept = hn::LoadU(d, row + x);
      for (Index tap = 1; tap < kernel; ++tap) kept = Combine::combine(kept, hn::LoadU(d, row + x + tap));
      finish(kept, x);
    }
    return;
  }
#if HWY_TARGET != HWY_SCALAR
  if (stride == 2) {
    for (; x < pooling.width.output; x += lanes) {
      const float* from = row + 2 * x;
      auto kept = hn::ConcatEven(d, hn::LoadU(d, from + lanes), hn::LoadU(d, from));
      for (Index tap = 1; tap < kernel; ++tap) {
        const float* pair = from + tap / 2 * 2;
        const auto low = hn::LoadU(d, pair), high = hn::LoadU(d, pair + lanes);
        kept = Combine::combine(kept, tap % 2 == 0 ? hn::ConcatEven(d, high, low) : hn::ConcatOdd(d, high, low));
      }
      finish(kept, x);
    }
    return;
  }
#endif
  for (; x < pooling.width.output; ++x) {
    float kept = row[x * stride];
    for (Index tap = 1; tap < kernel; ++tap) kept = Combine::combine(kept, row[x * stride + tap]);
    to[x] = pooling.is_maximum ? kept : kept / (pooling.columns[x] * static_cast<float>(rows));
  }
}

template <class Combine>
HWY_INLINE void pool(const PlanePooling& pooling, const float* input, float* row, float* output) {
  for (Index y = 0; y < pooling.height.output; ++y, output += pooling.width.output) {
    const Range rows = pooling.height.covered(y);
    combine_rows<Combine>(input + rows.begin * pooling.width.input, rows.size(), pooling.width.input,
                          row + pooling.width.pad);
    combine_columns<Combine>(pooling, pooling.height.covered_with_padding(y), row, output);
  }
}

/// One window over all: the plane is a run of floats.
template <class Combine>
HWY_INLINE float pool_all(const float* input, Index count, float start) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  auto kept = hn::Set(d, start);
  Index i = 0;
  for (; i + lanes <= count; i += lanes) kept = Combine::combine(kept, hn::LoadU(d, input + i));
  if (i < count) {
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(count - i));
    kept = Combine::combine(kept, hn::IfThenElse(inside, hn::LoadU(d, input + i), hn::Set(d, start)));
  }
  HWY_ALIGN float lane[16];
  hn::StoreU(kept, d, lane);
  float result = lane[0];
  for (Index at = 1; at < lanes; ++at) result = Combine::combine(result, lane[at]);
  return result;
}

void pool_plane_in(const PlanePooling& pooling, const float* input, float* row, float* output) {
  const Side &height = pooling.height, &width = pooling.width;
  if (height.output * width.output == 1 && height.covered(0).size() == height.input &&
      width.covered(0).size() == width.input) {
    const Index count = height.input * width.input;
    if (pooling.is_maximum) {
      *output = pool_all<Maximum>(input, count, -std::numeric_limits<float>::infinity());
    } else {
      *output =
          pool_all<Sum>(input, count, 0) / (pooling.columns[0] * static_cast<float>(height.covered_with_padding(0)));
    }
    return;
  }
  if (pooling.is_maximum) {
    pool<Maximum>(pooling, input, row, output);
  } else {
    pool<Sum>(pooling, input, row, output);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {
namespace {

// What the vectors of the last outputs may read, those of a whole vector counted.
constexpr Index lanes = 16;

}  // namespace

Index pooling_row_floats(const Side& width) {
  return std::max(width.input + 2 * width.pad, (width.output + lanes) * width.stride + width.kernel) + 2 * lanes;
}

void prepare_pooling_row(const PlanePooling& pooling, float* row) {
  const float outside = pooling.is_maximum ? -std::numeric_limits<float>::infinity() : 0.0F;
  std::fill_n(row, pooling_row_floats(pooling.width), outside);
}

HWY_EXPORT(pool_plane_in);
void pool_plane(const PlanePooling& pooling, const float* input, float* row, float* output) {
  HWY_DYNAMIC_DISPATCH(pool_plane_in)(pooling, input, row, output);
}

}  // namespace tiercut::kernels
#endif
