// SPDX-License-Identifier: Apache-2.0
// Simulated samples a second, next to SimGrid itself in the same run. One engine lives in a process, so each
// measurement is a child that tells its processor time through a pipe.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <vector>

#include "benchmarks/bare_simgrid.hpp"
#include "simulator/simgrid_simulator.hpp"

namespace tiercut::benchmarks {
namespace {

constexpr std::int64_t sample_count = 100'000;
constexpr double mean_latency = 0.03333568;  // 2 + 15 + 0.32768 + 1 + 15 + 0.008 ms

struct Outcome {
  double seconds = 0;
  double mean_latency_s = 0;
  double peak_mebibytes = 0;
};

/// Of this process, which has one thread: unlike wall time it hardly minds what else the machine does.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Runs `work`, which returns a mean latency, in a child.
Outcome in_child(const std::function<double()>& work) {
  int ends[2];
  Outcome outcome;
  if (pipe(ends) != 0) return outcome;
  const pid_t child = fork();
  if (child == 0) {
    const double start = cpu_seconds();
    outcome.mean_latency_s = work();
    outcome.seconds = cpu_seconds() - start;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    outcome.peak_mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
    const ssize_t written = write(ends[1], &outcome, sizeof outcome);
    _exit(written == sizeof outcome ? 0 : 1);
  }
  close(ends[1]);
  if (read(ends[0], &outcome, sizeof outcome) != sizeof outcome) outcome = {};
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return outcome;
}

/// A device of `members` alike, each with its own link, and one server (one a member, as many samples as may come).
deployment::StageGraph device_and_server(int members, double period_s) {
  using namespace deployment;
  StageGraph graph;
  const auto unit = [&](const char* name) {
    Resource r;
    r.name = name;
    r.copies = members;
    graph.resources.push_back(r);
  };
  const auto link = [&](const char* name) {
    Resource r;
    r.kind = Resource::Kind::link;
    r.name = name;
    r.copies = members;
    r.latency = r.fixed_latency = Span(15'000'000'000);
    r.bandwidth = BytesPerSecond(12.5e6);
    graph.resources.push_back(r);
  };
  unit("device"), unit("server"), link("up"), link("down");
  const auto compute = [&](const char* name, int resource, std::int64_t microseconds) {
    Compute work;
    work.unit = {resource, 0};
    work.cost = Span(microseconds * 1'000'000);
    const auto before = static_cast<StageId>(graph.stages.size()) - 1;
    graph.stages.push_back({name, {{before, Condition::always}}, work});
  };
  const auto transfer = [&](const char* name, int resource, double bytes) {
    Transfer work;
    work.message.hops = {{resource, 0}};
    work.message.size = Bytes(bytes);
    const auto before = static_cast<StageId>(graph.stages.size()) - 1;
    graph.stages.push_back({name, {{before, Condition::always}}, work});
  };
  graph.stages.push_back({"source", {}, Source{}});
  compute("little", 0, 2000);
  transfer("features", 2, 4096);
  compute("big", 1, 1000);
  transfer("answer back", 3, 100);
  graph.answer = static_cast<StageId>(graph.stages.size());
  graph.stages.push_back({"answer", {{graph.answer - 1, Condition::always}}, Answer{}});
  graph.members = members;
  graph.arrivals.period = Seconds(period_s * members);
  return graph;
}

Outcome simulate_once(int members, std::int64_t samples) {
  return in_child([=] {
    simulator::Options options;
    options.samples = samples;
    const auto result = simulator::simulate_with_simgrid(device_and_server(members, 0.01 / std::min(members, 4)), options);
    return result ? result->latency_s.mean : 0.0;
  });
}

Outcome bare_once(std::int64_t samples) {
  return in_child([=] { return run_bare_simgrid(samples, 0.01); });
}

bool is_right(benchmark::State& state, const Outcome& outcome) {
  if (std::fabs(outcome.mean_latency_s - mean_latency) < 1e-9) return true;
  state.SkipWithError("the mean latency is wrong");
  return false;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// Alternates the two, so that both meet the machine in the same mood; the ratio is that of medians.
void simulate_against_bare_simgrid(benchmark::State& state) {
  std::vector<double> ours, bare;
  for (auto _ : state) {
    const Outcome b = bare_once(sample_count), o = simulate_once(1, sample_count);
    if (!is_right(state, b) || !is_right(state, o)) return;
    state.SetIterationTime(o.seconds);
    ours.push_back(o.seconds);
    bare.push_back(b.seconds);
  }
  const auto samples = static_cast<double>(sample_count);
  state.counters["samples_per_s"] = samples / median(ours);
  state.counters["bare_samples_per_s"] = samples / median(bare);
  state.counters["ratio_to_bare"] = median(bare) / median(ours);
}
BENCHMARK(simulate_against_bare_simgrid)->UseManualTime()->Iterations(7)->Unit(benchmark::kMillisecond);

void simulate_members(benchmark::State& state) {
  std::vector<double> times;
  double memory = 0;
  for (auto _ : state) {
    const Outcome o = simulate_once(static_cast<int>(state.range(0)), sample_count);
    if (!is_right(state, o)) return;
    state.SetIterationTime(o.seconds);
    times.push_back(o.seconds);
    memory = o.peak_mebibytes;
  }
  state.counters["samples_per_s"] = static_cast<double>(sample_count) / median(times);
  state.counters["peak_MiB"] = memory;
}
BENCHMARK(simulate_members)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10'000)
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

void simulate_memory(benchmark::State& state) {
  double memory = 0;
  for (auto _ : state) {
    const Outcome o = simulate_once(1, state.range(0));
    if (!is_right(state, o)) return;
    state.SetIterationTime(o.seconds);
    memory = o.peak_mebibytes;
  }
  state.counters["peak_MiB"] = memory;
}
BENCHMARK(simulate_memory)->Arg(10'000)->Arg(1'000'000)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tiercut::benchmarks
