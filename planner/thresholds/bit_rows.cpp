// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/bit_rows.hpp"

#include <bit>

namespace tiercut::planner {
namespace {

// The bodies are macros since a function that is inlined keeps its own target, not its caller's.
#define TIERCUT_COUNT_BOTH                                                \
  std::size_t count = 0;                                                  \
  for (std::size_t w = 0; w < words; ++w) {                               \
    count += static_cast<std::size_t>(__builtin_popcountll(a[w] & b[w])); \
  }                                                                       \
  return count
#define TIERCUT_KEEP_BOTH                                            \
  std::size_t count = 0;                                             \
  for (std::size_t w = 0; w < words; ++w) {                          \
    out[w] = a[w] & b[w];                                            \
    count += static_cast<std::size_t>(__builtin_popcountll(out[w])); \
  }                                                                  \
  return count

std::size_t count_both(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) { TIERCUT_COUNT_BOTH; }
std::size_t keep_both(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t words) {
  TIERCUT_KEEP_BOTH;
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] std::size_t count_both_popcnt(const std::uint64_t* a, const std::uint64_t* b,
                                                        std::size_t words) {
  TIERCUT_COUNT_BOTH;
}
[[gnu::target("popcnt")]] std::size_t keep_both_popcnt(std::uint64_t* out, const std::uint64_t* a,
                                                       const std::uint64_t* b, std::size_t words) {
  TIERCUT_KEEP_BOTH;
}
[[gnu::target("avx512f,avx512vl,avx512vpopcntdq,popcnt")]] std::size_t count_both_wide(const std::uint64_t* a,
                                                                                       const std::uint64_t* b,
                                                                                       std::size_t words) {
  TIERCUT_COUNT_BOTH;
}
[[gnu::target("avx512f,avx512vl,avx512vpopcntdq,popcnt")]] std::size_t keep_both_wide(std::uint64_t* out,
                                                                                      const std::uint64_t* a,
                                                                                      const std::uint64_t* b,
                                                                                      std::size_t words) {
  TIERCUT_KEEP_BOTH;
}
#endif

BitOps choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl"))
    return {count_both_wide, keep_both_wide};
  if (__builtin_cpu_supports("popcnt")) return {count_both_popcnt, keep_both_popcnt};
#endif
  return {count_both, keep_both};
}

}  // namespace

const BitOps& bit_ops() {
  static const BitOps ops = choose();
  return ops;
}

}  // namespace tiercut::planner
