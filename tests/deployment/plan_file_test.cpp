// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "core/files.hpp"
#include "deployment/plan.hpp"
#include "tests/deployment/platform_builder.hpp"

namespace tiercut::deployment {
namespace {

using namespace tiercut::testing;

const std::string data = std::string(TIERCUT_SOURCE_DIR) + "/tests/deployment/data/";

/// big_little with a camera without profile, a board of two units, and a group of three.
scenarios::Scenario platform_of_the_fixtures() {
  PlatformBuilder platform(big_little().model);
  const DeviceRef pi = platform.device("pi");
  platform.device("jetson", profile_of({unit_of("cpu", "cpu"), unit_of("gpu", "gpu")}));
  platform.device("edges", profile_of(), 3);
  platform.device("camera", nullptr);
  platform.source("image", pi);
  return platform.finish(pi);
}

Result<PlanDocument> read(const std::string& name, Diagnostics& warnings) {
  return read_plan(data + name, platform_of_the_fixtures(), warnings);
}

std::vector<std::string> errors_of(const std::string& name) {
  Diagnostics warnings;
  const auto plan = read(name, warnings);
  if (plan) return {};
  for (const Diagnostic& diagnostic : plan.error()) EXPECT_GT(diagnostic.where.line, 0) << diagnostic.code;
  return codes_of(plan.error());
}

TEST(PlanFile, ReadsEveryKey) {
  Diagnostics warnings;
  const PlanDocument document = value_of(read("good.yaml", warnings));
  EXPECT_TRUE(warnings.empty()) << to_text(warnings);
  EXPECT_EQ(document.scenario_file, "scenario.yaml");
  EXPECT_EQ(document.made_by, "a person");
  EXPECT_EQ(document.status, PlanStatus::optimal);
  EXPECT_EQ(document.method, "by hand");
  EXPECT_EQ(document.objective_s, 0.038);
  EXPECT_EQ(document.lower_bound_s, 0.019);
  EXPECT_EQ(document.gap, 0.5);
  ASSERT_TRUE(document.latency_s);
  EXPECT_EQ(document.latency_s->p50, 0.030);
  EXPECT_EQ(document.latency_s->max, 0.04642);
  const Place pi{{0, 0}, 0};
  EXPECT_EQ(document.plan.placement[1], pi);
  EXPECT_EQ(document.plan.placement[2], (Place{{1, 0}, 0}));
  EXPECT_EQ(document.plan.placement[3], (Place{{1, 0}, 1}));
  EXPECT_EQ(document.plan.placement[4], (Place{{2, 3}, 0}));
  EXPECT_EQ(document.plan.placement[5], pi);  // the Output, where the workload wants the answer
  EXPECT_TRUE(document.plan.uses_exit[0]);
  EXPECT_EQ(document.plan.escalation[0], scenarios::Escalation::eager);
  EXPECT_EQ(document.plan.thresholds[0], 0.25);
  EXPECT_EQ(document.plan.encodings.at(0), model::Encoding::int8);
  EXPECT_TRUE(document.plan.cancel);
}

TEST(PlanFile, AnotherHashIsAWarning) {
  Diagnostics warnings;
  EXPECT_TRUE(read("stale.yaml", warnings));
  EXPECT_THAT(codes_of(warnings), ::testing::ElementsAre("stale-plan"));
  EXPECT_FALSE(has_errors(warnings));
}

TEST(PlanFile, NamesTheScenarioBesideIt) {
  const std::string scenario = value_of(scenario_of_plan(data + "good.yaml"));
  EXPECT_TRUE(std::filesystem::equivalent(scenario, data + "scenario.yaml"));
}

TEST(PlanFile, ScenarioThatIsNotThere) {
  const auto scenario = scenario_of_plan(data + "scenario_missing.yaml");
  ASSERT_FALSE(scenario);
  EXPECT_THAT(codes_of(scenario.error()), ::testing::ElementsAre("reference-not-found"));
}

TEST(PlanFile, UnknownNamesAreReportedAtOnce) {
  EXPECT_THAT(errors_of("unknown_names.yaml"),
              ::testing::UnorderedElementsAre("unknown-layer", "unknown-device", "unknown-unit", "missing-layer",
                                              "unknown-exit", "missing-exit", "unknown-layer"));
}

TEST(PlanFile, UnknownLayerComesWithTheNearestName) {
  Diagnostics warnings;
  const auto plan = read("unknown_names.yaml", warnings);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error()[0].code, "unknown-layer");
  EXPECT_THAT(plan.error()[0].hint, ::testing::HasSubstr("little/fc"));
}

TEST(PlanFile, LayerPlacedTwice) {
  EXPECT_THAT(errors_of("layer_placed_twice.yaml"), ::testing::ElementsAre("duplicate-key"));
}

TEST(PlanFile, PlacesThatRunNothing) {
  EXPECT_THAT(errors_of("unplaceable.yaml"), ::testing::UnorderedElementsAre("unplaceable-layer", "ambiguous-unit",
                                                                             "not-placeable", "unknown-device"));
}

TEST(PlanFile, BareNumberForATime) {
  EXPECT_THAT(errors_of("objective_without_unit.yaml"), ::testing::ElementsAre("missing-unit"));
}

TEST(PlanFile, ThresholdOutOfRange) {
  EXPECT_THAT(errors_of("threshold_out_of_range.yaml"), ::testing::ElementsAre("out-of-range"));
}

RC_GTEST_PROP(PlanFile, WrittenAndReadIsTheSame, ()) {
  const auto scenario = platform_of_the_fixtures();
  const auto time = rc::gen::map(rc::gen::inRange(0, 1 << 30), [](int n) { return n * 1.2345678901234567e-9; });
  const std::vector<Place> places = scenario.places();
  PlanDocument document;
  document.plan = undivided(scenario, places[0]);
  for (std::size_t layer = 1; layer <= 4; ++layer) document.plan.placement[layer] = *rc::gen::elementOf(places);
  document.plan.uses_exit[0] = *rc::gen::arbitrary<bool>();
  document.plan.escalation[0] = *rc::gen::element(scenarios::Escalation::after, scenarios::Escalation::eager);
  document.plan.cancel = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) document.plan.thresholds[0] = *rc::gen::inRange(0, 1 << 20) / 1048577.0;
  if (*rc::gen::arbitrary<bool>()) document.plan.encodings[3] = model::Encoding::f16;
  document.scenario_file = "some \"odd\" \\ folder/scenario.yaml";
  document.scenario_hash = scenario.hash;
  document.made_by = "tiercut 0.1.0";
  document.status = *rc::gen::element(PlanStatus::optimal, PlanStatus::feasible, PlanStatus::infeasible);
  document.method = "chain dynamic program: exact";
  document.objective_s = *time;
  document.lower_bound_s = *time;
  document.gap = *rc::gen::inRange(0, 1000) / 999.0;
  if (*rc::gen::arbitrary<bool>()) document.latency_s = Summary{*time, *time, *time, *time, *time, *time};

  const std::string path = (std::filesystem::temp_directory_path() / "tiercut_plan_file_test.yaml").string();
  RC_ASSERT(write_file(path, to_yaml(document, scenario)).has_value());
  Diagnostics warnings;
  const auto result = read_plan(path, scenario, warnings);
  std::filesystem::remove(path);
  if (!result) RC_FAIL(to_text(result.error()));
  RC_ASSERT(warnings.empty());
  RC_ASSERT(result->plan.placement == document.plan.placement);
  RC_ASSERT(result->plan.uses_exit == document.plan.uses_exit);
  RC_ASSERT(result->plan.escalation == document.plan.escalation);
  RC_ASSERT(result->plan.thresholds == document.plan.thresholds);
  RC_ASSERT(result->plan.encodings == document.plan.encodings);
  RC_ASSERT(result->plan.cancel == document.plan.cancel);
  RC_ASSERT(result->scenario_file == document.scenario_file);
  RC_ASSERT(result->status == document.status);
  RC_ASSERT(result->method == document.method);
  RC_ASSERT(result->objective_s == document.objective_s);
  RC_ASSERT(result->lower_bound_s == document.lower_bound_s);
  RC_ASSERT(result->gap == document.gap);
  RC_ASSERT(result->latency_s.has_value() == document.latency_s.has_value());
  for (const Statistic statistic : all_statistics) {
    if (document.latency_s) RC_ASSERT(result->latency_s->at(statistic) == document.latency_s->at(statistic));
  }
}

}  // namespace
}  // namespace tiercut::deployment
