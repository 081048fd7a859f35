// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/model_cases.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

namespace tiercut::kernels {
namespace {

using model::Layer;
using model::LayerId;
using model::LayerParameters;
using model::LayerType;

std::vector<LayerId> between(LayerId first, LayerId last) {
  std::vector<LayerId> ids(static_cast<std::size_t>(std::max(0, last - first + 1)));
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

int timed_layers(const BenchCase& bench_case) {
  return static_cast<int>(
      std::ranges::count_if(bench_case.layers, [&](LayerId id) { return is_timed(bench_case.model->layer(id).type); }));
}

/// The last layer that needs each layer's tensor; itself where none does.
std::vector<LayerId> last_uses(const model::Model& model) {
  std::vector<LayerId> last(model.layers.size());
  std::iota(last.begin(), last.end(), 0);
  for (LayerId id = 0; id < model.layer_count(); ++id)
    for (const LayerId input : model.layer(id).inputs)
      last[static_cast<std::size_t>(input)] = std::max(last[static_cast<std::size_t>(input)], id);
  return last;
}

ModelCases cases_with_cuts(const model::ModelPointer& model, const std::vector<LayerId>& cuts, CacheState cache) {
  ModelCases made;
  std::set<std::string> keys;
  for (LayerId id = 0; id < model->layer_count(); ++id) {
    if (!is_timed(model->layer(id).type)) continue;
    BenchCase bench_case = case_of_layer(model, id, cache);
    if (keys.insert(bench_case.key).second) made.layers.push_back(std::move(bench_case));
  }
  const LayerId end = model->layer_count() - 1;
  const auto add = [&](LayerId first, LayerId last, const std::string& name) {
    BenchCase segment = case_of_segment(model, between(first, last), model->name + " " + name, cache);
    if (timed_layers(segment) >= 2) made.segments.push_back(std::move(segment));
  };
  add(0, end, "whole");
  for (const LayerId cut : cuts) {
    add(0, cut, "up to " + model->layer(cut).name);
    add(cut + 1, end, "from behind " + model->layer(cut).name);
  }
  return made;
}

/// A chain under construction; every layer must fit, as all extents stand in this file.
class Chain {
 public:
  Chain(std::string name, std::vector<std::int64_t> extents, model::Encoding encoding = model::Encoding::f32) {
    model_->name = std::move(name);
    Layer input;
    input.shape.extents = std::move(extents);
    input.parameters.encoding = encoding;
    append(std::move(input));
  }
  Chain& then(LayerType type, const LayerParameters& parameters = {}) {
    Layer layer;
    layer.type = type;
    layer.parameters = parameters;
    layer.inputs = {model_->layer_count() - 1};
    append(std::move(layer));
    return *this;
  }
  Chain& linear(std::int64_t outputs) {
    LayerParameters parameters;
    parameters.outputs = outputs;
    return then(LayerType::linear, parameters);
  }
  Chain& convolution(std::int64_t outputs, int kernel) {
    LayerParameters parameters;
    parameters.outputs = outputs;
    parameters.window = {kernel, kernel, 1, 1, kernel / 2, kernel / 2};
    return then(LayerType::convolution, parameters).then(LayerType::relu);
  }
  Chain& halve() {
    LayerParameters parameters;
    parameters.window = {2, 2, 2, 2, 0, 0};
    return then(LayerType::max_pooling, parameters);
  }
  Chain& binary_block(std::int64_t outputs) {
    LayerParameters parameters;
    parameters.outputs = outputs;
    parameters.window = {3, 3, 1, 1, 1, 1};
    parameters.pool = {3, 3, 2, 2, 1, 1};
    return then(LayerType::binary_conv_p, parameters);
  }
  Chain& binary_linear(std::int64_t outputs) {
    LayerParameters parameters;
    parameters.outputs = outputs;
    return then(LayerType::binary_fc, parameters);
  }
  ModelCases cases(CacheState cache) const { return cases_with_cuts(model_, {}, cache); }

 private:
  void append(Layer layer) {
    std::vector<const Layer*> producers;
    for (const LayerId input : layer.inputs) producers.push_back(&model_->layer(input));
    if (!model::derive(layer, producers).empty()) throw std::logic_error("a typical network does not fit together");
    layer.name = "layer" + std::to_string(model_->layers.size());
    model_->layers.push_back(std::move(layer));
  }
  std::shared_ptr<model::Model> model_ = std::make_shared<model::Model>();
};

}  // namespace

std::vector<LayerId> plausible_cuts(const model::Model& model, std::size_t most) {
  const std::vector<LayerId> last = last_uses(model);
  double smallest = 0;
  for (const Layer& layer : model.layers)
    if (layer.type == LayerType::input) smallest += layer.output_bytes.value();
  std::vector<LayerId> cuts;
  std::set<LayerId> open;  // tensors that later layers need
  // What comes in later is on its way at a cut too.
  for (const LayerId input : model.inputs()) open.insert(input);
  bool has_computed = false;
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    std::erase_if(open, [&](LayerId tensor) { return last[static_cast<std::size_t>(tensor)] <= id; });
    if (last[static_cast<std::size_t>(id)] > id) open.insert(id);
    has_computed = has_computed || is_timed(model.layer(id).type);
    const bool is_single = open.size() == 1 && *open.begin() == id && has_computed;
    if (!is_single || !(model.layer(id).output_bytes.value() < smallest)) continue;
    smallest = model.layer(id).output_bytes.value();
    cuts.push_back(id);
  }
  if (cuts.size() > most) cuts.erase(cuts.begin(), cuts.end() - static_cast<std::ptrdiff_t>(most));
  return cuts;
}

ModelCases cases_of_model(const model::ModelPointer& model, CacheState cache) {
  return cases_with_cuts(model, plausible_cuts(*model), cache);
}

std::vector<ModelCases> typical_series(double most_bytes, CacheState cache) {
  constexpr auto relu = LayerType::relu;
  std::vector<ModelCases> all = {
      Chain("small fully connected", {784})
          .linear(256)
          .then(relu)
          .linear(256)
          .then(relu)
          .linear(10)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("deep fully connected", {256})
          .linear(256)
          .then(relu)
          .linear(256)
          .then(relu)
          .linear(256)
          .then(relu)
          .linear(256)
          .then(relu)
          .linear(100)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("wide fully connected", {2048})
          .linear(2048)
          .then(relu)
          .linear(1024)
          .then(relu)
          .linear(100)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("large fully connected", {3072})
          .linear(3072)
          .then(relu)
          .linear(3072)
          .then(relu)
          .linear(1000)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("convolutional", {3, 64, 64})
          .convolution(32, 5)
          .halve()
          .convolution(64, 3)
          .halve()
          .convolution(128, 3)
          .halve()
          .then(LayerType::flatten)
          .linear(128)
          .then(relu)
          .linear(10)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("convolutional of large images", {3, 160, 160})
          .convolution(24, 3)
          .halve()
          .convolution(48, 3)
          .halve()
          .convolution(96, 3)
          .halve()
          .convolution(192, 3)
          .halve()
          .then(LayerType::flatten)
          .linear(100)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("convolutional of many channels", {128, 28, 28})
          .convolution(128, 3)
          .convolution(128, 1)
          .halve()
          .convolution(256, 3)
          .convolution(256, 1)
          .halve()
          .convolution(512, 3)
          .cases(cache),
      Chain("binary", {3, 32, 32}, model::Encoding::int8)
          .binary_block(16)
          .binary_block(32)
          .binary_linear(10)
          .then(LayerType::softmax)
          .cases(cache),
      Chain("binary of one channel", {1, 28, 28}, model::Encoding::int8)
          .binary_block(32)
          .binary_block(64)
          .binary_block(64)
          .binary_linear(10)
          .then(LayerType::softmax)
          .cases(cache),
  };
  std::erase_if(all, [&](const ModelCases& cases) { return bytes_needed(cases.segments.front()) > most_bytes; });
  return all;
}

}  // namespace tiercut::kernels
