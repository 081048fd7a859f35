// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/shape_grid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace tiercut::kernels {
namespace {

using model::LayerType;

std::set<std::string> keys_of(const std::vector<BenchCase>& cases) {
  std::set<std::string> keys;
  for (const BenchCase& bench_case : cases) keys.insert(bench_case.key);
  return keys;
}

TEST(ShapeGrid, HasEveryTypeThatDoesSomethingAndNoCaseTwice) {
  const auto grid = shape_grid({.scale = 0.4});
  EXPECT_EQ(keys_of(grid).size(), grid.size());
  std::map<LayerType, int> counts;
  for (const BenchCase& bench_case : grid) ++counts[bench_case.layer.type];
  for (int i = 0; i < model::layer_type_count; ++i) {
    const auto type = static_cast<LayerType>(i);
    // Five folds with two shapes each at the very least.
    if (is_timed(type)) {
      EXPECT_GE(counts[type], 10) << to_text(type);
    } else {
      EXPECT_EQ(counts[type], 0) << to_text(type);
    }
  }
}

TEST(ShapeGrid, KeepsWithinItsLimits) {
  for (const double most_macs : {1e6, 1e8}) {
    for (const BenchCase& bench_case : shape_grid({.scale = 0.4, .most_macs = most_macs, .most_bytes = 2e7})) {
      EXPECT_LE(static_cast<double>(bench_case.layer.macs), most_macs) << bench_case.key;
      EXPECT_LE(bytes_needed(bench_case), 2e7) << bench_case.key;
      EXPECT_LE(bench_case.layer.weight_bytes.value(), 2e7) << bench_case.key;
    }
  }
}

TEST(ShapeGrid, ReachesWhatModelsUse) {
  std::set<int> kernels, strides;
  double least = 1e9, most = 0, widest = 0;
  int depthwise = 0, grouped = 0, from_bits = 0, from_floats = 0;
  for (const BenchCase& bench_case : shape_grid({})) {
    const model::Layer& layer = bench_case.layer;
    if (layer.type == LayerType::linear) {
      least = std::min(least, static_cast<double>(layer.input_shape.elements()));
      most = std::max(most, static_cast<double>(layer.input_shape.elements()));
    }
    if (layer.type == LayerType::binary_conv_p)
      ++(bench_case.model->layer(0).encoding == model::Encoding::bit ? from_bits : from_floats);
    if (layer.type != LayerType::convolution) continue;
    if (layer.parameters.window.kernel_height < layer.input_shape.extents[1])
      kernels.insert(layer.parameters.window.kernel_height);
    strides.insert(layer.parameters.window.stride_height);
    widest = std::max(widest, static_cast<double>(layer.input_shape.extents[2]));
    if (layer.parameters.groups == layer.input_shape.extents[0] && layer.parameters.groups > 1)
      ++depthwise;
    else if (layer.parameters.groups > 1)
      ++grouped;
  }
  EXPECT_EQ(kernels, (std::set<int>{1, 3, 5, 7, 11}));
  EXPECT_EQ(strides, (std::set<int>{1, 2, 4}));
  EXPECT_LE(least, 18);
  EXPECT_GE(most, 7500);
  EXPECT_GE(widest, 200);
  EXPECT_GE(depthwise, 40);
  EXPECT_GE(grouped, 30);
  EXPECT_GE(from_bits, 30);
  EXPECT_GE(from_floats, 20);
}

bool is_one_of(const model::Window& window, std::initializer_list<std::array<int, 3>> known) {
  return std::ranges::any_of(known, [&](const auto& one) {
    return window.kernel_height == one[0] && window.stride_height == one[1] &&
           (one[2] < 0 || window.pad_height == one[2]);
  });
}

/// What the header promises, layer by layer.
TEST(ShapeGrid, HasNoWindowThatNetworksDoNotHave) {
  int whole = 0, of_pictures = 0;
  for (const BenchCase& bench_case : shape_grid({})) {
    const model::Layer& layer = bench_case.layer;
    const model::Window& window = layer.parameters.window;
    if (!layer.input_shape.is_image()) continue;
    const auto channels = layer.input_shape.extents[0], image = layer.input_shape.extents[1];
    const bool is_convolution = layer.type == LayerType::convolution;
    const bool is_pooling = layer.type == LayerType::max_pooling || layer.type == LayerType::avg_pooling;
    if (is_convolution || layer.type == LayerType::binary_conv_p) {
      EXPECT_TRUE(channels >= 4 || channels == 3 || channels == 1) << bench_case.key;
      EXPECT_GE(layer.parameters.outputs, 4) << bench_case.key;
    } else {
      EXPECT_GE(channels, 4) << bench_case.key;
    }
    if (is_convolution || is_pooling) {
      EXPECT_LE(window.kernel_height, image) << bench_case.key;
      if (window.kernel_height == image && window.pad_height == 0) {
        whole += is_convolution ? 1 : 0;
        continue;
      }
    }
    if (is_convolution) {
      of_pictures += channels < 4 ? 1 : 0;
      EXPECT_TRUE(is_one_of(
          window,
          {{1, 1, 0}, {1, 2, 0}, {3, 1, -1}, {3, 2, -1}, {5, 1, -1}, {5, 2, -1}, {7, 1, -1}, {7, 2, -1}, {11, 4, -1}}))
          << bench_case.key;
    }
    if (is_pooling) {
      EXPECT_TRUE(is_one_of(window, {{2, 2, 0}, {3, 2, 0}, {3, 2, 1}, {3, 1, 1}, {3, 3, 0}, {2, 1, 0}}))
          << bench_case.key;
    }
    if (layer.type == LayerType::binary_conv_p) {
      EXPECT_TRUE(is_one_of(layer.parameters.pool, {{1, 1, 0}, {2, 2, 0}, {3, 2, 1}})) << bench_case.key;
    }
  }
  EXPECT_GE(whole, 60);
  EXPECT_GE(of_pictures, 30);
}

TEST(ShapeGrid, HasAsManyShapesAsItSays) {
  EXPECT_NEAR(static_cast<double>(shape_grid({}).size()), shapes_at_scale_1, 0.02 * shapes_at_scale_1);
}

/// Evenly in the logarithm: each quarter of the range from 16 to 8192 holds a quarter of the layers.
TEST(ShapeGrid, SpreadsLinearLayersEvenly) {
  std::array<int, 4> quarters{};
  int all = 0;
  for (const BenchCase& bench_case : shape_grid({})) {
    if (bench_case.layer.type != LayerType::linear) continue;
    const double place = std::log(static_cast<double>(bench_case.layer.input_shape.elements()) / 16) / std::log(512);
    ++quarters[static_cast<std::size_t>(std::clamp(static_cast<int>(place * 4), 0, 3))];
    ++all;
  }
  for (const int quarter : quarters) EXPECT_NEAR(quarter, all / 4.0, all * 0.05);
}

TEST(ShapeGrid, IsTheSameEveryTimeAndOthersElsewhere) {
  const auto grid = keys_of(shape_grid({.scale = 0.4}));
  EXPECT_EQ(grid, keys_of(shape_grid({.scale = 0.4})));
  const auto held_out = keys_of(shape_grid({.scale = 0.4, .first = 100000}));
  std::vector<std::string> common;
  std::ranges::set_intersection(grid, held_out, std::back_inserter(common));
  EXPECT_LT(static_cast<double>(common.size()), 0.05 * static_cast<double>(grid.size()));
}

TEST(ShapeGrid, ColdSampleIsOfTheSameShapes) {
  const auto grid = shape_grid({.scale = 0.4});
  const auto cold = cold_sample(grid, 5);
  ASSERT_EQ(cold.size(), (grid.size() + 4) / 5);
  for (std::size_t i = 0; i < cold.size(); ++i) {
    EXPECT_EQ(cold[i].cache, CacheState::cold);
    EXPECT_EQ(cold[i].key, grid[5 * i].key + " cold");
    EXPECT_EQ(cold[i].layer.macs, grid[5 * i].layer.macs);
  }
}

}  // namespace
}  // namespace tiercut::kernels
