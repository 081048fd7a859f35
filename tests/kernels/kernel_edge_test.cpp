// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "backend_param.hpp"
#include "kernel_case.hpp"

namespace tiercut::kernels {
namespace {

using model::Encoding;
using model::LayerParameters;
using model::LayerType;

class EdgeShapes : public testing::TestWithParam<std::string> {
 protected:
  void check(LayerType type, const LayerParameters& parameters, const std::vector<InputSpec>& inputs) {
    int supported = 0;
    EXPECT_EQ(check_against_reference(make_case(type, parameters, inputs, 5), GetParam(), supported), "");
    if (GetParam() == "eigen") {
      EXPECT_EQ(supported, 1);
    }
  }
};

LayerParameters convolution(int outputs, int groups, model::Window window) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  parameters.groups = groups;
  parameters.window = window;
  return parameters;
}

LayerParameters pooling(model::Window window, bool is_ceil = false) {
  LayerParameters parameters;
  parameters.window = window;
  parameters.is_ceil = is_ceil;
  return parameters;
}

// Windows: kernel height, width, stride height, width, padding height, width.
TEST_P(EdgeShapes, Convolutions) {
  check(LayerType::convolution, convolution(1, 1, {1, 1, 1, 1, 0, 0}), {{{1, 1, 1}}});
  check(LayerType::convolution, convolution(7, 1, {1, 1, 1, 1, 0, 0}), {{{5, 1, 1}}});
  check(LayerType::convolution, convolution(300, 1, {1, 1, 1, 1, 0, 0}),
        {{{300, 13, 13}}});                                                              // several blocks, pointwise
  check(LayerType::convolution, convolution(3, 1, {1, 1, 3, 2, 0, 0}), {{{4, 10, 9}}});  // stride larger than kernel
  check(LayerType::convolution, convolution(3, 1, {2, 3, 5, 7, 1, 2}), {{{2, 11, 17}}});
  check(LayerType::convolution, convolution(3, 1, {3, 3, 1, 1, 3, 3}), {{{2, 1, 1}}});   // windows on padding alone
  check(LayerType::convolution, convolution(2, 1, {4, 6, 1, 1, 0, 0}), {{{3, 4, 6}}});   // kernel as large as the input
  check(LayerType::convolution, convolution(2, 1, {7, 7, 2, 2, 3, 3}), {{{1, 5, 6}}});   // kernel larger than the input
  check(LayerType::convolution, convolution(12, 4, {3, 3, 1, 1, 1, 1}), {{{8, 6, 5}}});  // groups
  check(LayerType::convolution, convolution(9, 3, {1, 1, 1, 1, 0, 0}), {{{6, 4, 4}}});   // groups, pointwise
  check(LayerType::convolution, convolution(6, 6, {3, 3, 2, 2, 1, 1}), {{{6, 9, 8}}});   // depthwise
  check(LayerType::convolution, convolution(18, 6, {3, 5, 1, 1, 1, 2}), {{{6, 4, 3}}});  // depthwise, three a channel
  check(LayerType::convolution, convolution(4, 4, {3, 3, 4, 5, 2, 2}), {{{4, 7, 7}}});   // depthwise, wide stride
  check(LayerType::convolution, convolution(200, 1, {5, 5, 1, 1, 2, 2}), {{{24, 14, 14}}});
}

TEST_P(EdgeShapes, Poolings) {
  for (const LayerType type : {LayerType::max_pooling, LayerType::avg_pooling}) {
    for (const bool is_ceil : {false, true}) {
      check(type, pooling({1, 1, 1, 1, 0, 0}, is_ceil), {{{1, 1, 1}}});
      check(type, pooling({2, 2, 3, 3, 0, 0}, is_ceil), {{{2, 8, 9}}});
      check(type, pooling({3, 3, 2, 2, 1, 1}, is_ceil), {{{3, 6, 8}}});
      check(type, pooling({3, 2, 2, 2, 1, 1}, is_ceil), {{{1, 7, 1}}});
      check(type, pooling({5, 4, 5, 4, 2, 2}, is_ceil), {{{2, 1, 1}}});
      check(type, pooling({7, 7, 1, 1, 0, 0}, is_ceil), {{{5, 7, 7}}});  // global
    }
  }
  check(LayerType::max_pooling, pooling({3, 3, 2, 2, 1, 1}), {{{3, 31, 67}, Encoding::bit}});
  check(LayerType::max_pooling, pooling({2, 70, 1, 3, 0, 0}), {{{2, 5, 150}, Encoding::bit}});
  check(LayerType::max_pooling, pooling({1, 1, 1, 1, 0, 0}), {{{1, 1, 1}, Encoding::bit}});
}

TEST_P(EdgeShapes, FullyConnected) {
  for (const auto& [inputs, outputs] : {std::pair{1, 1}, {1, 65}, {257, 1}, {63, 9}, {64, 8}, {65, 7}, {1000, 130}}) {
    LayerParameters parameters;
    parameters.outputs = outputs;
    for (const LayerType type : {LayerType::linear, LayerType::binary_fc}) {
      check(type, parameters, {{{inputs}}});
      check(type, parameters, {{{inputs}, Encoding::bit}});
    }
    parameters.has_bias = false;
    check(LayerType::linear, parameters, {{{inputs}}});
  }
}

TEST_P(EdgeShapes, BinaryConvolutions) {
  for (const Encoding encoding : {Encoding::f32, Encoding::bit}) {
    const auto check_block = [&](int outputs, model::Window window, model::Window pool,
                                 std::vector<std::int64_t> extents) {
      LayerParameters parameters = convolution(outputs, 1, window);
      parameters.pool = pool;
      check(LayerType::binary_conv_p, parameters, {{std::move(extents), encoding}});
    };
    check_block(1, {1, 1, 1, 1, 0, 0}, {1, 1, 1, 1, 0, 0}, {1, 1, 1});
    check_block(4, {3, 3, 1, 1, 1, 1}, {3, 3, 2, 2, 1, 1}, {3, 32, 32});  // DDNN's first block
    check_block(16, {3, 3, 1, 1, 1, 1}, {3, 3, 1, 1, 1, 1}, {24, 16, 16});
    check_block(5, {3, 3, 1, 1, 1, 1}, {1, 1, 1, 1, 0, 0}, {64, 5, 5});   // a word a pixel
    check_block(5, {3, 2, 1, 1, 2, 1}, {2, 2, 2, 2, 1, 1}, {65, 5, 4});   // a word and a bit
    check_block(3, {2, 2, 3, 4, 0, 0}, {2, 2, 3, 3, 0, 0}, {2, 20, 21});  // strides larger than kernels
    check_block(3, {3, 3, 1, 1, 3, 3}, {3, 3, 1, 1, 0, 0}, {2, 1, 1});    // windows on padding alone
    check_block(2, {5, 5, 1, 1, 2, 2}, {3, 3, 2, 2, 1, 1}, {1, 2, 130});
  }
}

TEST_P(EdgeShapes, Joins) {
  const std::vector<InputSpec> bits = {{{3, 5, 7}, Encoding::bit}, {{3, 5, 7}, Encoding::bit}};
  const std::vector<InputSpec> mixed = {{{3, 5, 7}, Encoding::bit}, {{3, 5, 7}}, {{3, 5, 7}, Encoding::int8}};
  for (const LayerType type :
       {LayerType::join_max, LayerType::join_average, LayerType::join_add, LayerType::join_concatenate}) {
    for (int axis = 0; axis < (type == LayerType::join_concatenate ? 3 : 1); ++axis) {
      LayerParameters parameters;
      parameters.axis = axis;
      check(type, parameters, bits);
      check(type, parameters, mixed);
      check(type, parameters, std::vector<InputSpec>(40, {{1, 3, 1}, Encoding::bit}));
      check(type, parameters, {{{1, 1, 1}}});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, EdgeShapes, every_backend(), backend_title);

}  // namespace
}  // namespace tiercut::kernels
