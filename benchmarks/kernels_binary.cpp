// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <vector>

#include "interleaved.hpp"
#include "layer_case.hpp"

// The binary blocks against our own float32 kernel of the same shape, one thread: BinaryFC against Linear, BinaryConvP
// against Convolution followed by MaxPooling.
namespace tiercut::benchmarks {
namespace {

using model::Encoding;
using model::LayerType;

// Packed weights of this size no longer fit a first-level cache.
constexpr std::int64_t first_level_bits = std::int64_t{32} * 1024 * 8;

Summary& summary() {
  static Summary all;
  return all;
}

model::Layer binary_fc_layer(std::int64_t outputs) {
  model::Layer layer = linear_layer(outputs);
  layer.type = LayerType::binary_fc;
  return layer;
}

void binary_fc(benchmark::State& state) {
  const std::int64_t outputs = state.range(0), inputs = state.range(1);
  LayerCase floats(linear_layer(outputs), input_layer({inputs}));
  LayerCase packed(binary_fc_layer(outputs), input_layer({inputs}, Encoding::bit));
  LayerCase first(binary_fc_layer(outputs), input_layer({inputs}));
  const auto float_kernel = floats.kernel("highway"), packed_kernel = packed.kernel("highway"),
             first_kernel = first.kernel("highway"), portable = packed.kernel("eigen");
  const std::vector<double> seconds = medians_interleaved(state, {{"packed", [&] { packed.run(*packed_kernel); }},
                                                                  {"float", [&] { floats.run(*float_kernel); }},
                                                                  {"first", [&] { first.run(*first_kernel); }},
                                                                  {"eigen", [&] { packed.run(*portable); }}});
  state.counters["ratio_to_float"] = seconds[1] / seconds[0];
  state.counters["float_input_ratio_to_float"] = seconds[1] / seconds[2];
  state.counters["ratio_to_eigen"] = seconds[3] / seconds[0];
  if (outputs * inputs >= first_level_bits) summary().add(seconds[1] / seconds[0]);
}

model::Layer windowed(LayerType type, std::int64_t outputs) {
  model::Layer layer;
  layer.name = "windowed";
  layer.type = type;
  layer.parameters.outputs = outputs;
  layer.parameters.window = {3, 3, 1, 1, 1, 1};
  layer.parameters.pool = {3, 3, 2, 2, 1, 1};
  return layer;
}

void binary_conv_p(benchmark::State& state) {
  const std::int64_t channels = state.range(0), side = state.range(1), outputs = state.range(2);
  LayerCase floats(windowed(LayerType::convolution, outputs), input_layer({channels, side, side}));
  model::Layer pool = windowed(LayerType::max_pooling, 0);
  pool.parameters.window = pool.parameters.pool;
  LayerCase pooling(pool, input_layer({outputs, side, side}));
  const model::Layer block = windowed(LayerType::binary_conv_p, outputs);
  LayerCase packed(block, input_layer({channels, side, side}, Encoding::bit));
  LayerCase first(block, input_layer({channels, side, side}));
  const auto float_kernel = floats.kernel("highway"), pool_kernel = pooling.kernel("highway"),
             packed_kernel = packed.kernel("highway"), first_kernel = first.kernel("highway"),
             portable = packed.kernel("eigen");
  const auto run_floats = [&] {
    floats.run(*float_kernel);
    pooling.run(*pool_kernel);
  };
  const std::vector<double> seconds = medians_interleaved(state, {{"packed", [&] { packed.run(*packed_kernel); }},
                                                                  {"float", run_floats},
                                                                  {"first", [&] { first.run(*first_kernel); }},
                                                                  {"eigen", [&] { packed.run(*portable); }}});
  state.counters["ratio_to_float"] = seconds[1] / seconds[0];
  state.counters["float_input_ratio_to_float"] = seconds[1] / seconds[2];
  state.counters["ratio_to_eigen"] = seconds[3] / seconds[0];
  if (packed.layer().macs / (side * side) >= first_level_bits) summary().add(seconds[1] / seconds[0]);
}

/// Of the layers whose packed weights exceed 32 KiB.
void binary_summary(benchmark::State& state) { summary().report(state); }

BENCHMARK(binary_fc)
    ->Args({3, 4096})
    ->Args({64, 256})
    ->Args({256, 256})
    ->Args({512, 512})
    ->Args({1024, 1024})
    ->Args({2048, 2048})
    ->Args({4096, 4096})
    ->Args({8192, 8192})
    ->Iterations(21)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(binary_conv_p)
    ->Args({3, 32, 4})
    ->Args({4, 16, 16})
    ->Args({24, 16, 16})
    ->Args({64, 32, 64})
    ->Args({128, 16, 256})
    ->Args({256, 16, 256})
    ->Args({512, 14, 512})
    ->Iterations(21)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(binary_summary)->Iterations(1);

}  // namespace
}  // namespace tiercut::benchmarks
