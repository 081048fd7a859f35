// SPDX-License-Identifier: Apache-2.0
#include "deployment/arrival_times.hpp"

#include <gtest/gtest.h>

#include <map>

#include "deployment/lowering.hpp"
#include "runtime/agent/drawn_outcomes.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::runtime {
namespace {

deployment::StageGraph graph_of(const std::string& name, const std::vector<std::string>& overrides) {
  const auto scenario = scenarios::read_scenario(name, overrides);
  if (!scenario) throw std::runtime_error(to_text(scenario.error()));
  const auto plan = deployment::pinned(**scenario);
  if (!plan) throw std::runtime_error(to_text(plan.error()));
  return deployment::lower(**scenario, *plan).value();
}

/// What the simulator makes of the same graph and seed, sample by sample.
std::map<std::int64_t, simulator::Record> simulated(const deployment::StageGraph& graph, std::uint64_t seed) {
  std::map<std::int64_t, simulator::Record> records;
  simulator::Options options;
  options.engine = simulator::Engine::fast;
  options.samples = 500;
  options.seed = seed;
  const auto result =
      simulator::simulate(graph, options, [&](const simulator::Record& record) { records[record.sample] = record; });
  EXPECT_TRUE(result.has_value());
  return records;
}

void expect_the_simulators_luck(const deployment::StageGraph& graph, std::uint64_t seed) {
  const auto records = simulated(graph, seed);
  ASSERT_EQ(records.size(), 500u);
  deployment::ArrivalTimes arrivals(graph, seed);
  std::int64_t early = 0;
  for (const auto& [sample, record] : records) {
    const deployment::ArrivalTimes::Arrival arrival = arrivals.next();
    EXPECT_EQ(arrival.when, record.arrival) << sample;
    EXPECT_EQ(arrival.member, record.member) << sample;
    const bool is_early = (drawn_outcomes(graph, seed, sample) & 1U) != 0;
    EXPECT_EQ(record.answered_by == 0, is_early) << sample;
    if (is_early) ++early;
  }
  EXPECT_GT(early, 0);
  EXPECT_LT(early, 500);
}

TEST(Arrivals, PeriodicOnesAreTheSimulators) { expect_the_simulators_luck(graph_of("big-little/after", {}), 3); }

TEST(Arrivals, PoissonOnesAreTheSimulators) {
  expect_the_simulators_luck(graph_of("big-little/eager", {"workload.arrivals.process=poisson"}), 11);
}

TEST(Arrivals, BurstyOnesAreTheSimulators) {
  auto graph = graph_of("big-little/after", {});
  graph.arrivals = {scenarios::Arrivals::Process::bursty, Seconds(0.5), Seconds(2), Seconds(3)};
  expect_the_simulators_luck(graph, 5);
}

}  // namespace
}  // namespace tiercut::runtime
