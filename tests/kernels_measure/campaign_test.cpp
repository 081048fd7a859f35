// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/campaign.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "fake_bench.hpp"
#include "kernels/measure/partial_file.hpp"

namespace tiercut::kernels {
namespace {

using test::FakeBench;
using test::FakeStopwatch;
using test::linear_cases;

std::map<std::string, int> counted(const std::vector<std::string>& keys) {
  std::map<std::string, int> counts;
  for (const std::string& key : keys) ++counts[key];
  return counts;
}

/// The largest case is prepared once beforehand, to see how fast the machine is.
std::vector<std::string> visits_of(const FakeBench& bench) {
  return {bench.prepared.begin() + 1, bench.prepared.end()};
}

TEST(Campaign, VisitsEveryCaseOnceARoundEachTimeInAnotherOrder) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  const auto cases = linear_cases(20);
  const CampaignOutcome outcome = run_campaign(cases, bench, stopwatch, {.budget = Seconds(60), .rounds = 3}, {});
  EXPECT_EQ(outcome.visits, 60);
  EXPECT_EQ(outcome.unreached_cases, 0);
  ASSERT_EQ(outcome.records.size(), 20U);
  for (const BenchCase& bench_case : cases) {
    const CaseRecord& record = outcome.records.at(bench_case.key);
    EXPECT_EQ(record.rounds, 3);
    EXPECT_EQ(record.backend, "fake");
    EXPECT_NEAR(record.samples.median().value(), test::true_cost(bench_case), 1e-9);
  }
  const auto visits = visits_of(bench);
  const std::vector<std::string> first(visits.begin(), visits.begin() + 20),
      second(visits.begin() + 20, visits.begin() + 40);
  EXPECT_NE(first, second);
  EXPECT_EQ(counted(first), counted(second));
}

TEST(Campaign, BeginsEveryRoundWithTheFirstCases) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  const auto cases = linear_cases(12);
  run_campaign(cases, bench, stopwatch, {.budget = Seconds(60), .rounds = 2, .first_cases = 3}, {});
  const auto visits = visits_of(bench);
  for (const std::size_t round : {0U, 12U}) {
    std::vector<std::string> first(visits.begin() + round, visits.begin() + round + 3);
    std::ranges::sort(first);
    std::vector<std::string> due = {cases[0].key, cases[1].key, cases[2].key};
    std::ranges::sort(due);
    EXPECT_EQ(first, due);
  }
}

TEST(Campaign, IsTheSameForTheSameSeed) {
  const auto order_for = [](std::uint64_t seed) {
    FakeStopwatch stopwatch;
    FakeBench bench(stopwatch);
    run_campaign(linear_cases(12), bench, stopwatch, {.budget = Seconds(60), .rounds = 2, .seed = seed}, {});
    return bench.prepared;
  };
  EXPECT_EQ(order_for(1), order_for(1));
  EXPECT_NE(order_for(1), order_for(2));
}

TEST(Campaign, BeginsNothingThatWouldNotEndWithinItsBudget) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  // Alternating times never settle, so every visit uses its slice, and 400 slices are more than a second holds.
  bench.slowness = [flip = 0](double) mutable { return ++flip % 2 == 0 ? 1.0 : 1.9; };
  const CampaignOutcome outcome =
      run_campaign(linear_cases(400, 4), bench, stopwatch, {.budget = Seconds(1), .rounds = 3}, {});
  EXPECT_GT(outcome.visits, 0);
  EXPECT_GT(outcome.unreached_cases, 0);
  EXPECT_EQ(outcome.unreached_cases + static_cast<int>(outcome.records.size()), 400);
  for (const double begun : bench.begun) EXPECT_LE(begun, 1.0);
  // What was begun last is a slice of 2 ms, its repeats and the reference.
  EXPECT_LE(stopwatch.time, 1.05);
}

TEST(Campaign, ShareOfTimeFollowsFromTheBudget) {
  const auto cases = linear_cases(10);
  double bytes = 0;
  for (const BenchCase& bench_case : cases) bytes += bytes_needed(bench_case);
  const Schedule schedule = schedule_for(cases, Seconds(3), 3, 1e6);
  // A second a round, less 1 ms a preparation, 1 ms a reference timing and the bytes at 1 MB/s.
  EXPECT_NEAR(schedule.slice.value(), (1 - 10 * 2e-3 - bytes / 1e6) / 10, 1e-12);
  EXPECT_NEAR(schedule.planned.value(), 3, 1e-9);
  EXPECT_EQ(schedule_for(cases, Seconds(1000), 3, 1e6).slice, Seconds(0.5));
  EXPECT_EQ(schedule_for(cases, Seconds(1e-3), 3, 1e6).slice, Seconds(2e-3));
}

TEST(Campaign, LeavesTheTimeOfWhatSettledToWhatDidNot) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  const auto cases = linear_cases(20);
  const std::string restless = cases[7].key;
  bench.factor = [&](const BenchCase& bench_case, int run) {
    return bench_case.key == restless ? 1000.0 + 200 * (run % 2) : 1.0;
  };
  const CampaignOutcome outcome = run_campaign(cases, bench, stopwatch, {.budget = Seconds(6), .rounds = 3}, {});
  // 6 s in 3 rounds of 20 cases are at most 0.1 s a visit, or 45 runs of 2.2 ms and more in each of them; the whole
  // campaign goes on until the restless one has had 0.5 s in its last.
  EXPECT_EQ(outcome.records.at(cases[3].key).samples.count(), 33U);
  EXPECT_GT(outcome.records.at(restless).samples.count(), 3 * 45U);
}

TEST(Campaign, ThrowsAwayWhatWasMeasuredWhileTheMachineWasSlow) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  const auto cases = linear_cases(30);
  // Twice as slow for 10 ms in the midst, which is shorter than two repeats.
  bench.slowness = [](double time) { return time > 0.1 && time < 0.11 ? 2.0 : 1.0; };
  const CampaignOutcome outcome = run_campaign(cases, bench, stopwatch, {.budget = Seconds(60), .rounds = 3}, {});
  EXPECT_GT(outcome.repeated_visits, 0);
  EXPECT_GT(outcome.drift.slow_count(), 0U);
  int disturbed = 0;
  for (const BenchCase& bench_case : cases) {
    const CaseRecord& record = outcome.records.at(bench_case.key);
    disturbed += record.disturbed_rounds;
    EXPECT_NEAR(record.samples.median().value(), test::true_cost(bench_case), 1e-8) << bench_case.key;
  }
  EXPECT_LE(disturbed, 2);
}

TEST(Campaign, SaysWhatItKeptAlthoughTheMachineStayedSlow) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  bench.slowness = [](double time) { return time > 0.2 ? 1.5 : 1.0; };
  const CampaignOutcome outcome =
      run_campaign(linear_cases(30), bench, stopwatch, {.budget = Seconds(60), .rounds = 3}, {});
  int disturbed = 0;
  for (const auto& [key, record] : outcome.records) disturbed += record.disturbed_rounds;
  EXPECT_GT(disturbed, 0);
  EXPECT_EQ(outcome.repeated_visits, 2 * disturbed);
  EXPECT_EQ(outcome.visits, 90);
  EXPECT_NEAR(outcome.drift.drift(), 1.5, 0.01);
}

TEST(Campaign, RefusesACaseOnce) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  const auto cases = linear_cases(5);
  bench.refused = {cases[2].key};
  const CampaignOutcome outcome = run_campaign(cases, bench, stopwatch, {.budget = Seconds(60), .rounds = 3}, {});
  ASSERT_EQ(outcome.refused.size(), 1U);
  EXPECT_EQ(outcome.refused.front().code, "backend-unsupported");
  EXPECT_EQ(outcome.records.size(), 4U);
  EXPECT_EQ(outcome.unreached_cases, 0);
}

/// Interrupted after every possible number of visits, written down, read back and gone on with: every case is visited
/// three times in all, and none in vain.
TEST(Campaign, GoesOnWhereItWasInterruptedAndRepeatsNothing) {
  const auto cases = linear_cases(6);
  const std::string file = (std::filesystem::path(testing::TempDir()) / "tiercut-campaign.partial").string();
  const CampaignOptions options{.budget = Seconds(60), .rounds = 3};
  for (int stop_after = 0; stop_after < 18; ++stop_after) {
    FakeStopwatch stopwatch;
    FakeBench first(stopwatch);
    int asked = 0, kept = 0;
    const CampaignHooks hooks{.is_stopped = [&] { return asked++ == stop_after; },
                              .keep =
                                  [&](const CampaignOutcome& outcome) {
                                    ++kept;
                                    ASSERT_TRUE(write_partial(file, {"these", outcome.spent, outcome.records}));
                                  }};
    const CampaignOutcome before = run_campaign(cases, first, stopwatch, options, hooks);
    EXPECT_TRUE(before.is_interrupted);
    EXPECT_EQ(before.visits, stop_after);
    EXPECT_EQ(kept, 1);

    auto partial = read_partial(file);
    ASSERT_TRUE(partial) << to_text(partial.error());
    EXPECT_NEAR(partial->spent.value(), before.spent.value(), 1e-5);
    FakeBench second(stopwatch);
    const CampaignOutcome after =
        run_campaign(cases, second, stopwatch, options, {}, std::move(partial->records), partial->spent);
    EXPECT_EQ(after.kept_from_before, stop_after);
    EXPECT_EQ(after.visits, 18 - stop_after);
    EXPECT_GE(after.spent, before.spent);
    std::vector<std::string> all = visits_of(first);
    const auto rest = visits_of(second);
    all.insert(all.end(), rest.begin(), rest.end());
    for (const auto& [key, count] : counted(all)) EXPECT_EQ(count, 3) << key;
  }
  std::filesystem::remove(file);
}

TEST(Campaign, KeepsWhatItHasEveryTenSeconds) {
  FakeStopwatch stopwatch;
  FakeBench bench(stopwatch);
  bench.factor = [](const BenchCase&, int) { return 1e5; };  // at least 0.1 s a run
  std::vector<double> kept;
  const CampaignHooks hooks{.keep = [&](const CampaignOutcome&) { kept.push_back(stopwatch.time); }};
  run_campaign(linear_cases(20), bench, stopwatch, {.budget = Seconds(100), .rounds = 4}, hooks);
  ASSERT_GE(kept.size(), 3U);
  for (std::size_t i = 1; i < kept.size(); ++i) EXPECT_GE(kept[i] - kept[i - 1], 10);
}

TEST(Observation, CarriesWhatTheRecordHolds) {
  const auto cases = linear_cases(1);
  CaseRecord record;
  for (int i = 1; i <= 100; ++i) record.samples.add(Seconds(1e-6 * i), 2);
  record.backend = "fake";
  const Observation seen = observation_of(cases[0], record, 2, 0.01);
  EXPECT_EQ(seen.median, Seconds(1e-6 * 50));
  EXPECT_EQ(seen.p10, Seconds(1e-6 * 10));
  EXPECT_EQ(seen.p90, Seconds(1e-6 * 90));
  EXPECT_EQ(seen.p99, Seconds(1e-6 * 99));
  EXPECT_EQ(seen.repetitions, 200);
  EXPECT_FALSE(seen.is_settled);  // ranks 40 and 61 of 100: 21 %
  EXPECT_EQ(seen.threads, 2);
  EXPECT_EQ(seen.layer.type, model::LayerType::linear);
}

}  // namespace
}  // namespace tiercut::kernels
