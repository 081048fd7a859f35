// SPDX-License-Identifier: Apache-2.0
// The engine `fast` on the deployment `two_exits`, next to the same deployment written by hand over a bare heap.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "benchmarks/bare_heap.hpp"
#include "benchmarks/child_process.hpp"
#include "benchmarks/deployments.hpp"
#include "benchmarks/interleaved.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::benchmarks {
namespace {

using simulator::Options;
using simulator::Record;

constexpr std::int64_t sample_count = 1'000'000;
/// Of one member; a million of them every second, else every 5 ms.
double period_of(int members) { return members > 1000 ? 1.0 : 0.005; }

Options options_for(std::int64_t samples, bool with_terms) {
  Options options;
  options.engine = simulator::Engine::fast;
  options.samples = samples;
  options.with_terms = with_terms;
  return options;
}

/// Latency and exit of each sample, or its whole record.
std::vector<BareRecord> simulate_exits(const deployment::StageGraph& graph) {
  std::vector<BareRecord> records(sample_count);
  const auto result = simulator::simulate(graph, options_for(sample_count, false), [&](const Record& record) {
    records[static_cast<std::size_t>(record.sample)] = {record.latency.picoseconds(), record.answered_by};
  });
  if (!result) records.clear();
  return records;
}
std::vector<Record> simulate_terms(const deployment::StageGraph& graph) {
  std::vector<Record> records(sample_count);
  const auto result = simulator::simulate(graph, options_for(sample_count, true), [&](const Record& record) {
    records[static_cast<std::size_t>(record.sample)] = record;
  });
  if (!result) records.clear();
  return records;
}

bool are_equal(const std::vector<BareRecord>& a, const std::vector<BareRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const BareRecord& x, const BareRecord& y) {
    return x.latency_ps == y.latency_ps && x.exit == y.exit;
  });
}

void fast_against_bare_heap(benchmark::State& state) {
  const int members = static_cast<int>(state.range(0));
  const double period_s = period_of(members);
  const auto graph = two_exits(members, period_s);
  const auto ours = simulate_exits(graph);
  for (const bool with_blocks : {false, true}) {
    if (are_equal(ours, run_bare_heap(members, period_s, sample_count, 1, with_blocks))) continue;
    return state.SkipWithError("the bare heap loop and the simulator differ");
  }
  const auto bare = [&](bool with_blocks) {
    benchmark::DoNotOptimize(run_bare_heap(members, period_s, sample_count, 1, with_blocks).data());
  };
  const auto times =
      medians_interleaved(state, {{"latency and exit", [&] { benchmark::DoNotOptimize(simulate_exits(graph).data()); }},
                                  {"terms", [&] { benchmark::DoNotOptimize(simulate_terms(graph).data()); }},
                                  {"bare, a stream each", [&] { bare(false); }},
                                  {"bare, draws in blocks", [&] { bare(true); }}});
  const auto samples = static_cast<double>(sample_count);
  state.counters["samples_per_s"] = samples / times[0];
  state.counters["with_terms_per_s"] = samples / times[1];
  state.counters["bare_per_s"] = samples / times[2];
  state.counters["bare_blocks_per_s"] = samples / times[3];
  state.counters["ratio_to_bare"] = times[2] / times[0];
  state.counters["ratio_to_bare_blocks"] = times[3] / times[0];
}
BENCHMARK(fast_against_bare_heap)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(1'000'000)
    ->UseManualTime()
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);

/// In a process of its own, for its memory; no records.
void fast_at_scale(benchmark::State& state) {
  const int members = static_cast<int>(state.range(0));
  const std::int64_t samples = state.range(1);
  for (auto _ : state) {
    const Outcome outcome = in_child([=] {
      const auto result = simulator::simulate(two_exits(members, period_of(members)), options_for(samples, false));
      return result && result->samples == samples ? result->latency_s.p99 : -1.0;
    });
    if (!(outcome.value > 0.03)) return state.SkipWithError("no such simulation");
    state.SetIterationTime(outcome.seconds);
    state.counters["samples_per_s"] = static_cast<double>(samples) / outcome.seconds;
    state.counters["peak_MiB"] = outcome.peak_mebibytes;
  }
}
BENCHMARK(fast_at_scale)
    ->Args({1, 100'000})
    ->Args({1, 1'000'000})
    ->Args({1, 10'000'000})
    ->Args({1, 100'000'000})
    ->Args({1000, 10'000'000})
    ->Args({100'000, 10'000'000})
    ->Args({1'000'000, 20'000'000})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tiercut::benchmarks
