// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

#include "interleaved.hpp"
#include "torch_baseline.hpp"
#include "training/learning_network.hpp"

// A training step of 784-1000-500-2 (Big-Little's net 1) at batch 100 with momentum, one thread: samples a second, and
// how many times as fast as LibTorch.
namespace tiercut::benchmarks {
namespace {

using model::LayerId;
using model::LayerType;

constexpr std::size_t samples = 10'000, batch_size = 100;
const std::vector<std::int64_t> widths = {784, 1000, 500, 2};

LayerId add(model::Model& model, LayerType type, std::int64_t outputs = 0) {
  model::Layer layer;
  layer.name = "layer" + std::to_string(model.layer_count());
  layer.type = type;
  layer.parameters.outputs = outputs;
  std::vector<const model::Layer*> inputs;
  if (type == LayerType::input) {
    layer.shape.extents = {widths.front()};
  } else {
    layer.inputs = {model.layer_count() - 1};
    inputs.push_back(&model.layers.back());
  }
  if (const std::string misfit = derive(layer, inputs); !misfit.empty()) throw std::logic_error(misfit);
  model.layers.push_back(std::move(layer));
  return model.layer_count() - 1;
}

model::Model perceptron() {
  model::Model model;
  model.name = "net1";
  add(model, LayerType::input);
  for (std::size_t i = 1; i < widths.size(); ++i) {
    if (i > 1) add(model, LayerType::relu);
    add(model, LayerType::linear, widths[i]);
  }
  add(model, LayerType::output);
  if (!model.finish()) throw std::logic_error("the model does not fit together");
  return model;
}

training::Dataset random_data(const model::Model& model) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> value(0, 1);
  training::Dataset data;
  data.name = "random";
  data.classes = static_cast<int>(widths.back());
  data.inputs.push_back({model.layer(0).name, model.layer(0).shape, {}});
  data.inputs[0].values.resize(samples * static_cast<std::size_t>(widths.front()));
  for (float& x : data.inputs[0].values) x = value(random);
  for (std::size_t i = 0; i < samples; ++i) data.labels.push_back(static_cast<int>(random() % 2));
  return data;
}

/// Batches of a shuffled epoch, one after the other and round again.
class Batches {
 public:
  Batches() : order_(samples) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::shuffle(order_.begin(), order_.end(), std::mt19937(2));
  }
  std::span<const std::size_t> next() {
    const auto batch = std::span(order_).subspan(first_, batch_size);
    first_ = (first_ + batch_size) % samples;
    return batch;
  }

 private:
  std::vector<std::size_t> order_;
  std::size_t first_ = 0;
};

void training_step(benchmark::State& state) {
  const model::Model model = perceptron();
  const training::Dataset data = random_data(model);
  const training::Optimizer optimizer{.rate = 0.01, .momentum = 0.9};
  auto network = training::Network::make(model, {{model.layer_count() - 1, 1, {}}}, optimizer, 1);
  if (!network) throw std::runtime_error(to_text(network.error()));
  Batches ours, theirs;
  std::vector<Contender> contenders = {{"tiercut", [&] {
                                          const auto done = network->step({data, ours.next()});
                                          if (!done) throw std::runtime_error(to_text(done.error()));
                                        }}};
  const auto step = torch_step({widths, data.inputs[0].values, data.labels, optimizer.rate, optimizer.momentum});
  if (step) contenders.push_back({"torch", [&] { step(theirs.next()); }});
  const std::vector<double> seconds = medians_interleaved(state, contenders, 20e-3);
  state.counters["samples/s"] = batch_size / seconds[0];
  state.counters["epoch_of_60000_s"] = 60'000 / batch_size * seconds[0];
  if (step) state.counters["ratio_to_torch"] = seconds[1] / seconds[0];
}

BENCHMARK(training_step)->Iterations(61)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tiercut::benchmarks
