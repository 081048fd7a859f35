// SPDX-License-Identifier: Apache-2.0
#include "model/layer.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tiercut::model {
namespace {

TEST(LayerType, ReadsBackItsText) {
  std::set<std::string_view> texts;
  for (int i = 0; i < layer_type_count; ++i) {
    const auto type = static_cast<LayerType>(i);
    EXPECT_EQ(layer_type_from(to_text(type)), type) << i;
    texts.insert(to_text(type));
  }
  EXPECT_EQ(texts.size(), 20U);  // as many as the format lists
}

TEST(LayerType, HasTheNamesOfTheFileFormat) {
  EXPECT_EQ(to_text(LayerType::input), "Input");
  EXPECT_EQ(to_text(LayerType::join_concatenate), "JoinConcatenate");
  EXPECT_EQ(to_text(LayerType::binary_conv_p), "BinaryConvP");
  EXPECT_EQ(to_text(LayerType::output), "Output");
  EXPECT_FALSE(layer_type_from("linear"));
}

TEST(LayerType, KnowsJoins) {
  std::set<std::string_view> joins;
  for (int i = 0; i < layer_type_count; ++i) {
    const auto type = static_cast<LayerType>(i);
    if (is_join(type)) joins.insert(to_text(type));
  }
  EXPECT_EQ(joins, (std::set<std::string_view>{"JoinMax", "JoinAverage", "JoinConcatenate", "JoinAdd"}));
}

}  // namespace
}  // namespace tiercut::model
