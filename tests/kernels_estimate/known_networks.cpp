// SPDX-License-Identifier: Apache-2.0
#include "known_networks.hpp"

#include <stdexcept>

#include "model/model.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;

class Series {
 public:
  Series(std::int64_t channels, std::int64_t side) {
    model::Layer& image = layers_.emplace_back();
    image.name = "image";
    image.shape.extents = image.input_shape.extents = {channels, side, side};
  }
  Series& add(LayerType type, const model::LayerParameters& parameters = {}) {
    model::Layer layer;
    layer.name = "layer";
    layer.type = type;
    layer.parameters = parameters;
    layer.inputs = {static_cast<int>(layers_.size()) - 1};
    if (const auto misfit = derive(layer, {&layers_.back()}); !misfit.empty()) throw std::logic_error(misfit);
    layers_.push_back(std::move(layer));
    return *this;
  }
  Series& convolution(std::int64_t outputs, int kernel, int stride, int pad, int groups = 1) {
    model::LayerParameters parameters;
    parameters.outputs = outputs;
    parameters.groups = groups;
    parameters.window = {kernel, kernel, stride, stride, pad, pad};
    return add(LayerType::convolution, parameters).add(LayerType::relu);
  }
  Series& pooling(LayerType type, int kernel, int stride) {
    model::LayerParameters parameters;
    parameters.window = {kernel, kernel, stride, stride, 0, 0};
    return add(type, parameters);
  }
  Series& linear(std::int64_t outputs) {
    model::LayerParameters parameters;
    parameters.outputs = outputs;
    return add(LayerType::linear, parameters);
  }
  Network take() { return std::move(layers_); }

 private:
  Network layers_;
};

}  // namespace

Network zoo_network(const std::string& name) {
  const auto model = model::read_model(std::string(TIERCUT_SOURCE_DIR "/model/zoo/") + name + ".yaml");
  if (!model) throw std::runtime_error(to_text(model.error()));
  return (*model)->layers;
}

Network mobilenet() {
  Series series(3, 224);
  series.convolution(32, 3, 2, 1);
  int channels = 32;
  for (const auto& [outputs, stride] : {std::pair{64, 1},
                                        {128, 2},
                                        {128, 1},
                                        {256, 2},
                                        {256, 1},
                                        {512, 2},
                                        {512, 1},
                                        {512, 1},
                                        {512, 1},
                                        {512, 1},
                                        {512, 1},
                                        {1024, 2},
                                        {1024, 1}}) {
    series.convolution(channels, 3, stride, 1, channels).convolution(outputs, 1, 1, 0);
    channels = outputs;
  }
  series.pooling(LayerType::avg_pooling, 7, 1).add(LayerType::flatten).linear(1000).add(LayerType::softmax);
  return series.take();
}

Network alexnet() {
  Series series(3, 227);
  series.convolution(96, 11, 4, 0).pooling(LayerType::max_pooling, 3, 2).convolution(256, 5, 1, 2, 2);
  series.pooling(LayerType::max_pooling, 3, 2).convolution(384, 3, 1, 1).convolution(384, 3, 1, 1, 2);
  series.convolution(256, 3, 1, 1, 2).pooling(LayerType::max_pooling, 3, 2).add(LayerType::flatten);
  series.linear(4096).add(LayerType::relu).linear(4096).add(LayerType::relu).linear(1000).add(LayerType::softmax);
  return series.take();
}

Network with_twice_the_weights(const Network& network) {
  Network doubled = network;
  for (model::Layer& layer : doubled) {
    if (layer.type != LayerType::linear) continue;
    model::Layer input;
    input.shape = layer.input_shape;
    layer.parameters.outputs *= 2;
    if (const auto misfit = derive(layer, {&input}); !misfit.empty()) throw std::logic_error(misfit);
  }
  return doubled;
}

std::int64_t macs_of(const Network& network) {
  std::int64_t sum = 0;
  for (const model::Layer& layer : network) sum += layer.macs;
  return sum;
}

std::int64_t weights_of(const Network& network) {
  std::int64_t sum = 0;
  for (const model::Layer& layer : network) sum += layer.weights;
  return sum;
}

profiles::ProfilePointer shipped_profile(const std::string& name) {
  auto profile = profiles::read_profile(std::string(TIERCUT_SOURCE_DIR "/profiles/devices/") + name + ".yaml");
  if (!profile) throw std::runtime_error(to_text(profile.error()));
  return *profile;
}

Seconds price(const profiles::Profile& profile, const profiles::Unit& unit, const Network& network) {
  std::vector<const model::Layer*> layers;
  for (const model::Layer& layer : network) layers.push_back(&layer);
  const auto price = profiles::price_call(profile, unit, layers);
  if (!price) throw std::runtime_error(to_text(price.error()));
  return price->cost;
}

}  // namespace tiercut::kernels
