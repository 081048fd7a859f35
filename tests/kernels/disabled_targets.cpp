// SPDX-License-Identifier: Apache-2.0
#include <hwy/targets.h>

#include <cstdlib>
#include <string_view>

// Lets the tests run what a lesser processor would: TIERCUT_TEST_VECTORS=AVX3, AVX2 or SSE4 is the best set to be used.
namespace {

const bool are_targets_limited = [] {
  const char* best = std::getenv("TIERCUT_TEST_VECTORS");
  if (best == nullptr) return false;
  // A target's number is smaller the better it is.
  const std::int64_t limit = std::string_view(best) == "AVX3"   ? HWY_AVX3
                             : std::string_view(best) == "AVX2" ? HWY_AVX2
                                                                : HWY_SSE4;
  hwy::DisableTargets(limit - 1);
  return true;
}();

}  // namespace
