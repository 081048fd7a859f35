// SPDX-License-Identifier: Apache-2.0
// From a scenario file to a plan: how long reading, lowering, estimating and planning take.
#include <benchmark/benchmark.h>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/planner.hpp"
#include "scenarios/scenario.hpp"

namespace {

using namespace tiercut;

scenarios::ScenarioPointer scenario_named(const std::string& name) {
  auto scenario = scenarios::read_scenario(name);
  if (!scenario) throw std::runtime_error(to_text(scenario.error()));
  return *scenario;
}

void read_scenario(benchmark::State& state, const std::string& name) {
  for (auto _ : state) benchmark::DoNotOptimize(scenarios::read_scenario(name));
}

void lower_plan(benchmark::State& state, const std::string& name) {
  const auto scenario = scenario_named(name);
  const auto plan = planner::make_plan(*scenario);
  for (auto _ : state) benchmark::DoNotOptimize(deployment::lower(*scenario, plan->plan));
}

void estimate_plan(benchmark::State& state, const std::string& name) {
  const auto plan = planner::make_plan(*scenario_named(name));
  for (auto _ : state) benchmark::DoNotOptimize(planner::estimate(plan->graph));
}

void make_plan(benchmark::State& state, const std::string& name) {
  const auto scenario = scenario_named(name);
  for (auto _ : state) benchmark::DoNotOptimize(planner::make_plan(*scenario));
}

BENCHMARK_CAPTURE(read_scenario, after, "big-little/after")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(read_scenario, six_cameras, "ddnn/six-cameras")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(lower_plan, after, "big-little/after")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(lower_plan, six_cameras, "ddnn/six-cameras")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(estimate_plan, after, "big-little/after")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(estimate_plan, six_cameras, "ddnn/six-cameras")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(make_plan, big_in_cloud_with_ways_out, "big-little/big-in-cloud")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(make_plan, after_pinned, "big-little/after")->Unit(benchmark::kMicrosecond);

}  // namespace
