// SPDX-License-Identifier: Apache-2.0
// Simulated samples a second of the engines on SimGrid, next to SimGrid itself in the same style and the same run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "benchmarks/bare_simgrid.hpp"
#include "benchmarks/child_process.hpp"
#include "benchmarks/deployments.hpp"
#include "simulator/simgrid_simulator.hpp"

namespace tiercut::benchmarks {
namespace {

using simulator::Engine;

constexpr std::int64_t sample_count = 100'000;

Outcome simulate_once(Engine engine, int members, std::int64_t samples, double period_s) {
  return in_child([=] {
    simulator::Options options;
    options.engine = engine;
    options.samples = samples;
    const auto result = simulator::simulate_with_simgrid(device_and_server(members, period_s), options);
    return result ? result->latency_s.mean : 0.0;
  });
}

/// Alternates the two, so that both meet the machine in the same mood; the ratio is that of medians.
void against_bare(benchmark::State& state, Engine engine, double (*bare_program)(std::int64_t, double)) {
  std::vector<double> ours, bare;
  for (auto _ : state) {
    const Outcome b = in_child([=] { return bare_program(sample_count, 0.01); });
    const Outcome o = simulate_once(engine, 1, sample_count, 0.01);
    if (!is_right(state, b, device_and_server_latency) || !is_right(state, o, device_and_server_latency)) return;
    state.SetIterationTime(o.seconds);
    ours.push_back(o.seconds);
    bare.push_back(b.seconds);
  }
  const auto samples = static_cast<double>(sample_count);
  state.counters["samples_per_s"] = samples / median(ours);
  state.counters["bare_samples_per_s"] = samples / median(bare);
  state.counters["ratio_to_bare"] = median(bare) / median(ours);
}
void simgrid_against_bare_activities(benchmark::State& state) {
  against_bare(state, Engine::simgrid, run_bare_activities);
}
void simgrid_timers_against_bare_timers(benchmark::State& state) {
  against_bare(state, Engine::simgrid_timers, run_bare_timers);
}
BENCHMARK(simgrid_against_bare_activities)->UseManualTime()->Iterations(7)->Unit(benchmark::kMillisecond);
BENCHMARK(simgrid_timers_against_bare_timers)->UseManualTime()->Iterations(7)->Unit(benchmark::kMillisecond);

void simulate(benchmark::State& state, Engine engine, int members, std::int64_t samples) {
  std::vector<double> times;
  double memory = 0;
  for (auto _ : state) {
    // A sample every 10 ms in all, or every 2.5 ms where these are of several members.
    const Outcome o = simulate_once(engine, members, samples, 0.01 * members / std::min(members, 4));
    if (!is_right(state, o, device_and_server_latency)) return;
    state.SetIterationTime(o.seconds);
    times.push_back(o.seconds);
    memory = o.peak_mebibytes;
  }
  state.counters["samples_per_s"] = static_cast<double>(samples) / median(times);
  state.counters["peak_MiB"] = memory;
}

/// Samples a hundred times faster than the device takes them: all but a hundredth wait at the end. The mean latency by
/// hand: sample i waits until 2 ms (i + 1), and the rest of its way is never in its way.
void simulate_waiting(benchmark::State& state, Engine engine, std::int64_t samples) {
  const double last = static_cast<double>(samples - 1);
  const double mean = device_and_server_latency + last / 2 * (0.002 - 0.00002);
  double memory = 0;
  for (auto _ : state) {
    const Outcome o = simulate_once(engine, 1, samples, 0.00002);
    if (!is_right(state, o, mean)) return;
    state.SetIterationTime(o.seconds);
    memory = o.peak_mebibytes;
    state.counters["samples_per_s"] = static_cast<double>(samples) / o.seconds;
  }
  state.counters["peak_MiB"] = memory;
}

const bool is_registered = [] {
  for (const Engine engine : {Engine::simgrid, Engine::simgrid_timers, Engine::fast}) {
    const std::string name(to_text(engine));
    const auto add = [&](const std::string& what, int repetitions, auto work) {
      benchmark::RegisterBenchmark((name + "/" + what).c_str(), work)
          ->UseManualTime()
          ->Iterations(repetitions)
          ->Unit(benchmark::kMillisecond);
    };
    for (const int members : {1, 100, 1000, 10'000}) {
      add("members/" + std::to_string(members), 3,
          [=](benchmark::State& state) { simulate(state, engine, members, sample_count); });
    }
    for (const std::int64_t samples : {10'000, 100'000, 1'000'000}) {
      add("samples/" + std::to_string(samples), samples > sample_count ? 1 : 3,
          [=](benchmark::State& state) { simulate(state, engine, 1, samples); });
    }
    for (const std::int64_t samples : {1000, 10'000, 100'000}) {
      add("waiting/" + std::to_string(samples), 1,
          [=](benchmark::State& state) { simulate_waiting(state, engine, samples); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace tiercut::benchmarks
