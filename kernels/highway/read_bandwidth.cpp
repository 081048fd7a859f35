// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/read_bandwidth.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/read_bandwidth.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <int streams>
float read_in(const float* data, std::size_t floats) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), part = floats / streams, step = 4 * lanes;
  // Bitwise operations take a cycle, so that nothing but the reads is waited for.
  const hn::RebindToUnsigned<decltype(d)> du;
  auto seen0 = hn::Zero(du), seen1 = hn::Zero(du), seen2 = hn::Zero(du), seen3 = hn::Zero(du);
  std::size_t i = 0;
  for (; i + step <= part; i += step) {
    for (int stream = 0; stream < streams; ++stream) {
      const float* from = data + static_cast<std::size_t>(stream) * part + i;
      seen0 = hn::Xor(seen0, hn::BitCast(du, hn::LoadU(d, from)));
      seen1 = hn::Xor(seen1, hn::BitCast(du, hn::LoadU(d, from + lanes)));
      seen2 = hn::Xor(seen2, hn::BitCast(du, hn::LoadU(d, from + 2 * lanes)));
      seen3 = hn::Xor(seen3, hn::BitCast(du, hn::LoadU(d, from + 3 * lanes)));
    }
  }
  float result = hn::GetLane(hn::BitCast(d, hn::Xor(hn::Xor(seen0, seen1), hn::Xor(seen2, seen3))));
  for (; i < part; ++i) {
    for (int stream = 0; stream < streams; ++stream) result += data[static_cast<std::size_t>(stream) * part + i];
  }
  return result;
}

float read_streams_in(const float* data, std::size_t floats, int streams) {
  switch (streams) {
    case 8:
      return read_in<8>(data, floats);
    case 4:
      return read_in<4>(data, floats);
    case 2:
      return read_in<2>(data, floats);
    default:
      return read_in<1>(data, floats);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

HWY_EXPORT(read_streams_in);
float read_streams(const float* data, std::size_t floats, int streams) {
  return HWY_DYNAMIC_DISPATCH(read_streams_in)(data, floats, streams);
}

}  // namespace tiercut::kernels
#endif
