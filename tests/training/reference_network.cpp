// SPDX-License-Identifier: Apache-2.0
#include "reference_network.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/kernels/reference.hpp"

namespace tiercut::training {

using model::LayerId;
using model::LayerType;

double ReferenceNetwork::anchor(const Batch& batch) {
  anchored_parameters_ = parameters;
  anchored_signs_.assign(model_.layers.size(), {});
  anchored_maxima_.assign(model_.layers.size(), {});
  is_anchoring_ = true;
  const double value = loss(batch);
  is_anchoring_ = false;
  return value;
}

double ReferenceNetwork::loss(const Batch& batch) {
  std::vector<Tensor> tensors(model_.layers.size());
  std::size_t input = 0;
  for (LayerId id = 0; id < model_.layer_count(); ++id) {
    Tensor& tensor = tensors[static_cast<std::size_t>(id)];
    if (model_.layer(id).type == LayerType::input) {
      for (const std::size_t sample : batch.samples) {
        const auto values = batch.data.inputs[input].sample(sample);
        tensor.emplace_back(values.begin(), values.end());
      }
      ++input;
      continue;
    }
    std::vector<const Tensor*> inputs;
    for (const LayerId from : model_.layer(id).inputs) inputs.push_back(&tensors[static_cast<std::size_t>(from)]);
    tensor = compute(id, inputs);
  }
  double total = 0;
  for (const LossTerm& term : loss_) {
    total += term.weight * loss_of(term, batch, tensors[static_cast<std::size_t>(term.layer)]);
  }
  return total;
}

double ReferenceNetwork::derivative(const Batch& batch, LayerId layer, std::size_t parameter) {
  float& value = parameters[static_cast<std::size_t>(layer)][parameter];
  const float kept = value;
  const auto slope = [&](float step) {
    value = kept + step;
    const double high = value, above = loss(batch);
    value = kept - step;
    const double low = value, below = loss(batch);
    value = kept;
    return (above - below) / (high - low);
  };
  return (4 * slope(0x1p-16F) - slope(0x1p-15F)) / 3;
}

ReferenceNetwork::Tensor ReferenceNetwork::compute(LayerId id, const std::vector<const Tensor*>& inputs) {
  const model::Layer& layer = model_.layer(id);
  const std::vector<float>& own = parameters[static_cast<std::size_t>(id)];
  switch (layer.type) {
    case LayerType::batch_normalization:
      return normalised(layer, *inputs[0], own);
    case LayerType::binary_fc: {
      model::Layer linear = layer;
      linear.type = LayerType::linear;
      linear.parameters.has_bias = false;
      const auto weights = static_cast<std::size_t>(layer.macs);
      return normalised(layer, by_reference(linear, effective_weights(id, weights), inputs),
                        std::span(own).subspan(weights));
    }
    case LayerType::binary_conv_p:
      return binary_conv_p(id, *inputs[0]);
    default:
      return by_reference(layer, own, inputs);
  }
}

ReferenceNetwork::Tensor ReferenceNetwork::by_reference(const model::Layer& layer, const std::vector<float>& floats,
                                                        const std::vector<const Tensor*>& inputs) const {
  std::vector<const model::Layer*> sources;
  for (const LayerId from : layer.inputs) sources.push_back(&model_.layer(from));
  Tensor result;
  for (std::size_t sample = 0; sample < inputs[0]->size(); ++sample) {
    std::vector<std::vector<double>> values;
    for (const Tensor* input : inputs) values.push_back((*input)[sample]);
    result.push_back(kernels::reference::forward(layer, sources, {floats, {}}, values).values);
  }
  return result;
}

/// By the batch's own mean and variance, channel after channel.
ReferenceNetwork::Tensor ReferenceNetwork::normalised(const model::Layer& layer, const Tensor& x,
                                                      std::span<const float> scales) const {
  const auto channels = static_cast<std::size_t>(layer.shape.extents[0]), plane = x[0].size() / channels;
  Tensor y = x;
  for (std::size_t c = 0; c < channels; ++c) {
    std::vector<double> values;
    for (const auto& sample : x) {
      values.insert(values.end(), sample.begin() + static_cast<std::ptrdiff_t>(c * plane),
                    sample.begin() + static_cast<std::ptrdiff_t>((c + 1) * plane));
    }
    double mean = 0, variance = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
    for (auto& sample : y) {
      for (std::size_t i = c * plane; i < (c + 1) * plane; ++i) {
        sample[i] = scales[c] * (sample[i] - mean) / std::sqrt(variance + double{kernels::batch_norm_epsilon}) +
                    scales[channels + c];
      }
    }
  }
  return y;
}

ReferenceNetwork::Tensor ReferenceNetwork::binary_conv_p(LayerId id, const Tensor& x) {
  model::Layer convolution = model_.layer(id);
  convolution.type = LayerType::convolution;
  convolution.parameters.has_bias = false;
  convolution.parameters.groups = 1;
  const model::Layer& from = model_.layer(convolution.inputs[0]);
  if (!derive(convolution, {&from}).empty()) throw std::logic_error("the convolution of a block does not fit");
  const auto weights = static_cast<std::size_t>(convolution.weights);
  const Tensor sums = by_reference(convolution, effective_weights(id, weights), {&x});
  const Tensor largest =
      pooled(model_.layer(id), convolution.shape, sums, anchored_maxima_[static_cast<std::size_t>(id)]);
  Tensor z =
      normalised(model_.layer(id), largest, std::span(parameters[static_cast<std::size_t>(id)]).subspan(weights));
  Tensor& anchored = anchored_signs_[static_cast<std::size_t>(id)];
  if (is_anchoring_) anchored = z;
  for (std::size_t sample = 0; sample < z.size(); ++sample) {
    for (std::size_t i = 0; i < z[sample].size(); ++i) {
      const double at = anchored[sample][i];
      z[sample][i] = (at >= 0 ? 1 : -1) + (std::clamp(z[sample][i], -1.0, 1.0) - std::clamp(at, -1.0, 1.0));
    }
  }
  return z;
}

ReferenceNetwork::Tensor ReferenceNetwork::pooled(const model::Layer& block, const model::TensorShape& from,
                                                  const Tensor& x,
                                                  std::vector<std::vector<std::size_t>>& places) const {
  const model::Window& pool = block.parameters.pool;
  const auto& to = block.shape.extents;
  const auto first_largest = [&](const std::vector<double>& values, std::int64_t c, std::int64_t y, std::int64_t x_at) {
    std::size_t best = values.size();
    for (std::int64_t row = y * pool.stride_height - pool.pad_height, i = 0; i < pool.kernel_height; ++i, ++row) {
      for (std::int64_t column = x_at * pool.stride_width - pool.pad_width, k = 0; k < pool.kernel_width;
           ++k, ++column) {
        if (row < 0 || column < 0 || row >= from.extents[1] || column >= from.extents[2]) continue;
        const auto at = static_cast<std::size_t>((c * from.extents[1] + row) * from.extents[2] + column);
        if (best == values.size() || values[at] > values[best]) best = at;
      }
    }
    return best;
  };
  if (is_anchoring_) {
    places.assign(x.size(), {});
    for (std::size_t sample = 0; sample < x.size(); ++sample) {
      for (std::int64_t c = 0; c < to[0]; ++c) {
        for (std::int64_t at = 0; at < to[1] * to[2]; ++at) {
          places[sample].push_back(first_largest(x[sample], c, at / to[2], at % to[2]));
        }
      }
    }
  }
  Tensor result(x.size());
  for (std::size_t sample = 0; sample < x.size(); ++sample) {
    for (const std::size_t place : places[sample]) result[sample].push_back(x[sample][place]);
  }
  return result;
}

std::vector<float> ReferenceNetwork::effective_weights(LayerId id, std::size_t count) const {
  const std::vector<float>& now = parameters[static_cast<std::size_t>(id)];
  const std::vector<float>& then = anchored_parameters_[static_cast<std::size_t>(id)];
  std::vector<float> weights;
  for (std::size_t i = 0; i < count; ++i) weights.push_back((then[i] >= 0 ? 1.0F : -1.0F) + (now[i] - then[i]));
  return weights;
}

double ReferenceNetwork::loss_of(const LossTerm& term, const Batch& batch, const Tensor& scores) const {
  double total = 0, counted = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto label = static_cast<std::size_t>(batch.data.labels[batch.samples[i]]);
    const int wanted = term.class_map.empty() ? static_cast<int>(label) : term.class_map[label];
    if (wanted < 0) continue;
    double sum = 0;
    for (const double score : scores[i]) sum += std::exp(score);
    total += std::log(sum) - scores[i][static_cast<std::size_t>(wanted)];
    ++counted;
  }
  return total / counted;
}

}  // namespace tiercut::training
