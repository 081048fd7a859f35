// SPDX-License-Identifier: Apache-2.0
// Every expected number is worked out by hand in the comment beside it.
#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

struct Derived {
  Layer layer;
  std::string misfit;
};

/// The layer behind inputs of the given shapes.
Derived behind(LayerType type, const LayerParameters& parameters, const std::vector<TensorShape>& shapes,
               Encoding encoding = Encoding::f32) {
  std::vector<Layer> inputs;
  for (const TensorShape& shape : shapes) {
    inputs.push_back(make_input("in" + std::to_string(inputs.size()), shape.extents, encoding));
    EXPECT_EQ(derive(inputs.back(), {}), "");
  }
  std::vector<const Layer*> pointers;
  for (const Layer& input : inputs) pointers.push_back(&input);
  Derived result{make_layer("layer", type, {}, parameters), {}};
  result.misfit = derive(result.layer, pointers);
  return result;
}

LayerParameters windowed(int kernel, int stride, int pad, std::int64_t outputs = 0) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  parameters.window = {kernel, kernel, stride, stride, pad, pad};
  return parameters;
}

TEST(Derive, LinearFlattensItsInput) {
  const Layer linear = behind(LayerType::linear, with_outputs(10), {{{2, 3, 4}}}).layer;
  EXPECT_EQ(to_text(linear.shape), "10");
  EXPECT_EQ(linear.macs, 240);     // 24 * 10
  EXPECT_EQ(linear.weights, 250);  // + 10 biases
  EXPECT_EQ(linear.weight_bytes, Bytes(1000));
  EXPECT_EQ(linear.input_bytes, Bytes(96));
  EXPECT_EQ(linear.output_bytes, Bytes(40));
}

TEST(Derive, LinearWithoutBiasHasNone) {
  LayerParameters parameters = with_outputs(10);
  parameters.has_bias = false;
  EXPECT_EQ(behind(LayerType::linear, parameters, {{{24}}}).layer.weights, 240);
}

TEST(Derive, ConvolutionOnAnOblongImage) {
  LayerParameters parameters = with_outputs(6);
  parameters.window = {
      .kernel_height = 3, .kernel_width = 5, .stride_height = 2, .stride_width = 1, .pad_height = 1, .pad_width = 2};
  parameters.groups = 2;
  const Layer convolution = behind(LayerType::convolution, parameters, {{{4, 10, 7}}}).layer;
  EXPECT_EQ(to_text(convolution.shape), "6x5x7");  // (10+2-3)/2+1 = 5, (7+4-5)/1+1 = 7
  EXPECT_EQ(convolution.weights, 186);             // 6 * (4/2) * 15 + 6
  EXPECT_EQ(convolution.macs, 6300);               // 180 kernels' weights * 35 places
}

TEST(Derive, PoolingRoundsAsItIsTold) {
  LayerParameters parameters = windowed(2, 2, 0);
  EXPECT_EQ(to_text(behind(LayerType::max_pooling, parameters, {{{5, 7, 8}}}).layer.shape), "5x3x4");
  parameters.is_ceil = true;
  EXPECT_EQ(to_text(behind(LayerType::avg_pooling, parameters, {{{5, 7, 8}}}).layer.shape), "5x4x4");
}

TEST(Derive, CeilDropsAWindowThatSeesOnlyPadding) {
  // Extent 3, kernel 2, stride 3, pad 1: windows would start at -1 and 2; ceil(3/3)+1 = 2, both see the input.
  // Extent 2, kernel 2, stride 3, pad 1: ceil(2/3)+1 = 2, but the second starts at 2, behind the last element 1.
  LayerParameters parameters = windowed(2, 3, 1);
  parameters.is_ceil = true;
  EXPECT_EQ(to_text(behind(LayerType::max_pooling, parameters, {{{1, 3, 3}}}).layer.shape), "1x2x2");
  EXPECT_EQ(to_text(behind(LayerType::max_pooling, parameters, {{{1, 2, 2}}}).layer.shape), "1x1x1");
}

TEST(Derive, NormalisationAndSlopesCountTheirParameters) {
  EXPECT_EQ(behind(LayerType::batch_normalization, {}, {{{16, 5, 5}}}).layer.weights, 64);  // mean, variance, 2 affine
  EXPECT_EQ(behind(LayerType::prelu, {}, {{{16, 5, 5}}}).layer.weights, 1);
  LayerParameters parameters;
  parameters.is_per_channel = true;
  EXPECT_EQ(behind(LayerType::prelu, parameters, {{{16, 5, 5}}}).layer.weights, 16);
}

TEST(Derive, ElementwiseLayersKeepTheShapeAndGiveFloats) {
  for (const LayerType type : {LayerType::relu, LayerType::sigmoid, LayerType::tanh, LayerType::threshold,
                               LayerType::softmax, LayerType::batch_normalization, LayerType::prelu}) {
    const Layer layer = behind(type, {}, {{{4, 3, 2}}}, Encoding::int8).layer;
    EXPECT_EQ(to_text(layer.shape), "4x3x2") << to_text(type);
    EXPECT_EQ(layer.macs, 0) << to_text(type);
    EXPECT_EQ(layer.input_bytes, Bytes(24)) << to_text(type);
    EXPECT_EQ(layer.output_bytes, Bytes(96)) << to_text(type);
  }
}

TEST(Derive, SelectingLayersKeepTheEncoding) {
  EXPECT_EQ(behind(LayerType::flatten, {}, {{{4, 3, 2}}}, Encoding::bit).layer.output_bytes, Bytes(3));
  EXPECT_EQ(behind(LayerType::output, {}, {{{4, 3, 2}}}, Encoding::int8).layer.output_bytes, Bytes(24));
  EXPECT_EQ(behind(LayerType::max_pooling, windowed(2, 2, 0), {{{1, 4, 4}}}, Encoding::bit).layer.output_bytes,
            Bytes(1));
  EXPECT_EQ(behind(LayerType::join_max, {}, {{{12}}, {{12}}}, Encoding::int8).layer.output_bytes, Bytes(12));
}

TEST(Derive, SumsOfBitsAreNoBits) {
  for (const LayerType type : {LayerType::join_add, LayerType::join_average}) {
    EXPECT_EQ(behind(type, {}, {{{8}}, {{8}}}, Encoding::bit).layer.encoding, Encoding::f32) << to_text(type);
  }
}

TEST(Derive, ConcatenationAppendsAlongItsAxis) {
  LayerParameters parameters;
  EXPECT_EQ(
      to_text(behind(LayerType::join_concatenate, parameters, {{{4, 5, 6}}, {{3, 5, 6}}, {{1, 5, 6}}}).layer.shape),
      "8x5x6");
  parameters.axis = 2;
  EXPECT_EQ(to_text(behind(LayerType::join_concatenate, parameters, {{{4, 5, 6}}, {{4, 5, 2}}}).layer.shape), "4x5x8");
}

TEST(Derive, ConcatenationTakesTheWidestEncoding) {
  Layer bits = make_input("bits", {8}, Encoding::bit), bytes = make_input("bytes", {8}, Encoding::int8);
  ASSERT_EQ(derive(bits, {}) + derive(bytes, {}), "");
  Layer join = make_layer("join", LayerType::join_concatenate, {0, 1});
  ASSERT_EQ(derive(join, {&bits, &bytes}), "");
  EXPECT_EQ(join.output_bytes, Bytes(16));
  EXPECT_EQ(join.input_bytes, Bytes(9));  // 1 + 8
}

TEST(Derive, BinaryFcStoresABitAWeightAndFourFloatsAnOutput) {
  const Layer block = behind(LayerType::binary_fc, with_outputs(3), {{{4, 16, 16}}}, Encoding::bit).layer;
  EXPECT_EQ(block.weights, 3084);             // 1024 * 3 + 4 * 3
  EXPECT_EQ(block.weight_bytes, Bytes(432));  // 3072 / 8 + 12 * 4
  EXPECT_EQ(block.macs, 3072);
  EXPECT_EQ(block.output_bytes, Bytes(12));
}

TEST(Derive, BinaryConvPConvolvesThenPoolsToBits) {
  LayerParameters parameters = windowed(3, 1, 1, 4);
  parameters.pool = {3, 3, 2, 2, 1, 1};
  const Layer block = behind(LayerType::binary_conv_p, parameters, {{{3, 32, 32}}}, Encoding::int8).layer;
  EXPECT_EQ(to_text(block.shape), "4x16x16");  // 32x32 kept, then (32+2-3)/2+1 = 16
  EXPECT_EQ(block.weights, 124);               // 4 * 3 * 9 + 4 * 4
  EXPECT_EQ(block.weight_bytes, Bytes(78));    // ceil(108 / 8) + 16 * 4
  EXPECT_EQ(block.macs, 110592);               // 108 * 32 * 32
  EXPECT_EQ(block.output_bytes, Bytes(128));   // 1024 bits
}

TEST(Derive, NamesWhatDoesNotFit) {
  EXPECT_EQ(behind(LayerType::convolution, windowed(11, 1, 1, 4), {{{3, 5, 5}}}).misfit,
            "kernel 11x11 is larger than the padded input 7x7");
  EXPECT_EQ(behind(LayerType::max_pooling, windowed(2, 2, 0), {{{30}}}).misfit,
            "MaxPooling needs an image [channels, height, width], its input is 30");
  EXPECT_EQ(behind(LayerType::join_max, {}, {{{3}}, {{4}}}).misfit,
            "JoinMax of `in0` 3 and `in1` 4: shapes must be equal");
  EXPECT_EQ(behind(LayerType::relu, {}, {{{3}}, {{3}}}).misfit, "ReLU takes one input, not 2");
  EXPECT_NE(behind(LayerType::convolution, windowed(3, 0, 0, 4), {{{3, 5, 5}}}).misfit, "");
  EXPECT_NE(behind(LayerType::linear, with_outputs(0), {{{3}}}).misfit, "");
}

TEST(Derive, RefusesCountsBeyondExactDoubles) {
  const std::int64_t big = std::int64_t{1} << 40;
  EXPECT_EQ(behind(LayerType::linear, with_outputs(big), {{{big}}}).misfit,
            "tensor, weights or multiply-accumulates are beyond 2^53");
}

}  // namespace
}  // namespace tiercut::model
