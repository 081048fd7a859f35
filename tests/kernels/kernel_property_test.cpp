// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>

#include "backend_param.hpp"
#include "kernel_case.hpp"

namespace tiercut::kernels {
namespace {

class EveryKernel : public testing::TestWithParam<BackendAndType> {};

KernelCase drawn_case(model::LayerType type) {
  return random_case(type, [](int low, int high) { return *rc::gen::inRange(low, high + 1); });
}

TEST_P(EveryKernel, EqualsTheReferenceOnRandomShapes) {
  const auto& [backend, type] = GetParam();
  int supported = 0;
  const bool holds = rc::check([&, type = type, &backend = backend] {
    const KernelCase kernel_case = drawn_case(type);
    const std::string found = check_against_reference(kernel_case, backend, supported);
    if (!found.empty()) RC_FAIL(found);
  });
  EXPECT_TRUE(holds);
  if (backend == "eigen") {
    EXPECT_GE(supported, 100) << "the portable backend has every layer";
  }
  if (supported == 0) GTEST_SKIP() << backend << " has no " << to_text(type);
}

TEST_P(EveryKernel, EqualsTheReferenceOnALargeShape) {
  const auto& [backend, type] = GetParam();
  int supported = 0;
  for (const bool has_packed_input : {false, true}) {
    EXPECT_EQ(check_against_reference(large_case(type, has_packed_input), backend, supported, 2), "");
  }
  if (supported == 0) GTEST_SKIP() << backend << " has no " << to_text(type);
}

TEST_P(EveryKernel, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto& [backend, type] = GetParam();
  if (backend == "onednn") GTEST_SKIP() << "the library shares a sum among threads";
  for (const bool has_packed_input : {false, true}) {
    const KernelCase kernel_case = large_case(type, has_packed_input);
    ThreadPool one(1);
    ReadyKernel alone(kernel_case, one, backend);
    if (!alone.is_supported) continue;
    alone.run();
    for (const int threads : {2, 3, 7}) {
      ThreadPool many(threads);
      ReadyKernel shared(kernel_case, many, backend);
      for (int repeat = 0; repeat < 3; ++repeat) {
        std::fill_n(shared.output.words(), shared.output.bytes() / 8, 0);
        shared.run();
        EXPECT_EQ(std::memcmp(shared.output.data(), alone.output.data(), alone.output.bytes()), 0)
            << describe(kernel_case) << " with " << threads << " threads";
      }
    }
  }
}

TEST_P(EveryKernel, RunsInPlaceWhereItSaysSo) {
  const auto& [backend, type] = GetParam();
  ThreadPool threads(1);
  const KernelCase kernel_case = large_case(type, false);
  ReadyKernel ready(kernel_case, threads, backend);
  if (!ready.is_supported || !ready.kernel->is_in_place_allowed()) GTEST_SKIP() << "not in place";
  ready.run();
  Buffer& same = ready.inputs[0];
  ready.kernel->run(ready.pointers, same);
  EXPECT_EQ(std::memcmp(same.data(), ready.output.data(), same.bytes()), 0);
}

INSTANTIATE_TEST_SUITE_P(Backends, EveryKernel, every_backend_and_type(), backend_and_type_title);

}  // namespace
}  // namespace tiercut::kernels
