// SPDX-License-Identifier: Apache-2.0
#include "model/tensor.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tiercut::model {
namespace {

TEST(TensorShape, MultipliesItsExtents) {
  EXPECT_EQ((TensorShape{{3, 231, 231}}.elements()), 160083);  // 640,332 bytes of f32, as OverFeat's table says
  EXPECT_EQ((TensorShape{{784}}.elements()), 784);
  EXPECT_EQ(to_text(TensorShape{{96, 56, 56}}), "96x56x56");
}

TEST(TensorShape, SaturatesInsteadOfWrapping) {
  const std::int64_t big = std::int64_t{1} << 40;
  EXPECT_EQ((TensorShape{{big, big, big}}.elements()), std::numeric_limits<std::int64_t>::max());
}

TEST(TensorShape, KnowsAnImageFromAVector) {
  EXPECT_TRUE((TensorShape{{3, 8, 8}}.is_image()));
  EXPECT_FALSE((TensorShape{{8, 8}}.is_image()));
  EXPECT_FALSE(TensorShape{{64}}.is_image());
}

TEST(TensorSize, RoundsBitsUpToWholeBytes) {
  EXPECT_EQ(size_of(TensorShape{{9}}, Encoding::bit), Bytes(2));
  EXPECT_EQ(size_of(TensorShape{{8}}, Encoding::bit), Bytes(1));
  EXPECT_EQ(size_of(TensorShape{{9}}, Encoding::int8), Bytes(9));
  EXPECT_EQ(size_of(TensorShape{{9}}, Encoding::f16), Bytes(18));
  EXPECT_EQ(size_of(TensorShape{{9}}, Encoding::f32), Bytes(36));
}

TEST(Encoding, ReadsBackItsText) {
  for (const Encoding encoding : {Encoding::f32, Encoding::f16, Encoding::int8, Encoding::bit}) {
    EXPECT_EQ(encoding_from(to_text(encoding)), encoding);
  }
  EXPECT_FALSE(encoding_from("float"));
}

}  // namespace
}  // namespace tiercut::model
