// SPDX-License-Identifier: Apache-2.0
#include "training/session/deployment_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/forward.hpp"
#include "kernels/weights_file.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;

std::vector<LayerId> answer_layers(const model::Model& model) {
  std::vector<LayerId> layers;
  for (int level = 0; level <= static_cast<int>(model.exits.size()); ++level)
    layers.push_back(model.answer_layer(level));
  return layers;
}

/// What the kernels made of a layer, as probabilities.
std::vector<float> probabilities_in(const kernels::Buffer& buffer, const model::Layer& layer) {
  const auto count = static_cast<std::size_t>(layer.shape.elements());
  std::vector<float> values(buffer.floats(), buffer.floats() + count);
  if (layer.type == model::LayerType::softmax) return values;
  const float most = *std::max_element(values.begin(), values.end());
  for (float& value : values) value = std::exp(value - most);
  const float sum = std::accumulate(values.begin(), values.end(), 0.0F);
  for (float& value : values) value /= sum;
  return values;
}

void fill(kernels::Buffer& tensor, const model::Layer& input, std::span<const float> values) {
  if (input.encoding != model::Encoding::bit) {
    std::copy(values.begin(), values.end(), tensor.floats());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i % 64;
    std::uint64_t& word = tensor.words()[i / 64];
    word = values[i] >= 0 ? word | bit : word & ~bit;
  }
}

void compare(std::span<const float> ours, std::span<const float> theirs, DeploymentCheck& result) {
  ++result.answers;
  const auto class_of = [](std::span<const float> values) {
    return std::max_element(values.begin(), values.end()) - values.begin();
  };
  if (class_of(ours) != class_of(theirs)) ++result.differing;
  for (std::size_t i = 0; i < ours.size(); ++i)
    result.largest_gap = std::max(result.largest_gap, static_cast<double>(std::abs(ours[i] - theirs[i])));
}

}  // namespace

Result<std::vector<std::size_t>> matched_inputs(const model::Model& model, const Dataset& data) {
  const std::vector<LayerId> inputs = model.inputs();
  if (inputs.size() != data.inputs.size())
    return fail("data-misfit", fmt::format("model '{}' has {} inputs, the data '{}' has {}", model.name, inputs.size(),
                                           data.name, data.inputs.size()));
  std::vector<std::size_t> by_order(inputs.size()), by_name;
  std::iota(by_order.begin(), by_order.end(), std::size_t{0});
  for (const LayerId id : inputs) {
    const auto found = std::find_if(data.inputs.begin(), data.inputs.end(),
                                    [&](const DataInput& input) { return input.name == model.layer(id).name; });
    if (found != data.inputs.end()) by_name.push_back(static_cast<std::size_t>(found - data.inputs.begin()));
  }
  const std::vector<std::size_t>& matched = by_name.size() == inputs.size() ? by_name : by_order;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const model::Layer& layer = model.layer(inputs[i]);
    const DataInput& input = data.inputs[matched[i]];
    if (layer.shape.elements() != input.shape.elements())
      return fail("data-misfit", fmt::format("input '{}' of model '{}' is {}, the data's '{}' is {}", layer.name,
                                             model.name, to_text(layer.shape), input.name, to_text(input.shape)));
  }
  return matched;
}

Result<DeploymentCheck> check_deployment(Network& network, const model::Model& model, const Dataset& data,
                                         const std::string& weights_file, std::size_t samples) {
  const auto file = kernels::read_weights(weights_file, model);
  if (!file) return tl::unexpected(file.error());
  const auto matched = matched_inputs(model, data);
  if (!matched) return tl::unexpected(matched.error());
  std::vector<LayerId> layers(static_cast<std::size_t>(model.layer_count()));
  std::iota(layers.begin(), layers.end(), 0);
  kernels::ThreadPool threads(1);
  auto pass = kernels::ForwardPass::make(model, layers, file->layers, threads);
  if (!pass) return tl::unexpected(pass.error());

  DeploymentCheck result;
  std::vector<std::size_t> some(std::min(samples, data.size()));
  std::iota(some.begin(), some.end(), std::size_t{0});
  const std::vector<LayerId> asked = answer_layers(model);
  std::vector<std::vector<float>> ours;
  for (const LayerId layer : asked) ours.push_back(network.probabilities({data, some}, layer));
  for (const std::size_t sample : some) {
    const std::vector<LayerId> inputs = model.inputs();
    for (std::size_t i = 0; i < inputs.size(); ++i)
      fill(pass->tensor(inputs[i]), model.layer(inputs[i]), data.inputs[(*matched)[i]].sample(sample));
    pass->run();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto theirs = probabilities_in(pass->tensor(asked[i]), model.layer(asked[i]));
      compare(std::span(ours[i]).subspan(sample * theirs.size(), theirs.size()), theirs, result);
    }
  }
  result.backends = pass->backends_used();
  return result;
}

}  // namespace tiercut::training
