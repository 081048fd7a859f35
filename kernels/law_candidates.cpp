// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_candidates.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace tiercut::kernels {
namespace {

using model::LayerType;
using profiles::Condition;
using profiles::Count;
using profiles::Extent;
using profiles::FeatureTerm;
using profiles::LayerExtents;

struct Way {
  double step = 1;
  Count count = Count::started;
};
/// An extent with the ways of counting that it is tried with.
struct Axis {
  Extent extent;
  std::vector<Way> ways = {{1}};
};

// Where a level of cache may end.
constexpr double smallest_knee = 8 << 10, middle_knee = 128 << 10, largest_knee = 512 << 20;
const double nearest_knees = std::exp2(0.25), near_knees = std::exp2(0.5), far_knees = 2;

const std::vector<Axis> footprint = {{Extent::footprint}};

class Candidates {
 public:
  /// Every combination of ways.
  Candidates& add(const std::vector<Axis>& axes) {
    std::vector<FeatureTerm> terms(1);
    for (const Axis& axis : axes) {
      std::vector<FeatureTerm> longer;
      for (const FeatureTerm& term : terms)
        for (const Way& way : axis.ways) {
          longer.push_back(term);
          longer.back().factors.push_back({axis.extent, way.step, way.count});
        }
      terms = std::move(longer);
    }
    for (FeatureTerm& term : terms) {
      std::ranges::stable_sort(term.factors, {}, &FeatureTerm::Factor::extent);
      terms_.push_back(std::move(term));
    }
    return *this;
  }
  /// The same for all sizes, and growing between neighbouring knees `ratio` apart. The size is the term's own when it
  /// counts floats or bytes, unless `of` says another.
  Candidates& add_with_knees(const std::vector<Axis>& axes, double ratio, const std::vector<Axis>& of = {},
                             double least = smallest_knee, double most = largest_knee) {
    Candidates plain, sizes;
    plain.add(axes);
    sizes.add(of);
    for (const FeatureTerm& term : plain.terms_) {
      terms_.push_back(term);
      for (double from = least; from < most; from *= ratio) {
        FeatureTerm beyond = term;
        beyond.from = std::round(from);
        beyond.to = std::round(from * ratio);
        beyond.of = of.empty() ? term.factors : sizes.terms_.front().factors;
        terms_.push_back(std::move(beyond));
      }
    }
    return *this;
  }
  std::vector<FeatureTerm> take() { return std::move(terms_); }

 private:
  std::vector<FeatureTerm> terms_;
};

/// A matrix times a vector. Monotone ways of counting only: most_weights asks for the inverse.
std::vector<FeatureTerm> of_products() {
  const std::vector<Axis> matrix = {{Extent::filters, {{1}, {4}, {8}, {16}}}, {Extent::depth}};
  return Candidates()
      .add({})
      .add({{Extent::filters, {{1}, {8}, {16}, {64}, {128}}}})
      .add({{Extent::depth, {{1}, {8}, {64}}}})
      .add({{Extent::filters, {{1}, {4}, {8}, {16}, {32}, {64}, {128}}}, {Extent::depth, {{1}, {4}, {8}, {16}, {64}}}})
      .add({{Extent::filters}, {Extent::depth, {{128}, {256}, {512}}}})
      // Weights as kernels lay them out, from the cache that holds them; the input again for every block of outputs.
      .add_with_knees(matrix, nearest_knees, {}, smallest_knee, middle_knee)
      .add_with_knees(matrix, nearest_knees, footprint, middle_knee)
      .add_with_knees({{Extent::filters, {{16}, {64}}}, {Extent::depth}}, far_knees, {{Extent::depth}})
      .add_with_knees({{Extent::weight_bytes}}, far_knees, footprint)
      .take();
}

std::vector<FeatureTerm> of_convolution() {
  const Axis groups{Extent::groups}, depth{Extent::depth};
  const Axis filters{
      Extent::filters,
      {{1}, {8}, {8, Count::whole}, {4}, {4, Count::odd}, {2, Count::odd}, {1, Count::odd}, {8, Count::rest}}};
  return Candidates()
      .add({})
      .add({groups})
      .add({groups, {Extent::pixels, {{16}, {48}, {128}, {288}}}})
      // The product itself, in tiles of registers, and what is left over beside them.
      .add({groups,
            filters,
            depth,
            {Extent::pixels, {{1}, {4}, {8}, {16}, {16, Count::near}, {16, Count::spare}, {48}}}})
      .add({groups,
            {Extent::filters, {{2}, {12}, {16}, {32}}},
            depth,
            {Extent::pixels, {{1}, {16}, {16, Count::near}, {16, Count::spare}, {48}}}})
      .add({groups,
            {Extent::filters, {{1}, {8}, {32}}},
            depth,
            {Extent::pixels, {{4, Count::rest}, {16, Count::uneven}}}})
      // What each tile costs beside its products, a block of depth at a time.
      .add({groups,
            {Extent::filters, {{1}, {4}, {8}}},
            {Extent::depth, {{256}}},
            {Extent::pixels, {{1}, {16}, {48}, {16, Count::spare}}}})
      .add({groups, {Extent::depth, {{256}}}, {Extent::pixels, {{16}, {48}, {288}}}})
      // Laying patches out: their elements, and the runs they are copied in.
      .add({groups,
            depth,
            {Extent::pixels, {{1}, {16}, {16, Count::near}, {16, Count::spare}, {48}, {16, Count::uneven}}}})
      .add({groups, depth, {Extent::height}})
      .add({groups, depth, {Extent::height}, {Extent::width, {{16}}}})
      .add({groups, {Extent::height}})
      .add({groups, {Extent::height}, {Extent::width, {{1}, {16}}}})
      // Every block of pixels passes over the filters.
      .add({groups, {Extent::filters}, depth})
      .add({groups, {Extent::filters, {{1}, {8}}}, depth, {Extent::pixels, {{128}, {288}}}})
      // Padding the image.
      .add({{Extent::input_elements}})
      .add({{Extent::input_channels}})
      .add({{Extent::input_channels}, {Extent::input_height}})
      .add({{Extent::input_channels},
            {Extent::input_height},
            {Extent::input_width, {{16}, {16, Count::whole}, {16, Count::uneven}, {32}, {16, Count::rest}}}})
      .add({{Extent::input_channels},
            {Extent::input_height},
            {Extent::width, {{1}, {16}, {16, Count::uneven}, {16, Count::rest}}}})
      .add({{Extent::input_channels}, {Extent::input_height}, {Extent::kernel_width}})
      .add({{Extent::input_channels},
            {Extent::height},
            {Extent::kernel_height},
            {Extent::width, {{1}, {16}, {16, Count::uneven}, {16, Count::rest}}}})
      .add({{Extent::input_channels}, {Extent::height}, {Extent::kernel_height}})
      .add_with_knees({{Extent::weight_bytes}}, far_knees, footprint)
      .add_with_knees({{Extent::weight_bytes}, {Extent::pixels, {{128}, {288}}}}, far_knees, {{Extent::weight_bytes}})
      .add_with_knees({{Extent::input_bytes}}, far_knees, {{Extent::working_set}})
      .add_with_knees({{Extent::output_bytes}}, far_knees, footprint)
      .add_with_knees({{Extent::output_bytes}, {Extent::depth, {{256}}}}, far_knees, {{Extent::output_bytes}})
      .take();
}

/// A window over each channel: depthwise convolution and pooling.
std::vector<FeatureTerm> of_windows() {
  const Axis channels{Extent::channels}, height{Extent::height}, taps{Extent::kernel_width};
  const Axis vectors{Extent::width, {{1}, {4}, {8}, {16}, {16, Count::near}, {16, Count::uneven}, {16, Count::rest}}};
  const Axis rows{Extent::input_width, {{1}, {8}, {16}, {16, Count::whole}, {16, Count::uneven}}};
  const Axis input_height{Extent::input_height}, input_channels{Extent::input_channels};
  return Candidates()
      .add({})
      .add({channels})
      .add({channels, {Extent::depth, {{1}, {16}, {16, Count::uneven}}}})
      .add({channels, height})
      .add({channels,
            {Extent::height, {{2}, {4}, {7}, {7, Count::whole}, {7, Count::rest}, {1, Count::odd}}},
            {Extent::width, {{1}, {8}, {16}, {16, Count::near}}}})
      .add({channels, {Extent::width, {{1}, {8}, {16}, {16, Count::near}}}})
      .add({input_channels, input_height, {Extent::width, {{8}, {16}}}})
      .add({channels, height, {Extent::kernel_height}})
      .add({channels, height, {Extent::kernel_height}, taps})
      .add({channels, height, vectors})
      .add({channels, height, {Extent::kernel_height}, vectors})
      .add({channels, height, vectors, taps})
      .add({channels, height, {Extent::kernel_height}, taps, vectors})
      .add({channels, height, rows})
      .add({channels, height, {Extent::kernel_height}, rows})
      .add({input_channels, input_height, rows})
      .add({input_channels, input_height})
      .add({{Extent::elements, {{1}, {64}}}})
      .add({{Extent::elements}, {Extent::kernel_height}})
      .add({{Extent::elements}, {Extent::kernel_height}, taps})
      .add_with_knees({{Extent::input_bytes}}, near_knees, {{Extent::working_set}})
      .add_with_knees({{Extent::output_bytes}}, near_knees, footprint)
      .take();
}

/// Layers that take elements one by one, a channel or a tensor at a time.
std::vector<FeatureTerm> of_elements() {
  const Axis inputs{Extent::inputs};
  const std::vector<Way> ways = {{1},  {4},  {8},   {16}, {16, Count::whole}, {16, Count::uneven}, {16, Count::rest},
                                 {32}, {64}, {4096}};
  return Candidates()
      .add({})
      .add({{Extent::channels}})
      .add({inputs})
      .add({{Extent::channels}, {Extent::pixels, ways}})
      .add({{Extent::elements, ways}})
      .add({{Extent::elements, ways}, inputs})
      .add({{Extent::input_bytes}})
      .add({{Extent::input_bytes, {{64}}}})
      .add({{Extent::output_bytes}})
      .add({{Extent::output_bytes, {{8}, {64}}}})
      .add({{Extent::output_bytes, {{8}, {64}, {32, Count::rest}}}, inputs})
      .add_with_knees({{Extent::input_bytes}}, near_knees, {{Extent::working_set}})
      .add_with_knees({{Extent::output_bytes}}, near_knees, footprint)
      .take();
}

std::vector<FeatureTerm> of_binary_convolution() {
  const Axis filters{Extent::filters, {{1}, {16}, {32}, {16, Count::odd}}};
  const Axis height{Extent::height}, kernel_height{Extent::kernel_height};
  const Axis width{Extent::width, {{1}, {4}, {4, Count::whole}, {4, Count::rest}}};
  const Axis pooled{Extent::output_pixels};
  return Candidates()
      .add({})
      .add({{Extent::pixels}})
      .add({height})
      .add({{Extent::filters}})
      // Sums of signs: 16 filters a vector, 32 bits a word, 4 pixels at a time.
      .add({filters, height, width})
      .add({filters, {Extent::row_depth, {{1}, {32}}}, kernel_height, height, width})
      .add({filters, {Extent::row_depth, {{1}, {32}}}, kernel_height, height})
      .add({filters, kernel_height, height, width})
      .add({filters, height})
      // What each pixel's taps see, as runs of bits.
      .add({height, {Extent::width}, {Extent::row_depth, {{1}, {32}}}})
      .add({height, {Extent::width}, {Extent::kernel_width}})
      .add({height, {Extent::width}, {Extent::kernel_width}, {Extent::input_channels, {{64}}}})
      .add({{Extent::input_height}, {Extent::width}})
      // Planes to pixels and back.
      .add({{Extent::input_pixels, {{1}, {64}}}, {Extent::input_channels, {{1}, {64}}}})
      .add({{Extent::output_pixels, {{1}, {64}}}, {Extent::filters, {{1}, {16}, {64}}}})
      .add({pooled})
      .add({pooled, {Extent::filters, {{16}}}, {Extent::pool_height}})
      .add({pooled, {Extent::filters, {{1}, {16}}}, {Extent::pool_height}, {Extent::pool_width}})
      .add({pooled, {Extent::pool_height}, {Extent::pool_width}})
      // With floats a convolution, and pooling of its rows.
      .add({{Extent::filters}, height, {Extent::width, {{1}, {16}, {16, Count::uneven}}}})
      .add({{Extent::filters}, height, {Extent::width, {{16}}}, {Extent::pool_height}})
      .add({{Extent::filters, {{1}, {8}, {4, Count::odd}, {2, Count::odd}, {1, Count::odd}}},
            {Extent::depth},
            {Extent::pixels, {{1}, {16}, {16, Count::near}, {16, Count::spare}, {48}}}})
      .add({{Extent::filters, {{1}, {8}}}, {Extent::pixels, {{1}, {16}, {48}}}})
      .add({{Extent::depth}, {Extent::pixels, {{1}, {16}, {48}}}})
      .add({{Extent::depth}, height})
      .add({{Extent::filters}, {Extent::depth}})
      .add({{Extent::input_elements, {{1}, {64}}}})
      .add({{Extent::input_channels}, {Extent::input_height}})
      .add({{Extent::input_channels}, {Extent::input_height}, {Extent::input_width, {{16}, {16, Count::uneven}}}})
      .add_with_knees({{Extent::weight_bytes}}, near_knees, footprint)
      .add_with_knees({{Extent::output_bytes}}, near_knees, footprint)
      .add_with_knees({{Extent::filters}, {Extent::pixels}}, near_knees)
      .add_with_knees({{Extent::weight_bytes}, {Extent::height}}, near_knees, {{Extent::weight_bytes}})
      .take();
}

using Conditions = std::vector<Condition>;

void add_windows(std::span<const LayerExtents> layers, Conditions& to) {
  std::set<std::pair<int, int>> pairs;
  for (const LayerExtents& layer : layers) pairs.emplace(layer.kernel, layer.stride);
  std::set<int> kernels, strides;
  for (const auto& [kernel, stride] : pairs) {
    if (kernel == 0 || stride == 0) continue;
    to.push_back({.kernel = kernel, .stride = stride});
    kernels.insert(kernel);
    strides.insert(stride);
  }
  for (const int kernel : kernels) to.push_back({.kernel = kernel});
  for (const int stride : strides) to.push_back({.stride = stride});
}

void add_limits(std::initializer_list<Extent> extents, std::initializer_list<double> limits, Conditions& to) {
  for (const Extent extent : extents)
    for (const double limit : limits) to.push_back({.below = {{extent, limit}}});
}

}  // namespace

std::vector<FeatureTerm> candidate_terms(LayerType type) {
  switch (type) {
    case LayerType::linear:
    case LayerType::binary_fc:
      return of_products();
    case LayerType::convolution: {
      auto terms = of_convolution();
      const auto windows = of_windows(), products = of_products();
      terms.insert(terms.end(), windows.begin(), windows.end());
      terms.insert(terms.end(), products.begin(), products.end());
      return terms;
    }
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return of_windows();
    case LayerType::binary_conv_p:
      return of_binary_convolution();
    default:
      return of_elements();
  }
}

Conditions candidate_conditions(LayerType type, std::span<const LayerExtents> layers) {
  Conditions conditions;
  switch (type) {
    case LayerType::convolution:
      conditions = {{.depthwise = true, .single_filter = true},
                    {.depthwise = true},
                    {.whole_input = true},
                    {.pointwise = true},
                    {.padded = true}};
      add_windows(layers, conditions);
      add_limits({Extent::filters, Extent::groups}, {2, 4, 8, 16}, conditions);
      add_limits({Extent::width, Extent::input_width}, {5, 8, 9, 16, 17, 33}, conditions);
      add_limits({Extent::pixels}, {9, 17, 25, 49, 145, 289}, conditions);
      add_limits({Extent::depth}, {8, 32, 128, 257, 1024}, conditions);
      break;
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      conditions = {{.whole_input = true}, {.padded = true}, {.packed_input = true}};
      add_windows(layers, conditions);
      add_limits({Extent::width, Extent::input_width}, {5, 9, 17, 33}, conditions);
      break;
    case LayerType::binary_conv_p:
      conditions = {{.packed_input = true}};
      add_windows(layers, conditions);
      add_limits({Extent::filters}, {8, 16, 17, 33, 65}, conditions);
      add_limits({Extent::row_depth}, {33, 65, 97, 193}, conditions);
      add_limits({Extent::width, Extent::pool_height}, {2, 3, 5, 9, 17}, conditions);
      break;
    case LayerType::linear:
      break;
    case LayerType::binary_fc:
    case LayerType::flatten:
    case LayerType::join_max:
    case LayerType::join_concatenate:
    case LayerType::output:
      conditions = {{.packed_input = true}};
      [[fallthrough]];
    default:
      conditions.push_back({.flat = true});
      if (type == LayerType::binary_fc) break;
      add_limits({Extent::pixels, Extent::elements}, {17, 65, 257, 1025, 4097, 65537, 524289}, conditions);
      add_limits({Extent::inputs}, {3, 5}, conditions);
      break;
  }
  return conditions;
}

}  // namespace tiercut::kernels
