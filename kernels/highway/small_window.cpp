// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/small_window.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/small_window.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2

bool has_partial_loads_in() { return true; }

// Output rows at once, which share the input rows they both see; the heights of common networks are multiples of 7.
#if HWY_TARGET <= HWY_AVX3
constexpr int rows_at_once = 7;
#else
constexpr int rows_at_once = 3;
#endif
constexpr int kernel = 3;

/// Input columns first, first + 1, ... of a row as a vector, zero where they are outside.
template <class D>
struct PartialLoad {
  Index first = 0;
  hn::Mask<D> inside;

  HWY_INLINE void set(D d, const Side& width, Index from) {
    first = from;
    inside = hn::AndNot(first_lanes(d, -from), first_lanes(d, width.input - from));
  }
  HWY_INLINE hn::Vec<D> operator()(D d, const float* row) const { return hn::MaskedLoad(inside, d, row + first); }
  static HWY_INLINE hn::Mask<D> first_lanes(D d, Index count) {
    const Index lanes = static_cast<Index>(hn::Lanes(d));
    return hn::FirstN(d, static_cast<std::size_t>(count < 0 ? 0 : count > lanes ? lanes : count));
  }
};

// What the taps of a row see for the output columns of a vector, by stride and padding.

template <class Tag>
struct NextColumns {
  using D = Tag;
  static constexpr int stride = 1;
  PartialLoad<D> part[kernel];
  HWY_INLINE NextColumns(D d, const Side& width, Index x) {
    for (int tap = 0; tap < kernel; ++tap) part[tap].set(d, width, x - width.pad + tap);
  }
  HWY_INLINE void load(D d, const float* row, hn::Vec<D>* seen) const {
    for (int tap = 0; tap < kernel; ++tap) seen[tap] = part[tap](d, row);
  }
  HWY_INLINE hn::Vec<D> in_order(hn::Vec<D> sums) const { return sums; }
};

template <class Tag>
struct EvenColumns {
  using D = Tag;
  static constexpr int stride = 2;
  PartialLoad<D> low[2], high[2];
  HWY_INLINE EvenColumns(D d, const Side& width, Index x) {
    const Index lanes = static_cast<Index>(hn::Lanes(d)), start = 2 * x - width.pad;
    for (int i = 0; i < 2; ++i) {
      low[i].set(d, width, start + 2 * i);
      high[i].set(d, width, start + 2 * i + lanes);
    }
  }
  HWY_INLINE void load(D d, const float* row, hn::Vec<D>* seen) const {
    const auto low0 = low[0](d, row), high0 = high[0](d, row);
    seen[0] = hn::ConcatEven(d, high0, low0);
    seen[1] = hn::ConcatOdd(d, high0, low0);
    seen[2] = hn::ConcatEven(d, high[1](d, row), low[1](d, row));
  }
  HWY_INLINE hn::Vec<D> in_order(hn::Vec<D> sums) const { return sums; }
};

#if HWY_TARGET <= HWY_AVX3

/// Padding 1: the first tap sees what the last tap sees, one output column later, so two loads in step with the
/// cache's lines and a single column are enough.
template <class Tag>
struct OddColumns {
  using D = Tag;
  static constexpr int stride = 2;
  PartialLoad<D> low, high;
  hn::Indices512<float> previous;
  hn::Mask<D> first;
  bool has_before;
  HWY_INLINE OddColumns(D d, const Side& width, Index x) {
    low.set(d, width, 2 * x);
    high.set(d, width, 2 * x + static_cast<Index>(hn::Lanes(d)));
    const hn::RebindToSigned<D> integers;
    previous = hn::IndicesFromVec(d, hn::And(hn::Iota(integers, 15), hn::Set(integers, 15)));
    first = hn::FirstN(d, 1);
    has_before = x > 0;
  }
  HWY_INLINE void load(D d, const float* row, hn::Vec<D>* seen) const {
    const auto low0 = low(d, row), high0 = high(d, row);
    const float before = has_before ? row[low.first - 1] : 0.0F;
    seen[1] = hn::ConcatEven(d, high0, low0);
    seen[2] = hn::ConcatOdd(d, high0, low0);
    seen[0] = hn::IfThenElse(first, hn::Set(d, before), hn::TableLookupLanes(seen[2], previous));
  }
  HWY_INLINE hn::Vec<D> in_order(hn::Vec<D> sums) const { return sums; }
};

/// Up to seven columns. Shifts and blends within pairs of lanes instead of permutations, which take a register's halves
/// one after the other: the sums of columns 0, 4, 1, 5, 2, 6, 3, put in order at the end.
struct PairedColumns {
  using D = hn::CappedTag<float, 8>;
  static constexpr int stride = 2;
  PartialLoad<D> low, high;
  hn::Indices256<float> next, order;
  HWY_INLINE PairedColumns(D d, const Side& width, Index x) {
    low.set(d, width, 2 * x - width.pad);
    high.set(d, width, 2 * x - width.pad + 8);
    alignas(32) constexpr std::int32_t next_lanes[8] = {2, 3, 4, 5, 6, 7, 1, 1};
    alignas(32) constexpr std::int32_t order_lanes[8] = {0, 2, 4, 6, 1, 3, 5, 7};
    next = hn::SetTableIndices(d, next_lanes);
    order = hn::SetTableIndices(d, order_lanes);
  }
  HWY_INLINE void load(D d, const float* row, hn::Vec<D>* seen) const {
    const hn::Repartition<std::uint64_t, D> pairs;
    const auto low0 = low(d, row), high0 = high(d, row);
    seen[0] = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(hn::BitCast(pairs, high0))), low0);
    seen[1] = hn::OddEven(high0, hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(pairs, low0))));
    seen[2] = hn::TableLookupLanes(seen[0], next);
  }
  HWY_INLINE hn::Vec<D> in_order(hn::Vec<D> sums) const { return hn::TableLookupLanes(sums, order); }
};

#endif

template <int rows, class Columns>
HWY_INLINE void filter_rows(const SmallWindow& window, const Planes& plane, const Columns& columns,
                            hn::Mask<typename Columns::D> kept, Index y, Index x) {
  const typename Columns::D d;
  using V = hn::Vec<typename Columns::D>;
  constexpr int stride = Columns::stride;
  const Side &height = window.height, &width = window.width;
  V sum[rows], weight[kernel * kernel];
#pragma GCC unroll 9
  for (int i = 0; i < kernel * kernel; ++i) weight[i] = hn::Set(d, plane.weights[i]);
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) sum[r] = hn::Set(d, *plane.bias);
  const Index top = y * stride - height.pad;
#pragma GCC unroll 16
  for (int row = 0; row < (rows - 1) * stride + kernel; ++row) {
    if (top + row < 0 || top + row >= height.input) continue;
    V seen[kernel];
    columns.load(d, plane.input + (top + row) * width.input, seen);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const int tap_row = row - r * stride;
      if (tap_row < 0 || tap_row >= kernel) continue;
#pragma GCC unroll 3
      for (int tap = 0; tap < kernel; ++tap) sum[r] = hn::MulAdd(seen[tap], weight[tap_row * kernel + tap], sum[r]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    hn::BlendedStore(columns.in_order(sum[r]), kept, d, plane.output + (y + r) * width.output + x);
  }
}

/// Output columns from x on that a vector holds, of all planes: what is made ready for them serves every plane.
template <class Columns>
HWY_INLINE void filter_columns(const SmallWindow& window, Planes planes, Index x) {
  const typename Columns::D d;
  const Columns columns(d, window.width, x);
  const auto kept = PartialLoad<typename Columns::D>::first_lanes(d, window.width.output - x);
  const Index height = window.height.output;
  for (; planes.channels > 0; planes.next(window)) {
    Index y = 0;
    for (; y + rows_at_once <= height; y += rows_at_once) {
      filter_rows<rows_at_once>(window, planes, columns, kept, y, x);
    }
    for (; y + 2 <= height; y += 2) filter_rows<2>(window, planes, columns, kept, y, x);
    for (; y < height; ++y) filter_rows<1>(window, planes, columns, kept, y, x);
  }
}

/// Half a register for the rest of a row of at most `half_columns`: two such instructions start in a cycle.
template <class Whole, class Half>
HWY_INLINE void filter_all(const SmallWindow& window, const Planes& planes, Index half_columns) {
  for (Index x = 0; x < window.width.output;) {
    const Index left = window.width.output - x;
    if (left > half_columns) {
      filter_columns<Whole>(window, planes, x);
      x += static_cast<Index>(hn::Lanes(typename Whole::D()));
    } else {
      filter_columns<Half>(window, planes, x);
      x += left;
    }
  }
}

void filter_planes_in(const SmallWindow& window, const Planes& planes) {
  using Whole = hn::CappedTag<float, 16>;
#if HWY_TARGET <= HWY_AVX3
  if (window.width.stride == 1) {
    filter_all<NextColumns<Whole>, NextColumns<hn::CappedTag<float, 8>>>(window, planes, 8);
  } else if (window.width.pad == 1) {
    filter_all<OddColumns<Whole>, PairedColumns>(window, planes, 7);
  } else {
    filter_all<EvenColumns<Whole>, PairedColumns>(window, planes, 7);
  }
#else
  if (window.width.stride == 1) {
    filter_all<NextColumns<Whole>, NextColumns<Whole>>(window, planes, 0);
  } else {
    filter_all<EvenColumns<Whole>, EvenColumns<Whole>>(window, planes, 0);
  }
#endif
}

#else

bool has_partial_loads_in() { return false; }
void filter_planes_in(const SmallWindow&, const Planes&) {}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

HWY_EXPORT(has_partial_loads_in);
bool is_small_window(const Side& height, const Side& width) {
  return height.kernel == 3 && width.kernel == 3 && height.stride == width.stride && width.stride <= 2 &&
         HWY_DYNAMIC_DISPATCH(has_partial_loads_in)();
}

HWY_EXPORT(filter_planes_in);
void filter_planes(const SmallWindow& window, const Planes& planes) {
  HWY_DYNAMIC_DISPATCH(filter_planes_in)(window, planes);
}

}  // namespace tiercut::kernels
#endif
