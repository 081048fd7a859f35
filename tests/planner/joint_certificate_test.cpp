// SPDX-License-Identifier: Apache-2.0
// What a plan with chosen thresholds claims, and what the checker says when a claim is touched.
#include <gtest/gtest.h>

#include <functional>

#include "deployment/plan_checker.hpp"
#include "planner/planner.hpp"
#include "tests/planner_thresholds/random_trace.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;

/// A chain with two exits in file order, escalating after, over a synthetic population.
scenarios::Scenario two_exits(std::size_t calibration, std::size_t test, std::uint64_t seed = 1) {
  scenarios::Scenario scenario;
  for (std::uint64_t s = 1;; ++s) {
    scenario = tiercut::testing::random_case(s, {.is_chain = true, .most_devices = 2, .most_layers = 7}).scenario;
    if (scenario.exits.size() == 2 && scenario.places().size() > 1) break;
  }
  auto trace = testing::synthetic_trace({.accuracy = {0.93, 0.96, 0.98}}, seed, calibration + test, calibration);
  for (std::size_t k = 0; k < 2; ++k) {
    trace.answers[k].exit = scenario.model->exits[k].name;
    scenario.exits[k] = scenarios::ExitStatement{.probability = 0, .source = "", .threshold = {}, .is_open = true};
    scenario.policy.escalation[k] = scenarios::Escalation::after;
  }
  scenario.exit_trace = scenarios::TraceUse{
      std::make_shared<profiles::ExitTrace>(std::move(trace)), profiles::TracePart::test, false, {}};
  return scenario;
}

scenarios::QualityRequirement at_most(double errors, std::optional<double> confidence) {
  return {.measure = scenarios::QualityRequirement::Measure::error, .limit = errors, .confidence = confidence};
}

PlanningResult planned(const scenarios::Scenario& scenario) {
  auto result = make_plan(scenario, {.with_ways_out = false, .with_baselines = false});
  if (!result) throw std::runtime_error(to_text(result.error()));
  return std::move(*result);
}

deployment::PlanDocument document_of(const scenarios::Scenario& scenario, const PlanningResult& result) {
  deployment::PlanDocument document;
  document.plan = result.plan;
  document.scenario_hash = scenario.hash;
  document.status = result.status;
  document.objective_s = result.objective_s;
  document.lower_bound_s = result.lower_bound_s;
  document.latency_s = result.estimate.latency_s;
  document.thresholds = result.claims;
  return document;
}

TEST(JointCertificate, KeepsItsPromiseOnSamplesNotUsedToChoose) {
  auto scenario = two_exits(2000, 2000);
  scenario.requirement.quality = at_most(0.04, 0.95);
  const auto result = planned(scenario);
  ASSERT_EQ(result.status, PlanStatus::optimal);
  ASSERT_TRUE(result.claims->certified && result.claims->held_out);
  EXPECT_EQ(result.claims->certified->loss, 0.04);
  EXPECT_EQ(result.claims->measured.samples, 2000);
  // Of 2000 samples at most 65 errors certify 4 % at 95 %: P(Bin(2000, 0.04) <= 65) = 0.0457, <= 66 = 0.0585.
  EXPECT_LE(result.claims->held_out->lost, 65);
  EXPECT_LE(result.claims->measured.lost, 80);
  const auto report = deployment::check_plan(scenario, document_of(scenario, result));
  EXPECT_TRUE(report.holds()) << to_text(report.findings);
  EXPECT_GT(report.cheap_bound_s, 0);
  EXPECT_LE(report.cheap_bound_s, result.objective_s);
}

TEST(JointCertificate, IsDearerThanWhatIsOnlyMeasured) {
  auto scenario = two_exits(1000, 1000);
  scenario.requirement.quality = at_most(0.05, std::nullopt);
  const auto measured = planned(scenario);
  scenario.requirement.quality = at_most(0.05, 0.99);
  const auto certified = planned(scenario);
  ASSERT_EQ(certified.status, PlanStatus::optimal);
  EXPECT_LE(measured.objective_s, certified.objective_s);
  EXPECT_LE(measured.claims->measured.lost, 50);
}

TEST(JointCertificate, SaysHowManySamplesAreMissing) {
  auto scenario = two_exits(500, 100);
  scenario.requirement.quality = at_most(0.01, 0.95);
  scenario.requirement.quality->measure = scenarios::QualityRequirement::Measure::gap;
  const auto result = planned(scenario);
  EXPECT_EQ(result.status, PlanStatus::infeasible);
  ASSERT_EQ(result.conflict.size(), 1U);
  double needed = 0;
  for (const auto& way : result.ways_out)
    if (way.what == "samples") needed = way.needed;
  EXPECT_EQ(needed, 299);  // 0.99^298 = 0.05004, 0.99^299 = 0.0495
}

TEST(JointCertificate, TheCheckerObjectsToEveryTouchedClaim) {
  auto scenario = two_exits(800, 800);
  scenario.requirement.quality = at_most(0.06, 0.95);
  const auto result = planned(scenario);
  ASSERT_EQ(result.status, PlanStatus::optimal);
  const auto sound = document_of(scenario, result);
  ASSERT_TRUE(deployment::check_plan(scenario, sound).holds());
  const std::vector<std::function<void(deployment::PlanDocument&)>> touches = {
      [](auto& d) { ++d.thresholds->measured.lost; },
      [](auto& d) { --d.thresholds->held_out->lost; },
      [](auto& d) { d.thresholds->measured.accuracy += 1e-6; },
      [](auto& d) { d.thresholds->held_out->latency_s.p99 *= 1.001; },
      [](auto& d) { d.thresholds->allowance = d.thresholds->measured.lost - 1; },
      [](auto& d) { d.thresholds->certified->loss = 0.001; },
      [](auto& d) { d.thresholds->certified->confidence = 0.9; },
      [](auto& d) { d.thresholds->certified.reset(); },
      [](auto& d) { d.thresholds->loss = "gap"; },
      [](auto& d) { d.objective_s *= 1.01; },
      [](auto& d) { d.lower_bound_s *= 0.5; },
      [](auto& d) {
        for (auto& threshold : d.plan.thresholds)
          if (threshold) threshold = 1 - *threshold / 2;
      },
      [](auto& d) { d.plan.uses_exit.assign(d.plan.uses_exit.size(), false); },
  };
  for (std::size_t t = 0; t < touches.size(); ++t) {
    auto touched = sound;
    touches[t](touched);
    EXPECT_FALSE(deployment::check_plan(scenario, touched).holds()) << "touch " << t;
  }
}

TEST(JointCertificate, WithoutAGoalNothingIsChosen) {
  auto scenario = two_exits(50, 50);
  const auto result = make_plan(scenario);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "no-goal");
}

}  // namespace
}  // namespace tiercut::planner
