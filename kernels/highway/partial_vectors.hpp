// SPDX-License-Identifier: Apache-2.0

/// The first elements of a vector (internal to kernels/highway/). Included once for every instruction set, behind
/// hwy/highway.h, which is why it is guarded by a toggle.
#if defined(TIERCUT_PARTIAL_VECTORS) == defined(HWY_TARGET_TOGGLE)
#ifdef TIERCUT_PARTIAL_VECTORS
#undef TIERCUT_PARTIAL_VECTORS
#else
#define TIERCUT_PARTIAL_VECTORS
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels::HWY_NAMESPACE {

/// The first `count` floats at p, zero behind them. Processors without partial loads read the whole vector.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_first(D d, const float* p, std::int64_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const auto first = hn::FirstN(d, static_cast<std::size_t>(count));
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(first, d, p);
#else
  return hn::IfThenElseZero(first, hn::LoadU(d, p));
#endif
}

/// Stores the first `count` lanes, at most all. Nothing behind them is touched: it may be another thread's.
template <class D>
HWY_INLINE void store_first(D d, hwy::HWY_NAMESPACE::Vec<D> values, float* p, std::int64_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (count >= lanes) return hn::StoreU(values, d, p);
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(values, hn::FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
  HWY_ALIGN float all[16];
  hn::Store(values, d, all);
  std::memcpy(p, all, static_cast<std::size_t>(count) * sizeof(float));
#endif
}

}  // namespace tiercut::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
