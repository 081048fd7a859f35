// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "fake_bench.hpp"
#include "kernels/kernel.hpp"
#include "kernels/measure/profiler.hpp"

namespace tiercut::kernels {
namespace {

MachineFacts some_machine() {
  MachineFacts facts;
  facts.processor = "Test 1";
  facts.slug = "test-1";
  facts.processors = 4;
  facts.memory = Bytes(8e9);
  facts.available_memory = Bytes(6e9);
  facts.caches = {{1, Bytes(32768), "Data"}, {2, Bytes(1 << 20), "Unified"}};
  return facts;
}

std::vector<std::string> codes_of(const ProfilerOptions& options) {
  const auto checked = check(options, some_machine());
  std::vector<std::string> codes;
  if (!checked)
    for (const Diagnostic& diagnostic : checked.error()) codes.push_back(diagnostic.code);
  return codes;
}

TEST(ProfilerOptions, AreChecked) {
  using Codes = std::vector<std::string>;
  EXPECT_EQ(codes_of({}), Codes{});
  EXPECT_EQ(codes_of({.threads = 4}), Codes{});
  EXPECT_EQ(codes_of({.threads = 0}), Codes{"bad-threads"});
  EXPECT_EQ(codes_of({.threads = 5}), Codes{"bad-threads"});
  EXPECT_EQ(codes_of({.backend = "abacus"}), Codes{"backend-absent"});
  EXPECT_EQ(codes_of({.budget = Seconds(0.5)}), Codes{"bad-budget"});
  EXPECT_EQ(codes_of({.budget = Seconds(-1)}), Codes{"bad-budget"});
  EXPECT_EQ(codes_of({.budget = Seconds(-1), .threads = 0, .backend = "abacus"}),
            (Codes{"backend-absent", "bad-threads", "bad-budget"}));
}

TEST(ProfilePlan, QuickIsPlannedForLessThanAMinute) {
  const ProfilePlan plan = plan_profile({.is_quick = true}, some_machine());
  EXPECT_LT(plan.probe_budget + plan.campaign.budget, Seconds(60));
  // On a board that prepares 50 MB/s too, unless what it prepares alone takes longer.
  const Schedule schedule = schedule_for(plan.cases, plan.campaign.budget, plan.campaign.rounds, 5e8);
  EXPECT_LE(schedule.planned.value(), plan.campaign.budget.value() + 1e-9);
}

/// Machines from a fast one to one that is slower by a factor of 1000 end within a minute.
TEST(ProfilePlan, QuickStaysWithinItsBudgetHoweverSlowTheMachine) {
  const ProfilePlan plan = plan_profile({.is_quick = true}, some_machine());
  for (const double slowness : {1.0, 30.0, 1000.0}) {
    test::FakeStopwatch stopwatch;
    test::FakeBench bench(stopwatch);
    bench.slowness = [slowness](double) { return slowness; };
    run_campaign(plan.cases, bench, stopwatch, plan.campaign, {});
    // The largest layer of 1.5e8 multiply-accumulates takes 15 ms on the first of these machines; five runs of it are
    // what a visit takes at least.
    EXPECT_LT(stopwatch.time, plan.campaign.budget.value() + 5 * 0.016 * slowness) << slowness;
  }
}

TEST(ProfilePlan, KeepsWithinTheMemoryOfTheMachine) {
  MachineFacts board = some_machine();
  board.available_memory = Bytes(2e8);
  const ProfilePlan plan = plan_profile({}, board);
  for (const BenchCase& bench_case : plan.cases) EXPECT_LE(bytes_needed(bench_case), 5e7) << bench_case.key;
  EXPECT_LE(plan.largest_working_set, 50000000U);
}

/// OverFeat fast has 146 million weights, 584 MB; the convolution of its sixth block alone 113 million.
TEST(ProfilePlan, LeavesOutWhatTheMachineHasNoMemoryFor) {
  auto model = model::read_model(std::string(TIERCUT_SOURCE_DIR) + "/model/zoo/overfeat/fast.yaml");
  ASSERT_TRUE(model);
  MachineFacts board = some_machine();
  board.available_memory = Bytes(8e8);
  ProfilerOptions options;
  options.model = *model;
  const ProfilePlan plan = plan_profile(options, board);
  ASSERT_FALSE(plan.left_out.empty());
  EXPECT_NE(plan.left_out.front().find("1024x6x6 -> 3072x1x1 k6"), std::string::npos) << plan.left_out.front();
  for (const BenchCase& bench_case : plan.cases) EXPECT_LE(bytes_needed(bench_case), 5.6e8) << bench_case.key;
  EXPECT_TRUE(plan_profile(options, some_machine()).left_out.empty());
}

TEST(ProfilePlan, HasNoCaseTwiceAndColdOnesToo) {
  const ProfilePlan plan = plan_profile({}, some_machine());
  std::set<std::string> keys;
  int cold = 0;
  for (const BenchCase& bench_case : plan.cases) {
    EXPECT_TRUE(keys.insert(bench_case.key).second) << bench_case.key;
    if (bench_case.cache == CacheState::cold) ++cold;
  }
  EXPECT_GT(cold, 100);
  // The layers and the whole of every series are there to be compared.
  for (const ModelCases& series : plan.series) {
    for (const BenchCase& layer : series.layers) EXPECT_TRUE(keys.contains(layer.key));
    for (const BenchCase& segment : series.segments) EXPECT_TRUE(keys.contains(segment.key));
  }
}

TEST(ProfilePlan, WithColdCachesHasNothingWarm) {
  ProfilerOptions options;
  options.cache = CacheState::cold;
  const ProfilePlan plan = plan_profile(options, some_machine());
  for (const BenchCase& bench_case : plan.cases) EXPECT_EQ(bench_case.cache, CacheState::cold) << bench_case.key;
  ASSERT_FALSE(plan.series.empty());
  const BenchCase& whole = plan.series.front().segments.front();
  EXPECT_EQ(key_of(*whole.model, whole.layers.front(), whole.cache), plan.series.front().layers.front().key);
}

TEST(ProfilePlan, SettingsTellCampaignsApart) {
  const auto settings = [](const ProfilerOptions& options) { return plan_profile(options, some_machine()).settings; };
  const std::set<std::string> all = {settings({}),
                                     settings({.is_quick = true}),
                                     settings({.threads = 2}),
                                     settings({.backend = "eigen"}),
                                     settings({.budget = Seconds(10)}),
                                     settings({.cache = CacheState::cold})};
  EXPECT_EQ(all.size(), 6U);
  EXPECT_EQ(settings({}), settings({}));
}

}  // namespace
}  // namespace tiercut::kernels
