// SPDX-License-Identifier: Apache-2.0
// Exact joint choice of thresholds against what is done elsewhere, on a synthetic trace of 10,000 samples (latent
// margins, correlation 0.9 between levels; tests/planner_thresholds/random_trace.hpp). Counters: `cost` is the mean
// cost of the thresholds found (levels cost 1, 2, 4, 9, 20, and 40 where there are six), `nodes` what was searched.
#include <benchmark/benchmark.h>

#include "planner/thresholds/certificate.hpp"
#include "planner/thresholds/threshold_baselines.hpp"
#include "planner/thresholds/threshold_front.hpp"
#include "tests/planner_thresholds/random_trace.hpp"

namespace {

using namespace tiercut;
using namespace tiercut::planner;

constexpr std::size_t samples = 10'000;

struct Case {
  profiles::ExitTrace trace;
  LevelCosts costs;
};

const Case& case_of(std::int64_t levels) {
  static const Case five{planner::testing::synthetic_trace({}, 1, samples, samples / 2), {"five", {1, 2, 4, 9, 20}}};
  static const Case six{
      planner::testing::synthetic_trace({{0.94, 0.956, 0.966, 0.970, 0.973, 0.975}}, 1, samples, samples / 2),
      {"six", {1, 2, 4, 9, 20, 40}}};
  return levels == 5 ? five : six;
}

/// Ten-thousandths of the samples: allowed losses, for `error` beyond those of the final answer.
std::uint64_t budget_of(const ThresholdProblem& problem, LossKind loss, std::int64_t share) {
  std::uint64_t budget = static_cast<std::uint64_t>(share) * samples / 10'000;
  if (loss == LossKind::error)
    for (const auto final_loss : problem.final_loss) budget += final_loss;
  return budget;
}

void report(benchmark::State& state, const ThresholdAnswer& answer) {
  state.counters["cost"] = answer.cost;
  state.counters["nodes"] = static_cast<double>(answer.nodes);
  if (!answer.has_thresholds()) state.SkipWithError("no thresholds found");
}

template <LossKind loss>
void exact(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto problem = *make_threshold_problem(trace, {loss});
  ThresholdAnswer answer;
  for (auto _ : state) {
    ThresholdOptimiser optimiser(problem);
    answer = *optimiser.cheapest(budget_of(problem, loss, state.range(1)), {{costs}});
  }
  report(state, answer);
}

/// One more placement, when the reduction of the trace is there already.
template <LossKind loss>
void exact_next_placement(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto problem = *make_threshold_problem(trace, {loss});
  ThresholdOptimiser optimiser(problem);
  ThresholdAnswer answer;
  for (auto _ : state) answer = *optimiser.cheapest(budget_of(problem, loss, state.range(1)), {{costs}});
  report(state, answer);
}

template <LossKind loss>
void shared(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto problem = *make_threshold_problem(trace, {loss});
  ThresholdAnswer answer;
  for (auto _ : state) answer = shared_threshold(problem, budget_of(problem, loss, state.range(1)), costs);
  report(state, answer);
}

template <LossKind loss>
void grid(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto problem = *make_threshold_problem(trace, {loss});
  ThresholdAnswer answer;
  for (auto _ : state) answer = grid_thresholds(problem, budget_of(problem, loss, state.range(1)), costs);
  report(state, answer);
}

template <LossKind loss>
void descent(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto problem = *make_threshold_problem(trace, {loss});
  ThresholdAnswer answer;
  for (auto _ : state) {
    ThresholdOptimiser optimiser(problem);
    answer = descend_coordinates(optimiser, budget_of(problem, loss, state.range(1)), costs);
  }
  report(state, answer);
}

void front(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto problem = *make_threshold_problem(trace, {LossKind::gap});
  std::size_t points = 0;
  for (auto _ : state) {
    ThresholdOptimiser optimiser(problem);
    points = threshold_front(optimiser, budget_of(problem, LossKind::gap, state.range(1)), {{costs}})->size();
  }
  state.counters["points"] = static_cast<double>(points);
}

/// Half the trace to choose on, half to test: `cost` is that of the certified exact thresholds on the test half,
/// `shared` that of one shared threshold certified the same way.
void certified(benchmark::State& state) {
  const auto& [trace, costs] = case_of(state.range(0));
  const auto chosen_on = *make_threshold_problem(trace, {LossKind::gap}, profiles::TracePart::calibration);
  const auto test = *make_threshold_problem(trace, {LossKind::gap}, profiles::TracePart::test);
  const Promise promise{static_cast<double>(state.range(1)) / 10'000, 0.1, {}};
  const std::uint64_t budget = budget_of_share(chosen_on.samples(), 1.3 * promise.loss_rate);
  Certificate exact_one;
  for (auto _ : state) {
    ThresholdOptimiser optimiser(chosen_on);
    exact_one = *certify(chosen_on, test, *threshold_front(optimiser, budget, {{costs}}), {{costs}}, promise);
  }
  const auto shared_one = *certify(chosen_on, test, shared_path(chosen_on, budget, costs), {{costs}}, promise);
  state.counters["cost"] = exact_one.cost_held_out;
  state.counters["shared"] = shared_one.cost_held_out;
}

void cases(benchmark::internal::Benchmark* benchmark) {
  for (const int levels : {5, 6})
    for (const int share : {20, 50, 100}) benchmark->Args({levels, share});
  benchmark->ArgNames({"levels", "share"})->Unit(benchmark::kMillisecond);
}
void hard_cases(benchmark::internal::Benchmark* benchmark) {
  for (const int levels : {5, 6})
    for (const int share : {50, 0}) benchmark->Args({levels, share});
  benchmark->ArgNames({"levels", "share"})->Unit(benchmark::kMillisecond);
}

BENCHMARK(exact<LossKind::gap>)->Apply(cases);
BENCHMARK(exact<LossKind::error>)->Apply(hard_cases);
BENCHMARK(exact_next_placement<LossKind::gap>)->Apply(cases);
BENCHMARK(shared<LossKind::gap>)->Apply(cases);
BENCHMARK(shared<LossKind::error>)->Apply(hard_cases);
BENCHMARK(descent<LossKind::gap>)->Apply(cases);
BENCHMARK(descent<LossKind::error>)->Apply(hard_cases);
BENCHMARK(grid<LossKind::gap>)->Args({5, 20})->Args({5, 50})->Args({5, 100})->Unit(benchmark::kMillisecond);
BENCHMARK(grid<LossKind::error>)->Args({5, 50})->Args({5, 0})->Unit(benchmark::kMillisecond);
BENCHMARK(front)->Args({5, 100})->Unit(benchmark::kMillisecond);
BENCHMARK(certified)->Args({5, 50})->Args({5, 100})->Unit(benchmark::kMillisecond);

}  // namespace
