// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/element_maths.hpp"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/element_maths.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "kernels/highway/partial_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Index = std::int64_t;
using Floats = hn::CappedTag<float, 16>;
using FloatVector = hn::Vec<Floats>;

/// y[i] = function(x[i], i) a vector at a time; reads whole vectors, writes `count` elements.
template <class Function>
HWY_INLINE void map(const float* x, Index count, float* y, const Function& function) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  Index i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(function(hn::LoadU(d, x + i), i), d, y + i);
  if (i == count) return;
  store_first(d, function(load_first(d, x + i, count - i), i), y + i, count - i);
}

// Library functions clamp their argument, which loses NaN: it is put back.
HWY_INLINE FloatVector keep_nan(FloatVector x, FloatVector y) { return hn::IfThenElse(hn::IsNaN(x), x, y); }

/// 1 / (1 + exp(-x)) by exp(-|x|), which cannot overflow.
HWY_INLINE FloatVector sigmoid(FloatVector x) {
  const Floats d;
  const auto one = hn::Set(d, 1.0F);
  const auto power = hn::Exp(d, hn::Neg(hn::Abs(x)));
  const auto numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), power, one);
  return keep_nan(x, hn::Div(numerator, hn::Add(one, power)));
}

HWY_INLINE FloatVector tanh(FloatVector x) {
  const Floats d;
  const auto power_less_1 = hn::Expm1(d, hn::Mul(hn::Set(d, -2.0F), hn::Abs(x)));
  const auto magnitude = hn::Neg(hn::Div(power_less_1, hn::Add(power_less_1, hn::Set(d, 2.0F))));
  return keep_nan(x, hn::CopySign(magnitude, x));
}

void apply_in(ElementFunction function, const float* x, Index count, float* y) {
  const Floats d;
  switch (function) {
    case ElementFunction::relu:
      return map(x, count, y,
                 [&](FloatVector v, Index) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); });
    case ElementFunction::sigmoid:
      return map(x, count, y, [](FloatVector v, Index) HWY_ATTR { return sigmoid(v); });
    case ElementFunction::tanh:
      return map(x, count, y, [](FloatVector v, Index) HWY_ATTR { return tanh(v); });
  }
}

void apply_threshold_in(const float* x, Index count, float threshold, float value, float* y) {
  const Floats d;
  const auto limit = hn::Set(d, threshold), other = hn::Set(d, value);
  map(x, count, y, [&](FloatVector v, Index) HWY_ATTR { return hn::IfThenElse(hn::Le(v, limit), other, v); });
}

HWY_INLINE FloatVector on_slopes(FloatVector x, FloatVector scale, FloatVector negative_scale, FloatVector shift) {
  return hn::MulAdd(x, hn::IfThenElse(hn::Lt(x, hn::Zero(Floats())), negative_scale, scale), shift);
}

void apply_slopes_in(const float* x, Index count, const Slopes& slopes, float* y) {
  const Floats d;
  const auto scale = hn::Set(d, slopes.scale), negative = hn::Set(d, slopes.negative_scale);
  const auto shift = hn::Set(d, slopes.shift);
  map(x, count, y, [&](FloatVector v, Index) HWY_ATTR { return on_slopes(v, scale, negative, shift); });
}

void apply_slopes_by_element_in(const float* x, Index count, const SlopesByElement& slopes, float* y) {
  const Floats d;
  map(x, count, y, [&](FloatVector v, Index i) HWY_ATTR {
    return on_slopes(v, hn::LoadU(d, slopes.scale + i), hn::LoadU(d, slopes.negative_scale + i),
                     hn::LoadU(d, slopes.shift + i));
  });
}

// Processors differ in what the larger of a number and NaN is.
HWY_INLINE FloatVector larger(FloatVector kept, FloatVector x) {
  return hn::IfThenElse(hn::Or(hn::Gt(x, kept), hn::IsNaN(x)), x, kept);
}

void join_in(Joining joining, const float* x, Index count, float* y) {
  const Floats d;
  if (joining == Joining::maximum) {
    map(x, count, y, [&](FloatVector v, Index i) HWY_ATTR { return larger(hn::LoadU(d, y + i), v); });
  } else {
    map(x, count, y, [&](FloatVector v, Index i) HWY_ATTR { return hn::Add(hn::LoadU(d, y + i), v); });
  }
}

void divide_in(float* y, Index count, float divisor) {
  const Floats d;
  const auto by = hn::Set(d, divisor);
  map(y, count, y, [&](FloatVector v, Index) HWY_ATTR { return hn::Div(v, by); });
}

HWY_INLINE float largest_of(const float* x, Index count) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const auto lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto kept = lowest;
  Index i = 0;
  for (; i + lanes <= count; i += lanes) kept = larger(kept, hn::LoadU(d, x + i));
  const auto inside = hn::FirstN(d, static_cast<std::size_t>(count - i));
  if (i < count) kept = larger(kept, hn::IfThenElse(inside, load_first(d, x + i, count - i), lowest));
  HWY_ALIGN float lane[16];
  hn::StoreU(kept, d, lane);
  float largest = lane[0];
  for (Index at = 1; at < lanes; ++at) largest = lane[at] > largest || lane[at] != lane[at] ? lane[at] : largest;
  return largest;
}

// The largest is subtracted first, so that nothing overflows; a NaN among the inputs is the largest.
void softmax_in(const float* x, Index count, float* y) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const float largest = largest_of(x, count);
  if (largest != largest) {
    std::fill_n(y, count, largest);
    return;
  }
  const auto subtracted = hn::Set(d, largest);
  map(x, count, y, [&](FloatVector v, Index) HWY_ATTR {
    const auto less = hn::Sub(v, subtracted);
    return keep_nan(less, hn::Exp(d, less));
  });
  auto sums = hn::Zero(d);
  Index i = 0;
  for (; i + lanes <= count; i += lanes) sums = hn::Add(sums, hn::LoadU(d, y + i));
  if (i < count) sums = hn::Add(sums, load_first(d, y + i, count - i));
  divide_in(y, count, hn::GetLane(hn::SumOfLanes(d, sums)));
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

HWY_EXPORT(apply_in);
void apply(ElementFunction function, const float* x, std::int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(apply_in)(function, x, count, y);
}

HWY_EXPORT(apply_threshold_in);
void apply_threshold(const float* x, std::int64_t count, float threshold, float value, float* y) {
  HWY_DYNAMIC_DISPATCH(apply_threshold_in)(x, count, threshold, value, y);
}

HWY_EXPORT(apply_slopes_in);
void apply_slopes(const float* x, std::int64_t count, Slopes slopes, float* y) {
  HWY_DYNAMIC_DISPATCH(apply_slopes_in)(x, count, slopes, y);
}

HWY_EXPORT(apply_slopes_by_element_in);
void apply_slopes(const float* x, std::int64_t count, const SlopesByElement& slopes, float* y) {
  HWY_DYNAMIC_DISPATCH(apply_slopes_by_element_in)(x, count, slopes, y);
}

HWY_EXPORT(join_in);
void join(Joining joining, const float* x, std::int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(join_in)(joining, x, count, y);
}

HWY_EXPORT(divide_in);
void divide(float* y, std::int64_t count, float divisor) { HWY_DYNAMIC_DISPATCH(divide_in)(y, count, divisor); }

HWY_EXPORT(softmax_in);
void softmax(const float* x, std::int64_t count, float* y) { HWY_DYNAMIC_DISPATCH(softmax_in)(x, count, y); }

}  // namespace tiercut::kernels
#endif
