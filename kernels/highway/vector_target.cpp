// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/vector_target.hpp"

#include <fmt/format.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/vector_target.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {

std::int64_t target_in() { return HWY_TARGET; }

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {
namespace {

HWY_EXPORT(target_in);
std::int64_t chosen_target() { return HWY_DYNAMIC_DISPATCH(target_in)(); }

}  // namespace

bool has_vectors() { return (chosen_target() & (HWY_SCALAR | HWY_EMU128)) == 0; }

std::string vector_target_version() {
  return fmt::format("{}.{}.{} {}", HWY_MAJOR, HWY_MINOR, HWY_PATCH, hwy::TargetName(chosen_target()));
}

}  // namespace tiercut::kernels
#endif
