// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "interleaved.hpp"
#include "kernels/highway/large_buffer.hpp"
#include "kernels/highway/read_bandwidth.hpp"
#include "layer_case.hpp"
#include "onednn_baseline.hpp"
#ifdef TIERCUT_BENCHMARK_OPENBLAS
#include <cblas.h>
#endif

// Linear, one sample, one thread: against OpenBLAS's sgemv, oneDNN's inner product, and reading the weights only.
namespace tiercut::benchmarks {
namespace {

constexpr std::array<std::array<int, 2>, 20> shapes = {
    {{256, 256},   {256, 1024},  {1024, 256},  {512, 512},   {512, 2048},  {2048, 512},  {1000, 1024},
     {1024, 1024}, {1000, 2048}, {1024, 4096}, {4096, 1024}, {2048, 2048}, {1000, 4096}, {2048, 4096},
     {4096, 2048}, {3072, 4096}, {4096, 4096}, {4096, 8192}, {8192, 4096}, {8192, 8192}}};

Summary& summary() {
  static Summary all;
  return all;
}

/// The weights as a library's user has them, row after row; in huge pages, as ours are.
kernels::LargeBuffer plain_copy_of(const std::vector<float>& floats) {
  kernels::LargeBuffer copy(floats.size());
  std::ranges::copy(floats, copy.floats());
  return copy;
}

#ifdef TIERCUT_BENCHMARK_OPENBLAS
Contender sgemv(const LayerCase& layer, const kernels::LargeBuffer& weights, std::vector<float>& y) {
  openblas_set_num_threads(1);
  const auto rows = static_cast<int>(layer.layer().parameters.outputs);
  const auto columns = static_cast<int>(layer.layer().input_shape.elements());
  return {"openblas", [&weights, &y, x = layer.input().floats(), rows, columns] {
            const float* bias = weights.floats() + std::int64_t{rows} * columns;
            std::copy_n(bias, rows, y.begin());
            cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, columns, 1, weights.floats(), columns, x, 1, 1, y.data(), 1);
          }};
}
#endif

double largest_difference(const std::vector<float>& a, const float* b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
  return largest;
}

void linear(benchmark::State& state) {
  LayerCase layer(linear_layer(state.range(0)), input_layer({state.range(1)}));
  const auto kernel = layer.kernel("highway");
  const auto rows = static_cast<std::size_t>(state.range(0));
  const kernels::LargeBuffer weights = plain_copy_of(layer.weights().floats);
  const std::size_t products = rows * static_cast<std::size_t>(state.range(1));
  std::vector<float> theirs(rows), y(rows);
  std::vector<Contender> contenders = {{"highway", [&] { layer.run(*kernel); }}};
  OnednnLayer onednn;
  if (has_onednn()) {
    onednn = onednn_layer(layer.layer(), layer.weights().floats.data(), layer.input().floats());
    contenders.push_back({"onednn", onednn.run});
  }
#ifdef TIERCUT_BENCHMARK_OPENBLAS
  contenders.push_back(sgemv(layer, weights, y));
#endif
  const std::size_t libraries = contenders.size();
  for (const int streams : {1, 2, 4, 8}) {
    contenders.push_back({"read", [&weights, products, streams] {
                            benchmark::DoNotOptimize(kernels::read_streams(weights.floats(), products, streams));
                          }});
  }
  const std::vector<double> seconds = medians_interleaved(state, contenders);
  const double read = *std::min_element(seconds.begin() + static_cast<std::ptrdiff_t>(libraries), seconds.end());
  state.counters["GB/s"] = 4e-9 * static_cast<double>(products) / seconds[0];
  state.counters["ratio_to_read_bandwidth"] = read / seconds[0];
  double best = INFINITY;
  for (std::size_t i = 1; i < libraries; ++i) {
    state.counters["ratio_to_" + contenders[i].name] = seconds[i] / seconds[0];
    best = std::min(best, seconds[i]);
  }
  if (onednn.run) {
    onednn.copy_output(theirs.data());
    state.counters["difference"] = largest_difference(theirs, layer.output().floats());
  }
  if (libraries > 1) summary().add(best / seconds[0]);
}

void linear_summary(benchmark::State& state) { summary().report(state); }

void choose_shapes(benchmark::internal::Benchmark* all) {
  for (const auto& [rows, columns] : shapes) all->Args({rows, columns});
}

BENCHMARK(linear)->Apply(choose_shapes)->Iterations(31)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(linear_summary)->Iterations(1);

}  // namespace
}  // namespace tiercut::benchmarks
