// SPDX-License-Identifier: Apache-2.0
// Estimate and simulation of the same stage graph, samples far apart: every sample's latency equals that of its
// outcome.
#include <gtest/gtest.h>

#include <cmath>

#include "core/files.hpp"
#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/planner.hpp"
#include "scenarios/scenario.hpp"
#include "tests/simulator/forked.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut {
namespace {

/// The outcome that a sample's own luck selects: the draws of the contract, made here once more.
const planner::Outcome* outcome_of(const planner::Estimate& estimate, const deployment::StageGraph& graph,
                                   std::uint64_t seed, std::int64_t sample) {
  std::int64_t row = 0;
  if (graph.replay) {
    const auto rows = graph.replay->rows();
    RandomStream draws(seed, entity_id("exit trace"), static_cast<std::uint64_t>(sample));
    row = graph.replay->is_in_order ? sample % rows
                                    : static_cast<std::int64_t>(draws.uniform() * static_cast<double>(rows));
  }
  for (const auto& outcome : estimate.outcomes) {
    bool matches = true;
    for (std::size_t e = 0; e < graph.exits.size(); ++e) {
      if (outcome.exits[e] < 0) continue;
      if (graph.replay) {
        matches = matches && graph.replay->is_conclusive(static_cast<int>(e), row) == (outcome.exits[e] == 1);
        continue;
      }
      RandomStream draws(seed, entity_id("exit/" + graph.exits[e].name), static_cast<std::uint64_t>(sample));
      matches = matches && (draws.uniform() < graph.exits[e].probability) == (outcome.exits[e] == 1);
    }
    if (matches) return &outcome;
  }
  return nullptr;
}

/// Holds every simulated sample against the outcome of the estimate that its draws select: the answer, the latency to
/// 1e-9, and (where it comes out on the picosecond grid) every term.
void expect_agreement(const deployment::StageGraph& graph, std::int64_t samples, const std::string& name) {
  const auto estimate = planner::estimate(graph);
  ASSERT_TRUE(estimate) << name << "\n" << to_text(estimate.error());
  std::vector<simulator::Record> records;
  simulator::Options options;
  options.samples = samples;
  const auto result = testing::simulate_forked(graph, options, &records);
  ASSERT_TRUE(result) << name << "\n" << to_text(result.error());
  ASSERT_EQ(static_cast<std::int64_t>(records.size()), samples - graph.warm_up) << name;
  // Every row once: the simulated share of right answers is the estimate's.
  if (graph.replay && graph.replay->is_in_order && graph.warm_up == 0 && samples % graph.replay->rows() == 0) {
    EXPECT_NEAR(static_cast<double>(*result->right) / static_cast<double>(samples), *estimate->accuracy, 1e-12) << name;
  }
  for (const auto& record : records) {
    const auto* outcome = outcome_of(*estimate, graph, options.seed, record.sample);
    ASSERT_NE(outcome, nullptr) << name << ": sample " << record.sample;
    EXPECT_EQ(record.answered_by, outcome->answered_by) << name << ": sample " << record.sample;
    const double wanted = outcome->latency.seconds().value(), got = record.latency.seconds().value();
    ASSERT_LE(std::fabs(wanted - got), 1e-9 * wanted) << name << ": sample " << record.sample;
    if (record.latency != outcome->latency) continue;
    for (int term = 0; term < deployment::term_count; ++term) {
      const auto index = static_cast<std::size_t>(term);
      ASSERT_EQ(record.terms[index].picoseconds(), outcome->terms[index].picoseconds())
          << name << ": sample " << record.sample << ", " << deployment::to_text(static_cast<deployment::Term>(term));
    }
  }
}

class ShippedScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedScenario, SimulatesAsEstimated) {
  const auto scenario = scenarios::read_scenario(GetParam(), {"workload.arrivals={process: periodic, period: 100 s}"});
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  const auto planned = planner::make_plan(**scenario);
  ASSERT_TRUE(planned) << to_text(planned.error());
  deployment::StageGraph graph = planned->graph;
  graph.faults.clear();  // the estimate is of a day without
  expect_agreement(graph, 200, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, ShippedScenario, ::testing::ValuesIn(shipped_names("scenarios")),
                         [](const auto& instance) {
                           std::string name = instance.param;
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
