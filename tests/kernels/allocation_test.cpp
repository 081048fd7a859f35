// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "allocation_count.hpp"
#include "backend_param.hpp"
#include "kernel_case.hpp"

namespace tiercut::kernels {
namespace {

class Allocation : public testing::TestWithParam<BackendAndType> {};

TEST(AllocationCount, SeesAllocationsOfEveryKind) {
  if (!can_count_allocations()) GTEST_SKIP() << "the allocator cannot be watched here";
  long before = allocation_count();
  void* volatile memory = std::malloc(100);
  EXPECT_EQ(allocation_count(), before + 1);
  std::free(memory);
  const auto number = std::make_unique<std::vector<int>>(5);
  EXPECT_EQ(allocation_count(), before + 3);
  before = allocation_count();
  const Buffer buffer(100);
  EXPECT_EQ(allocation_count(), before + 1);
}

TEST_P(Allocation, RunsAfterTheFirstMakeNone) {
  if (!can_count_allocations()) GTEST_SKIP() << "the allocator cannot be watched here";
  const auto& [backend, type] = GetParam();
  if (backend == "onednn") GTEST_SKIP() << "the library makes its lists of arguments anew for each run";
  int supported = 0;
  for (const bool has_packed_input : {false, true}) {
    for (const int threads : {1, 2}) {
      ThreadPool pool(threads);
      ReadyKernel ready(large_case(type, has_packed_input), pool, backend);
      if (!ready.is_supported) continue;
      ++supported;
      ready.run();
      const long before = allocation_count();
      for (int repeat = 0; repeat < 5; ++repeat) ready.run();
      EXPECT_EQ(allocation_count() - before, 0) << threads << " threads, packed " << has_packed_input;
    }
  }
  if (supported == 0) GTEST_SKIP() << backend << " has no " << to_text(type);
}

INSTANTIATE_TEST_SUITE_P(Backends, Allocation, every_backend_and_type(), backend_and_type_title);

}  // namespace
}  // namespace tiercut::kernels
