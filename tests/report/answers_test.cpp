// SPDX-License-Identifier: Apache-2.0
#include "report/answers.hpp"

#include <gtest/gtest.h>

#include "report/simulation_report.hpp"

namespace tiercut::report {
namespace {

constexpr std::int64_t picoseconds_a_ms = 1'000'000'000;

planner::Outcome outcome(double probability, int answered_by, std::int64_t latency_ms) {
  planner::Outcome result;
  result.probability = probability;
  result.answered_by = answered_by;
  result.latency = Span(latency_ms * picoseconds_a_ms);
  result.terms[static_cast<std::size_t>(deployment::Term::compute)] = result.latency;
  return result;
}

TEST(Answers, SplitTheMixtureByExit) {
  deployment::StageGraph graph;
  graph.exits = {{"little", 0.5, 0}, {"never", 0, 1}};
  planner::Estimate estimate;
  estimate.outcomes = {outcome(0.25, 0, 30), outcome(0.25, 2, 60), outcome(0.5, 2, 90)};
  const auto answers = answers_of(graph, estimate);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].name, "little");
  EXPECT_DOUBLE_EQ(answers[0].share, 0.25);
  EXPECT_DOUBLE_EQ(answers[0].latency_s.mean, 0.03);
  EXPECT_EQ(answers[1].share, 0);
  EXPECT_EQ(answers[2].name, "final");
  EXPECT_DOUBLE_EQ(answers[2].share, 0.75);
  EXPECT_DOUBLE_EQ(answers[2].latency_s.mean, 0.08);  // (60 + 2 x 90) / 3
  EXPECT_DOUBLE_EQ(answers[2].latency_s.max, 0.09);
  EXPECT_DOUBLE_EQ(mean_terms(estimate)[static_cast<std::size_t>(deployment::Term::compute)], 0.0675);
}

TEST(Answers, ExitCalledFinalDoesNotHideTheFinalAnswer) {
  deployment::StageGraph graph;
  graph.exits = {{"final", 0.5, 0}};
  EXPECT_EQ(answer_names(graph), (std::vector<std::string>{"final", "final answer"}));
}

TEST(Promise, IsHeldOnThePicosecondGrid) {
  scenarios::Scenario scenario;
  EXPECT_TRUE(keeps_promise(scenario, {}));
  scenario.requirement.latency = {Statistic::max, Seconds(0.04)};
  Summary latency;
  latency.max = 0.04 + 1e-14;  // below half a picosecond
  EXPECT_TRUE(keeps_promise(scenario, latency));
  EXPECT_EQ(margin_text(scenario, latency.max), "just kept");
  latency.max = 0.04642;
  EXPECT_FALSE(keeps_promise(scenario, latency));
  EXPECT_EQ(margin_text(scenario, latency.max), "6.420 ms over");
  EXPECT_EQ(margin_text(scenario, 0.03), "10.00 ms to spare");
  EXPECT_EQ(promise_text(scenario), "max latency at most 40.00 ms");
}

TEST(OverloadWarnings, NameTheUnitAndItsLoad) {
  deployment::StageGraph graph;
  graph.resources.resize(2);
  graph.resources[0].name = "pi";
  graph.resources[1].name = "up";
  graph.resources[1].kind = deployment::Resource::Kind::link;
  graph.arrivals.period = Seconds(0.02);
  planner::Load load;
  load.busy = {Seconds(0.03), Seconds(0.0199)};
  const auto warnings = overload_warnings(graph, load);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].code, "overload");
  EXPECT_NE(warnings[0].message.find("unit pi gets 1.500 times"), std::string::npos) << warnings[0].message;
}

TEST(OverloadWarnings, CountMembersAndCopies) {
  deployment::StageGraph graph;
  graph.resources.resize(2);
  graph.resources[0].copies = 6;  // a unit in each of six devices
  graph.resources[1].copies = 1;  // a server for all
  graph.members = 6;
  graph.arrivals.period = Seconds(1);
  planner::Load load;
  load.busy = {Seconds(0.5), Seconds(0.5)};
  EXPECT_DOUBLE_EQ(expected_utilisation(graph, load, 0), 0.5);
  EXPECT_DOUBLE_EQ(expected_utilisation(graph, load, 1), 3.0);
}

}  // namespace
}  // namespace tiercut::report
