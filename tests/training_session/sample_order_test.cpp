// SPDX-License-Identifier: Apache-2.0
#include "training/session/sample_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace tiercut::training {
namespace {

std::vector<std::size_t> up_to(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

RC_GTEST_PROP(SampleOrder, IsAPermutationThatSeedAndTurnDecide, (std::uint64_t seed, std::uint8_t turn)) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 200);
  const auto order = shuffled(up_to(size), seed, "a", turn);
  RC_ASSERT(order == shuffled(up_to(size), seed, "a", turn));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  RC_ASSERT(sorted == up_to(size));
}

TEST(SampleOrder, DiffersByEpochSeedAndEntity) {
  const auto order = shuffled(up_to(100), 1, "a", 0);
  EXPECT_NE(order, shuffled(up_to(100), 1, "a", 1));
  EXPECT_NE(order, shuffled(up_to(100), 2, "a", 0));
  EXPECT_NE(order, shuffled(up_to(100), 1, "b", 0));
}

// Each of the 24 orders of four is as likely: 24,000 draws give 1000 each, +- 5 standard deviations of sqrt(1000 *
// 23/24).
TEST(SampleOrder, IsUniform) {
  std::map<std::vector<std::size_t>, int> seen;
  for (std::uint64_t turn = 0; turn < 24'000; ++turn) ++seen[shuffled(up_to(4), 7, "a", turn)];
  ASSERT_EQ(seen.size(), 24u);
  for (const auto& [order, times] : seen) EXPECT_NEAR(times, 1000, 155);
}

RC_GTEST_PROP(SplitIndices, HaveTheShareToTheNearestAndMissNone, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 500);
  const double share = *rc::gen::inRange(0, 101) / 100.0;
  const IndexSplit split = split_indices(size, share, 3, "a");
  RC_ASSERT(std::abs(static_cast<double>(split.chosen.size()) - share * static_cast<double>(size)) <= 0.5);
  RC_ASSERT(std::is_sorted(split.chosen.begin(), split.chosen.end()));
  std::vector<std::size_t> all = split.chosen;
  all.insert(all.end(), split.others.begin(), split.others.end());
  std::sort(all.begin(), all.end());
  RC_ASSERT(all == up_to(size));
}

/// One image of 3 x 3 with 1 to 9, channels times.
Dataset image(model::TensorShape shape, std::size_t channels = 1) {
  Dataset data;
  data.classes = 2;
  data.labels = {1};
  data.inputs = {{"image", std::move(shape), {}}};
  for (std::size_t i = 0; i < 9 * channels; ++i) data.inputs[0].values.push_back(static_cast<float>(i) + 1);
  return data;
}

// Every result is one of the nine moves of the image, worked out here pixel by pixel; over many epochs all nine occur.
TEST(Shifter, MovesByUpToOnePixelEachWay) {
  for (const Dataset& data : {image({{1, 3, 3}}), image({{9}}), image({{2, 3, 3}}, 2)}) {
    const std::size_t channels = data.inputs[0].values.size() / 9;
    std::set<std::vector<float>> moves, seen;
    for (int down = -1; down <= 1; ++down) {
      for (int right = -1; right <= 1; ++right) {
        std::vector<float> moved;
        for (std::size_t c = 0; c < channels; ++c) {
          for (int y = 0; y < 3; ++y) {
            for (int x = 0; x < 3; ++x) {
              const int from_y = y - down, from_x = x - right;
              const bool is_inside = from_y >= 0 && from_y < 3 && from_x >= 0 && from_x < 3;
              const std::size_t from = c * 9 + static_cast<std::size_t>(from_y * 3 + from_x);
              moved.push_back(is_inside ? data.inputs[0].values[from] : 1.0F);  // 1 is the smallest value
            }
          }
        }
        moves.insert(moved);
      }
    }
    ASSERT_TRUE(Shifter::can_move(data));
    Shifter shifter(data, 1, 5);
    const std::size_t first[] = {0};
    for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
      const Dataset& moved = shifter.moved(first, epoch);
      ASSERT_EQ(moved.labels, std::vector<int>{1});
      ASSERT_TRUE(moves.contains(moved.inputs[0].values));
      seen.insert(moved.inputs[0].values);
    }
    EXPECT_EQ(seen, moves);
  }
}

TEST(Shifter, NeedsASquare) { EXPECT_FALSE(Shifter::can_move(image({{10}}))); }

}  // namespace
}  // namespace tiercut::training
