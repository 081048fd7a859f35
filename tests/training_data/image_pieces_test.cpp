// SPDX-License-Identifier: Apache-2.0
#include "training/data/image_pieces.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tiercut::training {
namespace {

TEST(ImagePieces, SixOfADigitAreRowsOfTheImage) {
  // Two images whose pixels are their own numbers, from 1, the second's from 1001.
  DataInput image{.name = "image", .shape = {{1, 28, 28}}, .values = std::vector<float>(2 * 784)};
  std::iota(image.values.begin(), image.values.begin() + 784, 1.0f);
  std::iota(image.values.begin() + 784, image.values.end(), 1001.0f);
  const auto pieces = cut_into_pieces(image, 3, 2);
  ASSERT_EQ(pieces.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(pieces[i].name, "camera" + std::to_string(i + 1));
    EXPECT_EQ(pieces[i].shape.extents, (std::vector<std::int64_t>{1, 10, 14}));
    EXPECT_EQ(pieces[i].values.size(), 2u * 140);
  }
  // One row of zeros above and below makes 30 x 28. Piece 1 begins with it; its second row is the image's first.
  const auto first = pieces[0].sample(0);
  EXPECT_TRUE(std::all_of(first.begin(), first.begin() + 14, [](float v) { return v == 0; }));
  EXPECT_EQ(first[14], 1);
  EXPECT_EQ(first[14 + 13], 14);
  EXPECT_EQ(first[2 * 14], 29);  // the image's second row
  // Piece 2 is to its right, piece 3 below (rows 9 to 18 of the image), piece 6 ends before the row of zeros.
  EXPECT_EQ(pieces[1].sample(0)[14], 15);
  EXPECT_EQ(pieces[2].sample(0)[0], 9 * 28 + 1);
  EXPECT_EQ(pieces[5].sample(0)[8 * 14 + 13], 784);
  EXPECT_EQ(pieces[5].sample(0)[9 * 14], 0);
  EXPECT_EQ(pieces[5].sample(1)[8 * 14 + 13], 1784);
}

TEST(ImagePieces, NoPixelIsLostOrSeenTwice) {
  DataInput image{.name = "image", .shape = {{1, 7, 5}}, .values = std::vector<float>(35)};
  std::iota(image.values.begin(), image.values.end(), 1.0f);
  std::vector<float> seen;
  for (const DataInput& piece : cut_into_pieces(image, 3, 2))
    std::copy_if(piece.values.begin(), piece.values.end(), std::back_inserter(seen), [](float v) { return v != 0; });
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, image.values);
}

}  // namespace
}  // namespace tiercut::training
