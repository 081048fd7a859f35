// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/stage_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "deployment/lowering.hpp"
#include "deployment/replay.hpp"
#include "tests/runtime_agent/virtual_deployment.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::runtime {
namespace {

std::vector<bool> bits_of(std::uint32_t conclusive, std::size_t count) {
  std::vector<bool> bits;
  for (std::size_t k = 0; k < count; ++k) bits.push_back((conclusive >> k & 1U) != 0);
  return bits;
}

/// The plan checker's replay knows all devices at once; the machines know one each. They must come to the same moment.
void expect_agreement(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                      const std::string& what) {
  for (std::uint32_t conclusive = 0; conclusive < 1U << graph.exits.size(); ++conclusive) {
    const auto expected = deployment::replay(graph, bits_of(conclusive, graph.exits.size()));
    const auto found = run_on_machines(scenario, graph, conclusive);
    ASSERT_EQ(found.has_value(), expected.has_value()) << what << ", exits " << conclusive;
    if (!expected) continue;
    ASSERT_EQ(found->picoseconds(), expected->picoseconds()) << what << ", exits " << conclusive;
  }
}

class ShippedScenarios : public ::testing::TestWithParam<const char*> {};

TEST_P(ShippedScenarios, AreExecutedAsTheyAreReplayed) {
  const auto scenario = scenarios::read_scenario(GetParam());
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  const auto plan = deployment::pinned(**scenario);
  ASSERT_TRUE(plan) << to_text(plan.error());
  const auto graph = deployment::lower(**scenario, *plan);
  ASSERT_TRUE(graph) << to_text(graph.error());
  expect_agreement(**scenario, *graph, GetParam());
}

INSTANTIATE_TEST_SUITE_P(StageMachine, ShippedScenarios,
                         ::testing::Values("big-little/after", "big-little/eager", "ddnn/six-cameras"));

/// A device learns of work that was cancelled on another one only when a control tells it; the replay knows at once. A
/// join that may go on without what was cancelled can tell the difference.
bool needs_to_know_of_others(const deployment::StageGraph& graph, const deployment::Plan& plan) {
  if (!plan.cancel) return false;
  return std::any_of(graph.stages.begin(), graph.stages.end(), [](const deployment::Stage& stage) {
    const auto* join = std::get_if<deployment::Join>(&stage.work);
    return join != nullptr && join->quorum < static_cast<int>(stage.inputs.size());
  });
}

TEST(StageMachine, RandomPlansAreExecutedAsTheyAreReplayed) {
  int done = 0, unanswered = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const auto each = tiercut::testing::random_case(seed);
    const auto graph = deployment::lower(each.scenario, each.plan);
    if (!graph || graph->exits.size() > 6 || needs_to_know_of_others(*graph, each.plan)) continue;
    expect_agreement(each.scenario, *graph, "seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
    if (!deployment::replay(*graph, bits_of(0, graph->exits.size()))) ++unanswered;
    ++done;
  }
  EXPECT_GT(done, 2000);
  RecordProperty("cases", done);
  RecordProperty("unanswered", unanswered);
}

}  // namespace
}  // namespace tiercut::runtime
