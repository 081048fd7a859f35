// SPDX-License-Identifier: Apache-2.0
// Planning of graphs: minimum cuts over tiers, chains planned anew, and whole plans of well-known networks with the gap
// they come with. Counters: `gap_percent`, `optimal` (1: proven), `layers`; of re-plans `p50_ms` and `p99_ms` of
// processor time, each over another state of the links.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include "core/random.hpp"
#include "planner/chain_replanner.hpp"
#include "planner/planner.hpp"
#include "planner/tier_problem.hpp"
#include "tests/support/network_case.hpp"

namespace {

using namespace tiercut;
using namespace tiercut::planner;

/// Layers of a few nodes each, of which every node feeds one to three of the next.
TierProblem layered(int nodes, int tiers) {
  RandomStream random(1, entity_id("tiers"), 0);
  const auto below = [&](std::int64_t n) {
    return std::min(n - 1, static_cast<std::int64_t>(random.uniform() * static_cast<double>(n)));
  };
  TierProblem problem;
  problem.tiers = tiers;
  for (int v = 0; v < nodes; ++v) {
    auto& costs = problem.costs.emplace_back();
    std::int64_t cost = 1'000'000 + below(9'000'000);
    for (int t = 0; t < tiers; ++t, cost /= 5) costs.push_back(v == 0 && t > 0 ? TierProblem::forbidden : cost);
  }
  for (int v = 0; v + 1 < nodes; ++v) {
    TierProblem::Tensor tensor{v, {}, {}};
    for (std::int64_t i = 1 + below(3); i > 0; --i) {
      const int consumer = static_cast<int>(std::min<std::int64_t>(nodes - 1, v + 1 + below(5)));
      if (std::find(tensor.consumers.begin(), tensor.consumers.end(), consumer) == tensor.consumers.end())
        tensor.consumers.push_back(consumer);
    }
    for (int t = 0; t + 1 < tiers; ++t) tensor.hops.push_back(500'000 + below(200'000'000));
    problem.tensors.push_back(tensor);
  }
  return problem;
}

void tiers_by_cut(benchmark::State& state) {
  const TierProblem problem = layered(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  TierCut cut;
  for (auto _ : state) benchmark::DoNotOptimize(cut = cheapest_tiers(problem));
  if (const auto wrong = check_tiers(problem, cut); !wrong.empty()) state.SkipWithError(wrong.c_str());
  std::vector<int> used(static_cast<std::size_t>(problem.tiers));
  for (const int tier : cut.tier) used[static_cast<std::size_t>(tier)] = 1;
  state.counters["tiers_used"] = static_cast<double>(std::count(used.begin(), used.end(), 1));
}
BENCHMARK(tiers_by_cut)->Args({1250, 2})->Args({1250, 3})->Args({5000, 3})->Unit(benchmark::kMillisecond);

void check_of_cut(benchmark::State& state) {
  const TierProblem problem = layered(1250, 3);
  const TierCut cut = cheapest_tiers(problem);
  for (auto _ : state) benchmark::DoNotOptimize(check_tiers(problem, cut));
}
BENCHMARK(check_of_cut)->Unit(benchmark::kMillisecond);

/// Seconds of processor time: who else uses the machine must not count.
double thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void chain_replan(benchmark::State& state) {
  auto scenario = tiercut::testing::network_case(tiercut::testing::long_chain(static_cast<int>(state.range(0))));
  for (auto& device : scenario.devices) device.usable_memory = Bytes(1e12);
  auto replanner = ChainReplanner::prepare(scenario);
  if (!replanner) return state.SkipWithError("the chain cannot be prepared");
  RandomStream random(1, entity_id("links"), 0);
  std::vector<double> times;
  std::size_t examined = 0, splits = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (auto& link : scenario.links) {
      link.latency = Seconds(0.0005 * std::pow(40, random.uniform()));
      link.bandwidth = BytesPerSecond(1e5 * std::pow(10, 3 * random.uniform()));
    }
    state.ResumeTiming();
    const double begin = thread_time();
    const auto found = replanner->replan(scenario);
    times.push_back(thread_time() - begin);
    std::set<deployment::Place> used;
    for (std::size_t i = 1; found && i + 1 < found->plan.placement.size(); ++i) used.insert(found->plan.placement[i]);
    splits += used.size() > 1 ? 1 : 0;
    examined = std::max(examined, replanner->examined());
  }
  std::sort(times.begin(), times.end());
  state.counters["p50_ms"] = 1e3 * times[times.size() / 2];
  state.counters["p99_ms"] = 1e3 * times[times.size() * 99 / 100];
  state.counters["split_percent"] = 100.0 * static_cast<double>(splits) / static_cast<double>(times.size());
  state.counters["most_calls"] = static_cast<double>(examined);
}
BENCHMARK(chain_replan)->Arg(300)->Arg(1000)->Iterations(2000)->Unit(benchmark::kMillisecond);

void plan_network(benchmark::State& state, const char* name) {
  const auto scenario = tiercut::testing::network_case(name);
  Result<PlanningResult> result = tl::unexpected(Diagnostics{});
  for (auto _ : state) result = make_plan(scenario, {.with_ways_out = false, .with_baselines = false});
  if (!result) return state.SkipWithError(to_text(result.error()).c_str());
  state.counters["layers"] = static_cast<double>(scenario.model->layers.size());
  state.counters["gap_percent"] = 100 * result->gap;
  state.counters["optimal"] = result->status == deployment::PlanStatus::optimal ? 1 : 0;
  state.SetLabel(result->method);
}
BENCHMARK_CAPTURE(plan_network, resnet_50, "resnet-50")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_network, inception_v3, "inception-v3")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_network, mobilenet_v1, "mobilenet-v1")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_network, nasnet_mobile, "nasnet-mobile")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_network, bert_base, "bert-base")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
