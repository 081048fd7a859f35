// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/kernel_bench.hpp"

#include <gtest/gtest.h>

#include "kernels/measure/model_cases.hpp"
#include "kernels/measure/shape_grid.hpp"

namespace tiercut::kernels {
namespace {

/// Small shapes of every kind are made ready and run, on every backend of the build.
TEST(KernelBench, RunsEveryKindOfTheGrid) {
  for (const Backend* backend : backends()) {
    KernelBench bench(1, std::string(backend->name()), 1 << 16);
    for (const BenchCase& bench_case : shape_grid({.scale = 0.01, .most_macs = 1e6, .most_bytes = 2e6})) {
      auto prepared = bench.prepare(bench_case);
      ASSERT_TRUE(prepared) << bench_case.key << to_text(prepared.error());
      prepared->subject->run();
      prepared->subject->cool();
      prepared->subject->run();
      const bool is_own =
          backend->supports(bench_case.layer, 0) && bench_case.model->layer(0).encoding != model::Encoding::bit;
      if (is_own) {
        EXPECT_EQ(prepared->backend, backend->name()) << bench_case.key;
      }
    }
  }
}

TEST(KernelBench, RunsSegments) {
  KernelBench bench(2, "", 1 << 16);
  for (const ModelCases& cases : typical_series(2e7)) {
    auto prepared = bench.prepare(cases.segments.front());
    ASSERT_TRUE(prepared) << to_text(prepared.error());
    prepared->subject->run();
    EXPECT_FALSE(prepared->backend.empty());
  }
  bench.reference().run();
}

TEST(KernelBench, RefusesABackendThatIsNotThere) {
  KernelBench bench(1, "abacus", 1 << 16);
  const auto prepared = bench.prepare(*case_of(model::LayerType::relu, {}, {{{64}}}));
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().front().code, "backend-absent");
}

TEST(CacheSweeper, WalksTwiceTheLastLevel) {
  CacheSweeper sweeper(std::size_t{8} << 20);
  EXPECT_EQ(sweeper.bytes(), std::size_t{16} << 20);
  sweeper.sweep();
  EXPECT_EQ(CacheSweeper(0).bytes(), std::size_t{4} << 20);
}

}  // namespace
}  // namespace tiercut::kernels
