// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/shape_grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>

namespace tiercut::kernels {
namespace {

using model::LayerParameters;
using model::LayerType;

constexpr int dimensions = 9;
constexpr int most_tries_per_shape = 200;
constexpr std::size_t fewest_of_kind = 12;
constexpr std::int64_t fewest_channels = 4;        // of a group, behind a network's first layer
constexpr std::int64_t most_weights = 48'000'000;  // of one fully connected layer

/// One point of the sequence; each of its coordinates is used for one decision only.
class Point {
 public:
  Point(std::uint64_t index, std::uint64_t kind) {
    // The positive root of x^(d+1) = x + 1.
    double root = 1;
    for (int i = 0; i < 60; ++i) root = std::pow(1 + root, 1.0 / (dimensions + 1));
    double step = 1;
    for (double& coordinate : coordinates_) {
      step /= root;
      const double offset = 0.5 + 0.618033988749895 * static_cast<double>(kind);
      const double value = offset + step * static_cast<double>(index + 1);
      coordinate = value - std::floor(value);
    }
  }

  /// A whole number from least to most, evenly in its logarithm.
  std::int64_t extent(std::int64_t least, std::int64_t most) {
    const double low = std::log(static_cast<double>(least) - 0.5), high = std::log(static_cast<double>(most) + 0.5);
    const auto value = std::llround(std::exp(low + next() * (high - low)));
    return std::clamp<std::int64_t>(value, least, most);
  }

  /// Features or channels: half of them the round numbers that models prefer, the others what makes a loop have a rest.
  std::int64_t channels(std::int64_t least, std::int64_t most) {
    const std::int64_t any = extent(least, most);
    const double scaled = last_ * 4096;
    if (any < 24 || scaled - std::floor(scaled) < 0.5) return any;
    const std::int64_t multiple = any < 128 ? 8 : 32;
    return std::min(most, (any + multiple / 2) / multiple * multiple);
  }

  template <class Value, std::size_t count>
  Value among(const std::array<std::pair<double, Value>, count>& shares) {
    double left = next();
    for (const auto& [share, value] : shares) {
      if (left < share) return value;
      left -= share;
    }
    return shares.back().second;
  }

  double next() { return last_ = coordinates_.at(used_++); }

 private:
  std::array<double, dimensions> coordinates_{};
  std::size_t used_ = 0;
  double last_ = 0;
};

model::Window window_of(int kernel, int stride, int pad) { return {kernel, kernel, stride, stride, pad, pad}; }

InputTensor as_bits(InputTensor tensor, bool are_bits) {
  if (are_bits) tensor.encoding = model::Encoding::bit;
  return tensor;
}

std::optional<BenchCase> fully_connected(LayerType type, Point& point, CacheState cache, bool are_bits) {
  LayerParameters parameters;
  const std::int64_t inputs = point.channels(16, 8192);
  parameters.outputs = point.channels(type == LayerType::binary_fc ? 2 : 16, 8192);
  // Answers: a layer into few classes ends every network.
  if (type == LayerType::linear && point.next() < 0.15) parameters.outputs = 2 + parameters.outputs % 14;
  return case_of(type, parameters, {as_bits({{inputs}}, are_bits)}, cache);
}

enum class Grouping { none, depthwise, grouped };

struct Side {
  int kernel, stride;
};

std::optional<BenchCase> convolution(Point& point, CacheState cache, Grouping grouping) {
  LayerParameters parameters;
  const Side side =
      grouping == Grouping::depthwise
          ? point.among<Side, 5>({{{0.45, {3, 1}}, {0.3, {3, 2}}, {0.12, {5, 1}}, {0.08, {5, 2}}, {0.05, {7, 1}}}})
          : point.among<Side, 9>({{{0.22, {1, 1}},
                                   {0.06, {1, 2}},
                                   {0.32, {3, 1}},
                                   {0.14, {3, 2}},
                                   {0.09, {5, 1}},
                                   {0.05, {5, 2}},
                                   {0.03, {7, 1}},
                                   {0.05, {7, 2}},
                                   {0.04, {11, 4}}}});
  const int pad = point.next() < 0.7 ? side.kernel / 2 : 0;
  parameters.window = window_of(side.kernel, side.stride, pad);
  const std::int64_t image = point.extent(4, 231);
  std::int64_t inputs = point.channels(4, 1024);
  parameters.outputs = point.channels(4, 1024);
  const double picture = point.next();
  if (grouping == Grouping::none && image >= 28 && picture < 0.15) inputs = picture < 0.04 ? 1 : 3;
  if (grouping == Grouping::depthwise) {
    parameters.outputs = inputs;
    parameters.groups = static_cast<int>(inputs);
  }
  if (grouping == Grouping::grouped) {
    parameters.groups = point.among<int, 4>({{{0.4, 2}, {0.3, 4}, {0.2, 8}, {0.1, 32}}});
    const std::int64_t groups = parameters.groups, least = fewest_channels * groups;
    inputs = (std::max(inputs, least) + groups - 1) / groups * groups;
    parameters.outputs = (std::max(parameters.outputs, least) + groups - 1) / groups * groups;
  }
  const bool is_whole = side.kernel == image && pad == 0;
  if (side.kernel > image || is_whole) return std::nullopt;
  return case_of(LayerType::convolution, parameters, {{{inputs, image, image}}}, cache);
}

/// A window as large as the image: the fully connected layers of networks that are written as convolutions.
std::optional<BenchCase> whole_convolution(LayerType type, Point& point, CacheState cache, bool) {
  LayerParameters parameters;
  const std::int64_t image = point.extent(1, 8), inputs = point.channels(16, 4096);
  parameters.outputs = point.channels(4, 4096);
  parameters.window = window_of(static_cast<int>(image), 1, 0);
  if (inputs * image * image * parameters.outputs > most_weights) return std::nullopt;
  return case_of(type, parameters, {{{inputs, image, image}}}, cache);
}

std::optional<BenchCase> pooling(LayerType type, Point& point, CacheState cache, bool are_bits) {
  LayerParameters parameters;
  const std::int64_t image = point.extent(4, 231), channels = point.channels(4, 1024);
  const model::Window global = window_of(static_cast<int>(image), 1, 0);
  parameters.window = point.among<model::Window, 7>({{{0.35, window_of(2, 2, 0)},
                                                      {0.24, window_of(3, 2, 0)},
                                                      {0.12, window_of(3, 2, 1)},
                                                      {0.09, window_of(3, 1, 1)},
                                                      {0.07, window_of(3, 3, 0)},
                                                      {0.05, window_of(2, 1, 0)},
                                                      {0.08, global}}});
  return case_of(type, parameters, {as_bits({{channels, image, image}}, are_bits)}, cache);
}

/// Features or an image, for what works element by element.
InputTensor any_tensor(Point& point) {
  if (point.next() < 0.25) return {{point.channels(16, 8192)}};
  const std::int64_t channels = point.channels(fewest_channels, 1024), side = point.extent(4, 231);
  return {{channels, side, side}};
}

std::optional<BenchCase> elementwise(LayerType type, Point& point, CacheState cache, bool) {
  LayerParameters parameters;
  InputTensor tensor = any_tensor(point);
  if (type == LayerType::softmax && point.next() < 0.7) tensor = {{point.extent(2, 21841)}};
  if (type == LayerType::prelu) parameters.is_per_channel = point.next() < 0.5;
  return case_of(type, parameters, {tensor}, cache);
}

std::optional<BenchCase> join(LayerType type, Point& point, CacheState cache, bool are_bits) {
  LayerParameters parameters;
  const InputTensor tensor = as_bits(any_tensor(point), are_bits);
  const auto count = static_cast<std::size_t>(point.extent(2, 8));
  return case_of(type, parameters, std::vector<InputTensor>(count, tensor), cache);
}

std::optional<BenchCase> binary_conv_p(LayerType type, Point& point, CacheState cache, bool are_bits) {
  LayerParameters parameters;
  const int kernel = point.among<int, 3>({{{0.1, 1}, {0.7, 3}, {0.2, 5}}});
  parameters.window = window_of(kernel, 1, kernel / 2);
  parameters.pool = point.among<model::Window, 3>(
      {{{0.15, window_of(1, 1, 0)}, {0.25, window_of(2, 2, 0)}, {0.6, window_of(3, 2, 1)}}});
  const std::int64_t side = point.extent(4, 112);
  const std::int64_t inputs = are_bits ? point.channels(fewest_channels, 512)
                                       : point.among<std::int64_t, 3>({{{0.6, 3}, {0.25, 1}, {0.15, 16}}});
  parameters.outputs = point.channels(fewest_channels, 512);
  if (kernel > side) return std::nullopt;
  return case_of(type, parameters, {as_bits({{inputs, side, side}}, are_bits)}, cache);
}

struct Kind {
  LayerType type;
  double shapes;  ///< at scale 1
  std::optional<BenchCase> (*make)(LayerType, Point&, CacheState, bool are_bits);
  double bits = 0;  ///< share of shapes whose inputs arrive as packed bits
};

std::optional<BenchCase> dense_convolution(LayerType, Point& point, CacheState cache, bool) {
  return convolution(point, cache, Grouping::none);
}
std::optional<BenchCase> depthwise(LayerType, Point& point, CacheState cache, bool) {
  return convolution(point, cache, Grouping::depthwise);
}
std::optional<BenchCase> grouped(LayerType, Point& point, CacheState cache, bool) {
  return convolution(point, cache, Grouping::grouped);
}

constexpr std::array kinds = {
    Kind{LayerType::linear, 250, fully_connected},
    Kind{LayerType::convolution, 650, dense_convolution},
    Kind{LayerType::convolution, 80, whole_convolution},
    Kind{LayerType::convolution, 120, depthwise},
    Kind{LayerType::convolution, 120, grouped},
    Kind{LayerType::max_pooling, 220, pooling, 0.2},
    Kind{LayerType::avg_pooling, 170, pooling},
    Kind{LayerType::batch_normalization, 100, elementwise},
    Kind{LayerType::relu, 60, elementwise},
    Kind{LayerType::prelu, 100, elementwise},
    Kind{LayerType::sigmoid, 60, elementwise},
    Kind{LayerType::tanh, 50, elementwise},
    Kind{LayerType::threshold, 50, elementwise},
    Kind{LayerType::softmax, 70, elementwise},
    Kind{LayerType::join_max, 150, join, 0.3},
    Kind{LayerType::join_average, 100, join},
    Kind{LayerType::join_concatenate, 170, join, 0.3},
    Kind{LayerType::join_add, 110, join},
    Kind{LayerType::binary_fc, 140, fully_connected, 0.8},
    Kind{LayerType::binary_conv_p, 250, binary_conv_p, 0.6},
};

bool is_within(const BenchCase& made, const GridOptions& options) {
  constexpr double largest_image = 4e6;  // elements; a picture of 231 pixels a side with 64 channels has 3.4 million
  return static_cast<double>(made.layer.macs) <= options.most_macs && bytes_needed(made) <= options.most_bytes &&
         static_cast<double>(made.layer.input_shape.elements()) <= largest_image &&
         static_cast<double>(made.layer.shape.elements()) <= largest_image;
}

}  // namespace

std::vector<BenchCase> shape_grid(const GridOptions& options) {
  std::vector<BenchCase> cases;
  std::set<std::string> keys;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const Kind& kind = kinds[k];
    const std::size_t wanted =
        std::max(fewest_of_kind, static_cast<std::size_t>(std::lround(kind.shapes * options.scale)));
    std::size_t made = 0;
    for (std::uint64_t i = 0; made < wanted && i < wanted * most_tries_per_shape; ++i) {
      Point point(options.first + i, k);
      const bool are_bits = point.next() < kind.bits;
      auto bench_case = kind.make(kind.type, point, options.cache, are_bits);
      if (!bench_case || !is_within(*bench_case, options) || !keys.insert(bench_case->key).second) continue;
      cases.push_back(std::move(*bench_case));
      ++made;
    }
  }
  return cases;
}

std::vector<BenchCase> cold_sample(const std::vector<BenchCase>& grid, std::size_t step) {
  std::vector<BenchCase> sample;
  for (std::size_t i = 0; i < grid.size(); i += step)
    sample.push_back(case_of_layer(grid[i].model, grid[i].layers.front(), CacheState::cold));
  return sample;
}

}  // namespace tiercut::kernels
