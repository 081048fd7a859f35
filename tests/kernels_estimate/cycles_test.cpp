// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/cycles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace tiercut::kernels {
namespace {

BoardUnit made_up(Pipeline pipeline) {
  BoardUnit unit{"board", "cpu", "cortex-a7", pipeline, {}, 2, ""};
  for (const auto& [quantity, value] : {std::pair{Quantity::clock, 1e9},
                                        {Quantity::multiply, 4.0},
                                        {Quantity::vector, 2.0},
                                        {Quantity::vector_memory, 3.0},
                                        {Quantity::other, 0.5}}) {
    unit.inputs.push_back({quantity, value, Standing::reckoned, "made up"});
  }
  return unit;
}

TEST(Cycles, AddUpInOrder) {
  // 10 x 4 + 5 x 2 + 6 x 3 + (100 - 10 - 5 - 6) x 0.5
  EXPECT_DOUBLE_EQ(cycles_of(made_up(Pipeline::in_order), {100, 10, 5, 6, 20}), 40 + 10 + 18 + 39.5);
}

TEST(Cycles, AreTheBusiestResourceOutOfOrder) {
  const BoardUnit unit = made_up(Pipeline::out_of_order);
  EXPECT_DOUBLE_EQ(cycles_of(unit, {100, 10, 5, 6, 10}), 50);    // 100 x 0.5 over 10 x 4 + 5 x 2 and 10 x 3: a tie
  EXPECT_DOUBLE_EQ(cycles_of(unit, {100, 20, 5, 6, 10}), 90);    // arithmetic: 20 x 4 + 5 x 2
  EXPECT_DOUBLE_EQ(cycles_of(unit, {100, 10, 5, 30, 40}), 120);  // memory: 40 x 3
}

std::set<std::string> processors() {
  std::set<std::string> names;
  for (const BoardUnit& unit : board_units()) {
    if (!unit.processor.empty()) names.emplace(unit.processor);
  }
  return names;
}

TEST(InstructionCounts, CoverEveryLayerOfEveryKindOnEveryProcessor) {
  std::size_t layers = 0;
  for (const KernelKind& kind : kernel_kinds()) {
    layers += kind.layers.size();
    EXPECT_GT(kind.layers.size(), kind.features.size()) << kind.name;
    for (const std::string& processor : processors()) {
      EXPECT_EQ(counts_of(processor, kind.name).size(), kind.layers.size()) << processor << " " << kind.name;
    }
  }
  EXPECT_EQ(counted_runs().size(), layers * processors().size());
}

TEST(InstructionCounts, HoldEveryMultiplicationOfALinearLayer) {
  // 256 x 512 products, in vectors of 4 (NEON, SSE) or 8 (AVX2); what else multiplies is far less.
  for (const auto& [processor, lanes] :
       {std::pair{"cortex-a7", 4}, {"cortex-a15", 4}, {"silvermont", 4}, {"ivy-bridge", 4}, {"haswell", 8}}) {
    const auto counts = counts_of(processor, "linear");
    ASSERT_EQ(counts.size(), 3u) << processor;
    const double needed = 256.0 * 512 / lanes;
    EXPECT_GE(counts[2].multiply, needed) << processor;
    EXPECT_LE(counts[2].multiply, 1.05 * needed) << processor;
    EXPECT_GE(counts[2].vector_memory, needed) << processor << ": every weight is read";
  }
}

TEST(InstructionCounts, HoldEveryMultiplicationOfAConvolution) {
  // 128 filters of 32 x 3 x 3 at 256 pixels.
  for (const auto& [processor, lanes] : {std::pair{"cortex-a7", 4}, {"haswell", 8}}) {
    const auto counts = counts_of(processor, "convolution");
    ASSERT_EQ(counts.size(), 3u) << processor;
    const double needed = 128.0 * 288 * 256 / lanes;
    EXPECT_GE(counts[1].multiply, needed) << processor;
    EXPECT_LE(counts[1].multiply, 1.05 * needed) << processor;
  }
}

/// What is multiplied out again must be what was counted.
TEST(StepTimes, GiveTheCountedLayersBack) {
  for (const BoardUnit& unit : board_units()) {
    if (unit.processor.empty()) continue;
    for (const KernelKind& kind : kernel_kinds()) {
      const auto times = step_times(unit, kind);
      const auto counts = counts_of(unit.processor, kind.name);
      EXPECT_TRUE(std::ranges::all_of(times, [](double time) { return time >= 0; })) << unit.board << " " << kind.name;
      for (std::size_t i = 0; i < kind.layers.size(); ++i) {
        const model::Layer layer = prepare(kind.type, kind.layers[i]).layer;
        double seconds = times[0];
        for (std::size_t k = 0; k < kind.features.size(); ++k)
          seconds += times[k + 1] * steps_of(kind.features[k], layer);
        const double counted = cycles_of(unit, counts[i]) / unit[Quantity::clock];
        EXPECT_NEAR(seconds, counted, 0.15 * counted) << unit.board << " " << kind.name << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace tiercut::kernels
