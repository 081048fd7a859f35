// SPDX-License-Identifier: Apache-2.0
#include "training/data/sample_selection.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

namespace tiercut::training {
namespace {

TEST(SampleSelection, SplitsMvmcAsThePaperCounts) {
  EXPECT_EQ(split_part(851, 0.2, 1, false).size(), 680u);  // DDNN IV-A
  EXPECT_EQ(split_part(851, 0.2, 1, true).size(), 171u);
  EXPECT_EQ(split_part(10, 0.1, 1, false).size(), 9u);  // (1 - 0.1) x 10 is a little below 9
}

TEST(SampleSelection, SeedsDecide) {
  EXPECT_EQ(split_part(100, 0.5, 7, true), split_part(100, 0.5, 7, true));
  EXPECT_NE(split_part(100, 0.5, 7, true), split_part(100, 0.5, 8, true));
}

RC_GTEST_PROP(SampleSelection, PartsAreDisjointAndWhole, (std::uint64_t seed)) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 300);
  const double held_out = *rc::gen::inRange(1, 100) / 100.0;
  std::vector<std::size_t> all = split_part(count, held_out, seed, false);
  const auto test = split_part(count, held_out, seed, true);
  RC_ASSERT(std::is_sorted(all.begin(), all.end()) && std::is_sorted(test.begin(), test.end()));
  all.insert(all.end(), test.begin(), test.end());
  std::sort(all.begin(), all.end());
  std::vector<std::size_t> wanted(count);
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  RC_ASSERT(all == wanted);
}

TEST(SampleSelection, KeepsValuesLabelsAndViewsTogether) {
  Dataset data{.name = "x", .origin = "", .classes = 3, .inputs = {}, .labels = {0, 1, 2}};
  data.inputs.push_back({.name = "a", .shape = {{2}}, .values = {1, 2, 3, 4, 5, 6}, .in_view = {1, 0, 1}});
  keep_samples(data, {2, 1});
  EXPECT_EQ(data.inputs[0].values, (std::vector<float>{5, 6, 3, 4}));
  EXPECT_EQ(data.inputs[0].in_view, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(data.labels, (std::vector<int>{2, 1}));
  set_one_against_rest(data, 2);
  EXPECT_EQ(data.labels, (std::vector<int>{1, 0}));
  EXPECT_EQ(data.classes, 2);
  standardize(data, 3, 2);
  EXPECT_EQ(data.inputs[0].values, (std::vector<float>{1, 1.5f, 0, 0.5f}));
}

}  // namespace
}  // namespace tiercut::training
