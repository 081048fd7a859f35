// SPDX-License-Identifier: Apache-2.0
#include "kernels/weights.hpp"

#include <cmath>

namespace tiercut::kernels {
namespace {

using model::LayerType;

// Philox would take seconds for the largest layers that are measured; splitmix64 is as reproducible and takes none.
class FastRandom {
 public:
  explicit FastRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  float uniform(float low, float high) {
    constexpr float unit = 1.0F / (1U << 24);
    return low + (high - low) * (static_cast<float>(next() >> 40) * unit);
  }

 private:
  std::uint64_t state_;
};

void append(std::vector<float>& values, std::size_t count, float low, float high, FastRandom& random) {
  for (std::size_t i = 0; i < count; ++i) values.push_back(random.uniform(low, high));
}

void append_normalisation(std::vector<float>& values, std::size_t channels, FastRandom& random) {
  append(values, channels, 0.5F, 1.5F, random);
  // A trained scale may be negative, which turns the comparison of a folded threshold around.
  for (std::size_t i = values.size() - channels; i < values.size(); ++i) {
    if (random.next() % 8 == 0) values[i] = -values[i];
  }
  append(values, channels, -0.5F, 0.5F, random);
  append(values, channels, -1, 1, random);
  append(values, channels, 0.75F, 1.25F, random);
}

}  // namespace

std::int64_t fan_in(const model::Layer& layer) {
  const model::LayerParameters& parameters = layer.parameters;
  const std::int64_t window = std::int64_t{parameters.window.kernel_height} * parameters.window.kernel_width;
  switch (layer.type) {
    case LayerType::linear:
    case LayerType::binary_fc:
      return layer.input_shape.elements();
    case LayerType::convolution:
      return layer.input_shape.extents[0] / parameters.groups * window;
    case LayerType::binary_conv_p:
      return layer.input_shape.extents[0] * window;
    default:
      return 0;
  }
}

WeightCounts weight_counts(const model::Layer& layer) {
  const auto outputs = static_cast<std::size_t>(layer.parameters.outputs);
  const std::size_t products = outputs * static_cast<std::size_t>(fan_in(layer));
  switch (layer.type) {
    case LayerType::linear:
    case LayerType::convolution:
      return {products + (layer.parameters.has_bias ? outputs : 0), 0};
    case LayerType::binary_fc:
    case LayerType::binary_conv_p:
      return {4 * outputs, products};
    case LayerType::batch_normalization:
      return {4 * static_cast<std::size_t>(layer.shape.extents[0]), 0};
    case LayerType::prelu:
      return {layer.parameters.is_per_channel ? static_cast<std::size_t>(layer.shape.extents[0]) : 1, 0};
    default:
      return {};
  }
}

LayerWeights random_weights(const model::Layer& layer, std::uint64_t seed) {
  const WeightCounts counts = weight_counts(layer);
  LayerWeights weights;
  weights.floats.reserve(counts.floats);
  FastRandom random(seed);
  switch (layer.type) {
    case LayerType::linear:
    case LayerType::convolution: {
      const float bound = 1.0F / std::sqrt(static_cast<float>(fan_in(layer)));
      append(weights.floats, counts.floats, -bound, bound, random);
      break;
    }
    case LayerType::binary_fc:
    case LayerType::binary_conv_p:
      for (std::size_t i = 0; i < counts.words(); ++i) weights.bits.push_back(random.next());
      if (counts.bits % 64 != 0) weights.bits.back() &= (std::uint64_t{1} << counts.bits % 64) - 1;
      append_normalisation(weights.floats, static_cast<std::size_t>(layer.parameters.outputs), random);
      break;
    case LayerType::batch_normalization:
      append_normalisation(weights.floats, static_cast<std::size_t>(layer.shape.extents[0]), random);
      break;
    case LayerType::prelu:
      append(weights.floats, counts.floats, 0, 0.5F, random);
      break;
    default:
      break;
  }
  return weights;
}

}  // namespace tiercut::kernels
