// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/sign_pooling.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/sign_pooling.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr Index word_bits = 64;

template <class D>
HWY_INLINE std::uint64_t bits_of(D d, hn::Mask<D> mask) {
  HWY_ALIGN std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  return bytes[0] | std::uint64_t{bytes[1]} << 8;
}

void pool_signs_in(const SignPooling& pooling, Index y, Index pixel_words, std::uint64_t* bits) {
  const hn::CappedTag<std::int32_t, 16> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const Range rows = pooling.height.covered(y);
  std::fill_n(bits, pooling.width.output * pixel_words, 0);
  for (Index x = 0; x < pooling.width.output; ++x) {
    const Range columns = pooling.width.covered(x);
    for (Index filter = 0; filter < pooling.filters; filter += lanes) {
      const std::int32_t* first =
          pooling.sums + (rows.begin * pooling.width.input + columns.begin) * pooling.filters + filter;
      auto largest = hn::LoadU(d, first);
      for (Index row = 0; row < rows.size(); ++row) {
        const std::int32_t* sum = first + row * pooling.width.input * pooling.filters;
        for (Index column = 0; column < columns.size(); ++column, sum += pooling.filters) {
          largest = hn::Max(largest, hn::LoadU(d, sum));
        }
      }
      const auto is_low = hn::Lt(largest, hn::LoadU(d, pooling.low + filter));
      const auto is_high = hn::Gt(largest, hn::LoadU(d, pooling.high + filter));
      const auto passes = hn::Not(hn::Or(is_low, is_high));
      bits[x * pixel_words + filter / word_bits] |= bits_of(d, passes) << filter % word_bits;
    }
  }
}

std::uint64_t bits_between_in(const float* x, Index count, float low, float high) {
  const hn::CappedTag<float, 16> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const auto lowest = hn::Set(d, low), highest = hn::Set(d, high);
  std::uint64_t bits = 0;
  for (Index i = 0; i < count; i += lanes) {
    const auto values = hn::LoadU(d, x + i);
    bits |= bits_of(d, hn::And(hn::Ge(values, lowest), hn::Le(values, highest))) << i;
  }
  return count == word_bits ? bits : bits & ((std::uint64_t{1} << count) - 1);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

HWY_EXPORT(pool_signs_in);
void pool_signs(const SignPooling& pooling, std::int64_t y, std::int64_t pixel_words, std::uint64_t* bits) {
  HWY_DYNAMIC_DISPATCH(pool_signs_in)(pooling, y, pixel_words, bits);
}

HWY_EXPORT(bits_between_in);
std::uint64_t bits_between(const float* x, std::int64_t count, float low, float high) {
  return HWY_DYNAMIC_DISPATCH(bits_between_in)(x, count, low, high);
}

}  // namespace tiercut::kernels
#endif
