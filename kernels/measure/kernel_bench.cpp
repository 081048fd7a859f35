// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/kernel_bench.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "kernels/forward.hpp"

namespace tiercut::kernels {
namespace {

/// Values about zero, as a maximum or a ReLU that always decides alike would be guessed by the processor.
void fill(Buffer& buffer, const model::Layer& producer, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto count = static_cast<std::size_t>(producer.shape.elements());
  if (producer.encoding == model::Encoding::bit) {
    const std::size_t words = (count + 63) / 64;
    for (std::size_t i = 0; i < words; ++i) buffer.words()[i] = random();
    if (count % 64 != 0) buffer.words()[words - 1] &= (std::uint64_t{1} << count % 64) - 1;
    return;
  }
  for (std::size_t i = 0; i < count; ++i)
    buffer.floats()[i] = static_cast<float>(random() >> 40) * (2.0F / (1U << 24)) - 1.0F;
}

class SeriesSubject final : public Subject {
 public:
  SeriesSubject(ForwardPass pass, CacheSweeper& sweeper) : pass_(std::move(pass)), sweeper_(sweeper) {}
  void run() override { pass_.run(); }
  void cool() override { sweeper_.sweep(); }

 private:
  ForwardPass pass_;
  CacheSweeper& sweeper_;
};

Result<ForwardPass> pass_of(const BenchCase& bench_case, ThreadPool& threads, const std::string& backend) {
  auto pass = ForwardPass::make(*bench_case.model, bench_case.layers, {}, threads, backend);
  if (!pass) return pass;
  for (const model::LayerId id : bench_case.layers) {
    for (const model::LayerId input : bench_case.model->layer(id).inputs) {
      if (std::ranges::binary_search(bench_case.layers, input)) continue;
      fill(pass->tensor(input), bench_case.model->layer(input), static_cast<std::uint64_t>(input) + 1);
    }
  }
  return pass;
}

/// Arithmetic out of the first two cache levels: it feels the clock and whoever shares the core.
BenchCase reference_case() {
  model::LayerParameters parameters;
  parameters.outputs = 128;
  return *case_of(model::LayerType::linear, parameters, {{{256}}});
}

}  // namespace

KernelBench::KernelBench(int threads, std::string backend, std::size_t last_level_bytes)
    : threads_(threads), backend_(std::move(backend)), sweeper_(last_level_bytes) {
  auto pass = pass_of(reference_case(), single_thread_, {});
  if (!pass) throw std::logic_error("no backend runs a Linear layer");
  reference_ = std::make_unique<SeriesSubject>(std::move(*pass), sweeper_);
}

Result<Workbench::Prepared> KernelBench::prepare(const BenchCase& bench_case) {
  auto pass = pass_of(bench_case, threads_, backend_);
  const bool is_unsupported = !pass && !backend_.empty() && pass.error().front().code == "backend-unsupported";
  // A series that fell back would run on other backends than its layers did by themselves.
  const bool may_fall_back = bench_case.segment.empty() || backend_ == backends().front()->name();
  if (is_unsupported && may_fall_back) pass = pass_of(bench_case, threads_, {});
  if (!pass) return tl::unexpected(std::move(pass.error()));
  std::string used = pass->backends_used();
  return Prepared{std::make_unique<SeriesSubject>(std::move(*pass), sweeper_), std::move(used)};
}

}  // namespace tiercut::kernels
