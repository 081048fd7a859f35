// SPDX-License-Identifier: Apache-2.0
// Estimate and simulation of the same stage graph, samples far apart: every sample's latency equals that of its
// outcome.
#include <gtest/gtest.h>

#include <map>

#include "core/files.hpp"
#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/planner.hpp"
#include "scenarios/scenario.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut {
namespace {

/// Holds each simulated sample against the estimate's outcome with the same answer; where several outcomes end in the
/// same answer (an eager exit that was overtaken, say), against any of them.
void expect_agreement(deployment::StageGraph graph, std::int64_t samples, const std::string& name) {
  graph.is_random = false;
  const auto estimate = planner::estimate(graph);
  ASSERT_TRUE(estimate) << name << "\n" << to_text(estimate.error());
  std::vector<simulator::Record> records;
  simulator::Options options;
  options.samples = samples;
  const auto result = testing::simulate_forked(graph, options, &records);
  ASSERT_TRUE(result) << name << "\n" << to_text(result.error());
  ASSERT_EQ(static_cast<std::int64_t>(records.size()), samples - graph.warm_up) << name;
  for (const auto& record : records) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& outcome : estimate->outcomes) {
      if (outcome.answered_by != record.answered_by) continue;
      const double wanted = outcome.latency.seconds().value(), got = record.latency.seconds().value();
      nearest = std::min(nearest, wanted == got ? 0 : std::fabs(wanted - got) / wanted);
    }
    ASSERT_LE(nearest, 1e-9) << name << ": sample " << record.sample << " took " << record.latency.seconds().value();
  }
}

class ShippedScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedScenario, SimulatesAsEstimated) {
  const auto scenario = scenarios::read_scenario(GetParam(), {"workload.arrivals={process: periodic, period: 100 s}"});
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  const auto planned = planner::make_plan(**scenario);
  ASSERT_TRUE(planned) << to_text(planned.error());
  expect_agreement(planned->graph, 200, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, ShippedScenario, ::testing::ValuesIn(shipped_names("scenarios")), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

TEST(Agreement, SimulationEqualsEstimateOnRandomDeployments) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const auto random = testing::random_case(seed);
    auto graph = deployment::lower(random.scenario, random.plan);
    ASSERT_TRUE(graph) << to_text(graph.error());
    expect_agreement(*graph, 12, "seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
  }
}

TEST(Agreement, SimulationEqualsEstimateWithFairLinks) {
  testing::CaseOptions options;
  options.with_fair_links = true;
  for (std::uint64_t seed = 300'001; seed <= 300'060; ++seed) {
    const auto random = testing::random_case(seed, options);
    auto graph = deployment::lower(random.scenario, random.plan);
    ASSERT_TRUE(graph) << to_text(graph.error());
    expect_agreement(*graph, 12, "seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
  }
}

TEST(Agreement, SimulationEqualsEstimateWithColdConnections) {
  testing::CaseOptions options;
  options.with_tcp = true;
  for (std::uint64_t seed = 200'001; seed <= 200'060; ++seed) {
    const auto random = testing::random_case(seed, options);
    auto graph = deployment::lower(random.scenario, random.plan);
    ASSERT_TRUE(graph) << to_text(graph.error());
    expect_agreement(*graph, 12, "seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tiercut
