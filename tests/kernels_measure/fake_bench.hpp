// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "kernels/measure/campaign.hpp"

/// A machine whose every time is known.
namespace tiercut::kernels::test {

/// Asking it takes `tick`; it shows whole multiples of `grain`, if that is not 0.
class FakeStopwatch final : public Stopwatch {
 public:
  explicit FakeStopwatch(double tick = 20e-9, double grain = 0) : tick_(tick), grain_(grain) {}
  Seconds now() override {
    time += tick_;
    return Seconds(grain_ > 0 ? std::floor(time / grain_) * grain_ : time);
  }
  long interruptions() override { return switches; }
  double time = 0;
  long switches = 0;

 private:
  double tick_, grain_;
};

/// Takes what `cost` says of the run's number (from 0).
class FakeSubject final : public Subject {
 public:
  FakeSubject(FakeStopwatch& stopwatch, std::function<double(int)> cost)
      : stopwatch_(stopwatch), cost_(std::move(cost)) {}
  void run() override {
    stopwatch_.time += cost_(runs++);
    is_cool = false;
  }
  void cool() override {
    stopwatch_.time += 5e-3;
    ++coolings;
    is_cool = true;
  }
  int runs = 0, coolings = 0;
  bool is_cool = false;

 private:
  FakeStopwatch& stopwatch_;
  std::function<double(int)> cost_;
};

/// Every layer takes 1 us + 0.1 ns a multiply-accumulate + 0.02 ns a byte moved, times `slowness` now.
inline double true_cost(const BenchCase& bench_case) {
  const model::Layer& layer = bench_case.layer;
  return 1e-6 + 1e-10 * static_cast<double>(layer.macs) +
         2e-11 * (layer.weight_bytes + layer.input_bytes + layer.output_bytes).value();
}

class FakeBench final : public Workbench {
 public:
  explicit FakeBench(FakeStopwatch& stopwatch)
      : stopwatch_(stopwatch), reference_(stopwatch, [this](int) { return 20e-6 * slowness(stopwatch_.time); }) {}
  Result<Prepared> prepare(const BenchCase& bench_case) override {
    stopwatch_.time += 1e-4 + bytes_needed(bench_case) / 1e9;
    if (refused.contains(bench_case.key)) return fail("backend-unsupported", "no backend runs " + bench_case.key);
    prepared.push_back(bench_case.key);
    begun.push_back(stopwatch_.time);
    const auto cost = [this, bench_case](int run) {
      return true_cost(bench_case) * factor(bench_case, run) * slowness(stopwatch_.time);
    };
    return Prepared{std::make_unique<FakeSubject>(stopwatch_, cost), "fake"};
  }
  Subject& reference() override { return reference_; }

  std::function<double(double)> slowness = [](double) { return 1.0; };
  std::function<double(const BenchCase&, int run)> factor = [](const BenchCase&, int) { return 1.0; };
  std::set<std::string> refused;
  std::vector<std::string> prepared;  ///< in order
  std::vector<double> begun;          ///< when

 private:
  FakeStopwatch& stopwatch_;
  FakeSubject reference_;
};

/// Linear layers of `count` different sizes.
inline std::vector<BenchCase> linear_cases(int count, std::int64_t step = 10) {
  std::vector<BenchCase> cases;
  for (int i = 1; i <= count; ++i) {
    model::LayerParameters parameters;
    parameters.outputs = step * i;
    cases.push_back(*case_of(model::LayerType::linear, parameters, {{{64}}}));
  }
  return cases;
}

}  // namespace tiercut::kernels::test
