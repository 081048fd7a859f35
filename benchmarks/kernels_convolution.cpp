// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "interleaved.hpp"
#include "layer_case.hpp"
#include "onednn_baseline.hpp"

// Convolution, one sample, one thread, each distinct layer of three networks. oneDNN gets its activations and weights
// in the layouts it prefers, outside of the measurement; ours are plain C, H, W, and laying out patches is measured.
namespace tiercut::benchmarks {
namespace {

struct Shape {
  const char* network;
  int channels, side, outputs, kernel, stride, pad, groups;
};

constexpr Shape shapes[] = {
    {"overfeat-fast", 3, 231, 96, 11, 4, 0, 1},    {"overfeat-fast", 96, 28, 256, 5, 1, 0, 1},
    {"overfeat-fast", 256, 12, 512, 3, 1, 1, 1},   {"overfeat-fast", 512, 12, 1024, 3, 1, 1, 1},
    {"overfeat-fast", 1024, 12, 1024, 3, 1, 1, 1}, {"overfeat-fast", 1024, 6, 3072, 6, 1, 0, 1},
    {"overfeat-fast", 3072, 1, 4096, 1, 1, 0, 1},  {"overfeat-fast", 4096, 1, 1000, 1, 1, 0, 1},
    {"resnet-50", 3, 224, 64, 7, 2, 3, 1},         {"resnet-50", 64, 56, 64, 1, 1, 0, 1},
    {"resnet-50", 64, 56, 64, 3, 1, 1, 1},         {"resnet-50", 64, 56, 256, 1, 1, 0, 1},
    {"resnet-50", 256, 56, 64, 1, 1, 0, 1},        {"resnet-50", 256, 56, 128, 1, 1, 0, 1},
    {"resnet-50", 128, 56, 128, 3, 2, 1, 1},       {"resnet-50", 256, 56, 512, 1, 2, 0, 1},
    {"resnet-50", 128, 28, 512, 1, 1, 0, 1},       {"resnet-50", 512, 28, 128, 1, 1, 0, 1},
    {"resnet-50", 128, 28, 128, 3, 1, 1, 1},       {"resnet-50", 512, 28, 256, 1, 1, 0, 1},
    {"resnet-50", 256, 28, 256, 3, 2, 1, 1},       {"resnet-50", 512, 28, 1024, 1, 2, 0, 1},
    {"resnet-50", 256, 14, 1024, 1, 1, 0, 1},      {"resnet-50", 1024, 14, 256, 1, 1, 0, 1},
    {"resnet-50", 256, 14, 256, 3, 1, 1, 1},       {"resnet-50", 1024, 14, 512, 1, 1, 0, 1},
    {"resnet-50", 512, 14, 512, 3, 2, 1, 1},       {"resnet-50", 1024, 14, 2048, 1, 2, 0, 1},
    {"resnet-50", 512, 7, 2048, 1, 1, 0, 1},       {"resnet-50", 2048, 7, 512, 1, 1, 0, 1},
    {"resnet-50", 512, 7, 512, 3, 1, 1, 1},        {"resnet-50", 2048, 1, 1000, 1, 1, 0, 1},
    {"mobilenet-v1", 3, 224, 32, 3, 2, 1, 1},      {"mobilenet-v1", 32, 112, 32, 3, 1, 1, 32},
    {"mobilenet-v1", 32, 112, 64, 1, 1, 0, 1},     {"mobilenet-v1", 64, 112, 64, 3, 2, 1, 64},
    {"mobilenet-v1", 64, 56, 128, 1, 1, 0, 1},     {"mobilenet-v1", 128, 56, 128, 3, 1, 1, 128},
    {"mobilenet-v1", 128, 56, 128, 1, 1, 0, 1},    {"mobilenet-v1", 128, 56, 128, 3, 2, 1, 128},
    {"mobilenet-v1", 128, 28, 256, 1, 1, 0, 1},    {"mobilenet-v1", 256, 28, 256, 3, 1, 1, 256},
    {"mobilenet-v1", 256, 28, 256, 1, 1, 0, 1},    {"mobilenet-v1", 256, 28, 256, 3, 2, 1, 256},
    {"mobilenet-v1", 256, 14, 512, 1, 1, 0, 1},    {"mobilenet-v1", 512, 14, 512, 3, 1, 1, 512},
    {"mobilenet-v1", 512, 14, 512, 1, 1, 0, 1},    {"mobilenet-v1", 512, 14, 512, 3, 2, 1, 512},
    {"mobilenet-v1", 512, 7, 1024, 1, 1, 0, 1},    {"mobilenet-v1", 1024, 7, 1024, 3, 1, 1, 1024},
    {"mobilenet-v1", 1024, 7, 1024, 1, 1, 0, 1},   {"mobilenet-v1", 1024, 1, 1000, 1, 1, 0, 1},
};

Summary& summary() {
  static Summary all;
  return all;
}

model::Layer convolution_layer(const Shape& shape) {
  model::Layer layer;
  layer.name = "convolution";
  layer.type = model::LayerType::convolution;
  layer.parameters.outputs = shape.outputs;
  layer.parameters.groups = shape.groups;
  layer.parameters.window = {shape.kernel, shape.kernel, shape.stride, shape.stride, shape.pad, shape.pad};
  return layer;
}

void convolution(benchmark::State& state, const Shape& shape) {
  LayerCase layer(convolution_layer(shape), input_layer({shape.channels, shape.side, shape.side}));
  const auto kernel = layer.kernel("highway");
  std::vector<Contender> contenders = {{"highway", [&] { layer.run(*kernel); }}};
  OnednnLayer onednn;
  if (has_onednn()) {
    onednn = onednn_layer(layer.layer(), layer.weights().floats.data(), layer.input().floats());
    contenders.push_back({"onednn", onednn.run});
    state.SetLabel(onednn.implementation);
  }
  const std::vector<double> seconds = medians_interleaved(state, contenders);
  state.counters["GMAC/s"] = 1e-9 * static_cast<double>(layer.layer().macs) / seconds[0];
  if (!has_onednn()) return;
  state.counters["ratio_to_onednn"] = seconds[1] / seconds[0];
  summary().add(seconds[1] / seconds[0]);
  std::vector<float> theirs(static_cast<std::size_t>(layer.layer().shape.elements()));
  onednn.copy_output(theirs.data());
  double difference = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    difference = std::max(difference, std::abs(double{theirs[i]} - double{layer.output().floats()[i]}));
  }
  state.counters["difference"] = difference;
}

const int registered = [] {
  for (const Shape& shape : shapes) {
    const std::string name = std::string("convolution/") + shape.network + '/' + std::to_string(shape.channels) + 'x' +
                             std::to_string(shape.side) + 'x' + std::to_string(shape.side) + "->" +
                             std::to_string(shape.outputs) + "/k" + std::to_string(shape.kernel) + 's' +
                             std::to_string(shape.stride) + (shape.groups > 1 ? "/depthwise" : "");
    benchmark::RegisterBenchmark(name.c_str(), [&shape](benchmark::State& state) { convolution(state, shape); })
        ->Iterations(21)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RegisterBenchmark("convolution_summary", [](benchmark::State& state) {
    summary().report(state);
  })->Iterations(1);
  return 0;
}();

}  // namespace
}  // namespace tiercut::benchmarks
