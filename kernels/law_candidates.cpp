// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_candidates.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tiercut::kernels {
namespace {

using model::LayerType;
using profiles::Condition;
using profiles::Extent;
using profiles::FeatureTerm;
using Steps = std::vector<double>;
/// An extent with the steps that it is tried with.
struct Axis {
  Extent extent;
  Steps steps = {1};
};

// Where a level of cache may end.
constexpr double smallest_knee = 8 << 10, largest_knee = 512 << 20;
const double near_knees = std::exp2(0.25), far_knees = std::exp2(0.5);

class Candidates {
 public:
  /// Every combination of steps.
  Candidates& add(const std::vector<Axis>& axes) {
    std::vector<FeatureTerm> terms(1);
    for (const Axis& axis : axes) {
      std::vector<FeatureTerm> longer;
      for (const FeatureTerm& term : terms)
        for (double step : axis.steps) {
          longer.push_back(term);
          longer.back().factors.push_back({axis.extent, step});
        }
      terms = std::move(longer);
    }
    for (FeatureTerm& term : terms) {
      std::ranges::sort(term.factors, {}, &FeatureTerm::Factor::extent);
      terms_.push_back(std::move(term));
    }
    return *this;
  }
  /// The same for all sizes, and growing between neighbouring knees `ratio` apart. The size is the term's own when it
  /// counts floats or bytes, unless `of` says another.
  Candidates& add_with_knees(const std::vector<Axis>& axes, double ratio, const std::vector<Axis>& of = {}) {
    Candidates plain, sizes;
    plain.add(axes);
    sizes.add(of);
    for (const FeatureTerm& term : plain.terms_) {
      terms_.push_back(term);
      for (double from = smallest_knee; from < largest_knee; from *= ratio) {
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

std::vector<FeatureTerm> of_products() {
  return Candidates()
      .add({})
      .add({{Extent::filters, {1, 8, 16, 64, 128}}})
      .add({{Extent::depth, {1, 8, 64}}})
      .add({{Extent::filters, {1, 4, 8, 16, 32, 64, 128}}, {Extent::depth, {1, 4, 8, 16, 64}}})
      .add({{Extent::filters}, {Extent::depth, {128, 256, 512}}})
      // Weights as kernels lay them out, from the cache that holds them; the input again for every block of outputs.
      .add_with_knees({{Extent::filters, {1, 4, 8, 16}}, {Extent::depth}}, near_knees)
      .add_with_knees({{Extent::filters, {16, 64}}, {Extent::depth}}, far_knees, {{Extent::depth}})
      .add_with_knees({{Extent::weight_bytes}}, far_knees)
      .take();
}

std::vector<FeatureTerm> of_convolution() {
  const Axis groups{Extent::groups};
  return Candidates()
      .add({})
      .add({groups})
      .add({groups, {Extent::pixels, {16, 48, 128, 288}}})
      // The product itself, in tiles of registers.
      .add({groups, {Extent::filters, {1, 2, 4, 8, 12}}, {Extent::depth}, {Extent::pixels, {1, 4, 8, 16, 32, 48}}})
      // What each tile costs beside its products, a block of depth at a time.
      .add({groups, {Extent::filters, {1, 4, 8}}, {Extent::depth, {256}}, {Extent::pixels, {1, 16, 48}}})
      // Laying patches out: their elements, and the runs they are copied in.
      .add({groups, {Extent::depth}, {Extent::pixels, {1, 16}}})
      .add({groups, {Extent::depth}, {Extent::height}})
      .add({groups, {Extent::depth}, {Extent::height}, {Extent::width, {16}}})
      // Every block of pixels passes over the filters.
      .add({groups, {Extent::filters}, {Extent::depth}})
      .add({groups, {Extent::filters, {1, 8}}, {Extent::depth}, {Extent::pixels, {128, 288}}})
      // Padding the image.
      .add({{Extent::input_elements}})
      .add({{Extent::input_channels}, {Extent::input_height}})
      .add({{Extent::input_channels}, {Extent::input_height}, {Extent::input_width, {16}}})
      .add({{Extent::input_channels}, {Extent::input_height}, {Extent::width, {1, 16}}})
      .add_with_knees({{Extent::weight_bytes}}, far_knees)
      .add_with_knees({{Extent::weight_bytes}, {Extent::pixels, {128, 288}}}, far_knees, {{Extent::weight_bytes}})
      .add_with_knees({{Extent::input_bytes}}, far_knees)
      .add_with_knees({{Extent::output_bytes}}, far_knees)
      .take();
}

/// A window over each channel: depthwise convolution and pooling.
std::vector<FeatureTerm> of_windows() {
  const Axis channels{Extent::channels}, height{Extent::height};
  const Axis vectors{Extent::width, {1, 4, 8, 16}};
  return Candidates()
      .add({})
      .add({channels})
      .add({channels, height})
      .add({channels, {Extent::height, {2, 4, 7}}, {Extent::width, {1, 8, 16}}})
      .add({{Extent::input_channels}, {Extent::input_height}, {Extent::width, {8, 16}}})
      .add({channels, height, {Extent::kernel_height}})
      .add({channels, height, {Extent::kernel_height}, {Extent::kernel_width}})
      .add({channels, height, vectors})
      .add({channels, height, {Extent::kernel_height}, vectors})
      .add({channels, height, {Extent::kernel_height}, {Extent::kernel_width}, vectors})
      .add({{Extent::input_channels}, {Extent::input_height}, {Extent::input_width, {1, 8, 16}}})
      .add({{Extent::input_channels}, {Extent::input_height}})
      .add_with_knees({{Extent::input_bytes}}, far_knees, {{Extent::working_set}})
      .add_with_knees({{Extent::output_bytes}}, far_knees, {{Extent::working_set}})
      .take();
}

/// Layers that take elements one by one, a channel or a tensor at a time.
std::vector<FeatureTerm> of_elements() {
  return Candidates()
      .add({})
      .add({{Extent::channels}})
      .add({{Extent::inputs}})
      .add({{Extent::channels}, {Extent::pixels, {1, 4, 8, 16, 64}}})
      .add({{Extent::elements, {4, 8, 16, 64, 4096}}})
      .add({{Extent::elements, {1, 4, 8, 16, 64, 4096}}, {Extent::inputs}})
      .add({{Extent::input_bytes}})
      .add({{Extent::input_bytes, {64}}})
      .add({{Extent::output_bytes}})
      .add_with_knees({{Extent::input_bytes}}, far_knees, {{Extent::working_set}})
      .add_with_knees({{Extent::output_bytes}}, far_knees, {{Extent::working_set}})
      .take();
}

std::vector<FeatureTerm> of_binary_convolution() {
  const Axis height{Extent::height}, width{Extent::width, {1, 4, 8, 16}};
  return Candidates()
      .add({})
      .add({{Extent::pixels}})
      .add({{Extent::filters}})
      .add({{Extent::filters}, {Extent::pixels}})
      .add({{Extent::filters}, {Extent::depth, {1, 64, 128, 256, 512}}, {Extent::pixels}})
      .add({{Extent::depth, {1, 64}}, {Extent::pixels}})
      .add({{Extent::pixels}, {Extent::kernel_height}, {Extent::kernel_width}})
      .add({{Extent::filters}, {Extent::depth}, height})
      .add({{Extent::filters}, {Extent::depth}, height, width})
      .add({{Extent::filters}, {Extent::input_channels}, height, {Extent::kernel_height}})
      .add({{Extent::filters}, height})
      .add({{Extent::input_elements, {1, 64}}})
      .add({{Extent::input_channels}, {Extent::input_height}})
      .add({{Extent::input_channels, {64}}, {Extent::input_height}, {Extent::input_width}})
      .add({{Extent::elements, {1, 64}}})
      .add({{Extent::elements}, {Extent::pool_height}})
      .add({{Extent::elements}, {Extent::pool_height}, {Extent::pool_width}})
      .add_with_knees({{Extent::filters}, {Extent::pixels}}, far_knees)
      .add_with_knees({{Extent::weight_bytes}, {Extent::pixels}}, far_knees, {{Extent::weight_bytes}})
      .take();
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

std::vector<Condition> candidate_conditions(LayerType type) {
  switch (type) {
    case LayerType::convolution:
      return {{.depthwise = true, .single_filter = true, .kernel = 3, .stride = 1},
              {.depthwise = true, .single_filter = true, .kernel = 3, .stride = 2},
              {.depthwise = true, .single_filter = true},
              {.depthwise = true, .kernel = 3, .stride = 1},
              {.depthwise = true, .kernel = 3, .stride = 2},
              {.depthwise = true, .stride = 1},
              {.depthwise = true, .stride = 2},
              {.depthwise = true},
              {.whole_input = true},
              {.pointwise = true},
              {.kernel = 1},
              {.stride = 1},
              {.stride = 2}};
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return {{.packed_input = true}, {.whole_input = true}, {.stride = 1}, {.stride = 2}};
    case LayerType::binary_fc:
    case LayerType::binary_conv_p:
    case LayerType::flatten:
    case LayerType::join_max:
    case LayerType::join_concatenate:
    case LayerType::output:
      return {{.packed_input = true}};
    case LayerType::batch_normalization:
    case LayerType::prelu:
      return {{.flat = true}};
    default:
      return {};
  }
}

}  // namespace tiercut::kernels
