// SPDX-License-Identifier: Apache-2.0
#include "training/layers/initial_values.hpp"

#include <cmath>

#include "core/random.hpp"
#include "kernels/weights.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

bool feeds_rectifier(const model::Model& model, LayerId id) {
  return std::ranges::any_of(model.consumers(id), [&](LayerId consumer) {
    switch (model.layer(consumer).type) {
      case LayerType::relu:
      case LayerType::prelu:
        return true;
      case LayerType::batch_normalization:
      case LayerType::max_pooling:
      case LayerType::avg_pooling:
      case LayerType::flatten:
        return feeds_rectifier(model, consumer);
      default:
        return false;
    }
  });
}

double weight_bound(const model::Model& model, LayerId id) {
  const model::Layer& layer = model.layer(id);
  const auto in = static_cast<double>(kernels::fan_in(layer));
  if (feeds_rectifier(model, id)) return std::sqrt(6 / in);
  const model::Window& window = layer.parameters.window;
  const bool has_window = layer.type == LayerType::convolution || layer.type == LayerType::binary_conv_p;
  const int taps = has_window ? window.kernel_height * window.kernel_width : 1;
  const int groups = layer.type == LayerType::convolution ? layer.parameters.groups : 1;
  const double out = static_cast<double>(layer.parameters.outputs) / groups * taps;
  return std::sqrt(6 / (in + out));
}

void fill_weights(std::span<float> weights, double bound, RandomStream random) {
  for (float& weight : weights) weight = static_cast<float>(bound * (2 * random.uniform() - 1));
}

}  // namespace

void set_initial_values(const model::Model& model, LayerId id, std::uint64_t seed, TrainableLayer& layer) {
  const std::span<float> values = layer.parameters().values.all();
  std::ranges::fill(values, 0.0F);
  const auto weights = [&] { return RandomStream(seed, entity_id("weights/" + model.layer(id).name), 0); };
  const std::size_t count = layer.parameters().decayed;
  switch (model.layer(id).type) {
    case LayerType::linear:
    case LayerType::convolution:
      fill_weights(values.first(count), weight_bound(model, id), weights());
      break;
    case LayerType::binary_fc:
    case LayerType::binary_conv_p:
      fill_weights(values.first(count), std::min(1.0, weight_bound(model, id)), weights());
      std::ranges::fill(values.subspan(count, (values.size() - count) / 2), 1.0F);
      break;
    case LayerType::batch_normalization:
      std::ranges::fill(values.first(values.size() / 2), 1.0F);
      break;
    case LayerType::prelu:
      std::ranges::fill(values, 0.25F);
      break;
    default:
      break;
  }
}

}  // namespace tiercut::training
