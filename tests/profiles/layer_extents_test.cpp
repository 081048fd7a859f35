// SPDX-License-Identifier: Apache-2.0
#include "profiles/layer_extents.hpp"

#include <gtest/gtest.h>

namespace tiercut::profiles {
namespace {

using model::Layer;
using model::LayerType;

Layer derived(Layer layer, model::TensorShape input, model::Encoding encoding = model::Encoding::f32) {
  Layer source;
  source.shape = std::move(input);
  source.encoding = encoding;
  source.output_bytes = model::size_of(source.shape, encoding);
  layer.inputs = {0};
  EXPECT_EQ(model::derive(layer, {&source}), "");
  return layer;
}

Layer windowed(LayerType type, int kernel, int stride, int pad, std::int64_t outputs, int groups = 1) {
  Layer layer;
  layer.type = type;
  layer.parameters.outputs = outputs;
  layer.parameters.groups = groups;
  layer.parameters.window = {kernel, kernel, stride, stride, pad, pad};
  return layer;
}

TEST(LayerExtents, OfAGroupedConvolution) {
  // 96 channels in 2 groups of 48, 5x5: 48 * 25 = 1200 products; 128 filters a group; 28 -> (28 + 4 - 5) / 1 + 1 = 28.
  const auto extents = extents_of(derived(windowed(LayerType::convolution, 5, 1, 2, 256, 2), {{96, 28, 28}}));
  EXPECT_EQ(extents[Extent::groups], 2);
  EXPECT_EQ(extents[Extent::filters], 128);
  EXPECT_EQ(extents[Extent::depth], 1200);
  EXPECT_EQ(extents[Extent::pixels], 784);
  EXPECT_FALSE(extents.is_flat);
  EXPECT_EQ(extents[Extent::input_elements], 75264);
  EXPECT_EQ(extents[Extent::elements], 200704);
  EXPECT_EQ(extents[Extent::weight_bytes], 4 * (256 * 1200 + 256));
  EXPECT_EQ(extents[Extent::working_set], 4 * (256 * 1200 + 256) + 4 * 75264 + 4 * 200704);
  EXPECT_EQ(extents.kernel, 5);
  EXPECT_EQ(extents.stride, 1);
  EXPECT_FALSE(extents.is_depthwise || extents.is_pointwise || extents.is_whole_input || extents.is_packed_input);
}

TEST(LayerExtents, KnowSpecialConvolutions) {
  EXPECT_TRUE(extents_of(derived(windowed(LayerType::convolution, 3, 1, 1, 32, 32), {{32, 9, 9}})).is_depthwise);
  // A channel multiplier of 2: a channel a group, but two filters of it; and one filter of all channels.
  const auto doubled = extents_of(derived(windowed(LayerType::convolution, 3, 1, 1, 64, 32), {{32, 9, 9}}));
  EXPECT_TRUE(doubled.is_depthwise);
  EXPECT_FALSE(doubled.is_single_filter);
  EXPECT_TRUE(extents_of(derived(windowed(LayerType::convolution, 3, 1, 1, 1), {{32, 9, 9}})).is_single_filter);
  EXPECT_TRUE(extents_of(derived(windowed(LayerType::convolution, 1, 1, 0, 8), {{32, 9, 9}})).is_pointwise);
  EXPECT_FALSE(extents_of(derived(windowed(LayerType::convolution, 1, 2, 0, 8), {{32, 9, 9}})).is_pointwise);
  EXPECT_TRUE(extents_of(derived(windowed(LayerType::convolution, 9, 1, 0, 8), {{32, 9, 9}})).is_whole_input);
  EXPECT_FALSE(extents_of(derived(windowed(LayerType::convolution, 9, 1, 1, 8), {{32, 9, 9}})).is_whole_input);
  Layer oblong = windowed(LayerType::convolution, 3, 1, 0, 8);
  oblong.parameters.window.kernel_width = 1;
  EXPECT_EQ(extents_of(derived(oblong, {{32, 9, 9}})).kernel, 0);
}

TEST(LayerExtents, OfALinearLayer) {
  Layer layer;
  layer.type = LayerType::linear;
  layer.parameters.outputs = 10;
  const auto extents = extents_of(derived(layer, {{4, 5, 6}}));
  EXPECT_EQ(extents[Extent::filters], 10);
  EXPECT_EQ(extents[Extent::depth], 120);
  EXPECT_EQ(extents[Extent::pixels], 1);
  EXPECT_TRUE(extents.is_flat);
  EXPECT_EQ(extents[Extent::weight_bytes], 4 * 1210);
}

TEST(LayerExtents, OfABinaryBlockAreThoseOfItsConvolution) {
  // 32 -> 32 by the padded 3x3, then 16 by the pool: the convolution's 1024 positions cost, not the pool's 256.
  Layer layer = windowed(LayerType::binary_conv_p, 3, 1, 1, 4);
  layer.parameters.pool = {3, 3, 2, 2, 1, 1};
  const auto floats = extents_of(derived(layer, {{3, 32, 32}}));
  EXPECT_EQ(floats[Extent::pixels], 1024);
  EXPECT_EQ(floats[Extent::elements], 4 * 16 * 16);
  EXPECT_EQ(floats[Extent::depth], 27);
  EXPECT_EQ(floats[Extent::pool_width], 3);
  EXPECT_FALSE(floats.is_packed_input);
  EXPECT_TRUE(extents_of(derived(layer, {{3, 32, 32}}, model::Encoding::bit)).is_packed_input);
}

TEST(LayerExtents, OfPoolingAreChannelsAndWindow) {
  const auto extents = extents_of(derived(windowed(LayerType::max_pooling, 3, 2, 0, 0), {{64, 55, 55}}));
  EXPECT_EQ(extents[Extent::groups], 64);
  EXPECT_EQ(extents[Extent::filters], 1);
  EXPECT_EQ(extents[Extent::depth], 9);
  EXPECT_EQ(extents[Extent::height], 27);
  EXPECT_EQ(extents[Extent::input_width], 55);
}

TEST(LayerExtents, OfASquareLinearAreThoseOfTheLayer) {
  // 300 x 300 without bias: the same numbers, whole.
  Layer layer;
  layer.type = LayerType::linear;
  layer.parameters.outputs = 300;
  layer.parameters.has_bias = false;
  EXPECT_EQ(square_linear(90000).values, extents_of(derived(layer, {{300}})).values);
}

TEST(Condition, HoldsWhereAllThatItNamesAgrees) {
  const auto depthwise = extents_of(derived(windowed(LayerType::convolution, 3, 2, 1, 32, 32), {{32, 9, 9}}));
  EXPECT_TRUE(Condition{}.holds(depthwise));
  EXPECT_TRUE((Condition{.depthwise = true, .kernel = 3, .stride = 2}.holds(depthwise)));
  EXPECT_FALSE((Condition{.depthwise = true, .kernel = 3, .stride = 1}.holds(depthwise)));
  EXPECT_FALSE(Condition{.depthwise = false}.holds(depthwise));
}

}  // namespace
}  // namespace tiercut::profiles
