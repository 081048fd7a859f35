// SPDX-License-Identifier: Apache-2.0
#include "report/exits_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/profiles/exit_trace_samples.hpp"

// Figures of the six samples by hand: tests/profiles/exit_policy_test.cpp.
namespace tiercut::report {
namespace {

using profiles::ExitTrace;
using ::testing::HasSubstr;

ExitsResult result_of(const ExitTrace& trace, std::vector<double> grid) {
  ExitsResult result;
  result.trace = &trace;
  result.part = "all";
  result.answers = {0, 1, 2};
  result.samples = profiles::samples_of(trace, std::nullopt);
  result.positive = 2;
  result.costs = {1, 4, 13};
  for (const std::size_t answer : result.answers)
    result.alone.push_back(profiles::evaluate_alone(trace, answer, result.samples, 2));
  for (const double shared : grid) {
    const profiles::ExitPolicy policy{result.measure, result.answers, {shared, shared}};
    result.points.push_back({shared, policy.thresholds, profiles::evaluate(trace, policy, result.samples, 2)});
  }
  return result;
}

TEST(ExitsReport, CsvHasALineAPointWithExactNumbers) {
  const ExitTrace trace = profiles::testing::six_samples();
  const std::string csv = exits_csv(result_of(trace, {0.25, 1}));
  EXPECT_THAT(csv, HasSubstr("\nshared_threshold,threshold_little,threshold_local,accuracy,share_little,right_little,"
                             "share_local,right_local,share_final,right_final,expected_cost,true_positive,"
                             "false_positive,true_negative,false_negative,precision,recall,specificity,f1\n"));
  // At most 0.25: samples 0 and 5 by little, 1 by local (a 2 called 1), 2, 3 and 4 by the final answer, all right.
  // Costs (2 x 1 + 4 + 3 x 13) / 6 = 7.5; class 2: two found, one missed, so F1 = 2 x 2 / (2 x 2 + 1).
  EXPECT_THAT(csv, HasSubstr("\n0.25,0.25,0.25,0.8333333333333334,0.3333333333333333,1,0.16666666666666666,0,0.5,1,7.5,"
                             "2,0,3,1,1,0.6666666666666666,1,0.8\n"));
  // At most 1: little answers 0, 3 (a 1 called 2) and 5, local the rest, of which only 2 is right.
  EXPECT_THAT(csv, HasSubstr("\n1,1,1,0.5,0.5,0.6666666666666666,0.5,0.3333333333333333,0,,2.5,2,1,2,1,"));
}

TEST(ExitsReport, JsonSaysTheSame) {
  const ExitTrace trace = profiles::testing::six_samples();
  const auto json = nlohmann::json::parse(exits_json(result_of(trace, {0.25})));
  EXPECT_EQ(json["samples"], 6);
  EXPECT_DOUBLE_EQ(json["alone"]["local"]["accuracy"].get<double>(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(json["alone"]["little"]["may_answer"].get<double>(), 3.0 / 6);
  EXPECT_EQ(json["points"][0]["exits"]["little"]["samples"], 2);
  EXPECT_EQ(json["points"][0]["expected_cost"], 7.5);
  EXPECT_DOUBLE_EQ(json["points"][0]["class"]["f1"].get<double>(), 0.8);
}

TEST(ExitsReport, TextShowsTablesAndPlots) {
  const ExitTrace trace = profiles::testing::six_samples();
  const std::string text = exits_text(result_of(trace, {0.25, 1}));
  EXPECT_THAT(text, HasSubstr("6 samples (all); an exit answers where normalized_entropy is at most its threshold"));
  EXPECT_THAT(text, HasSubstr("  local    66.67 %    100.00 %         66.67 %"));
  EXPECT_THAT(text, HasSubstr("83.33 %"));
  EXPECT_THAT(text, HasSubstr("answered early"));
}

TEST(ExitsReport, WithoutExitsThereIsNoCurve) {
  const ExitTrace trace = profiles::testing::six_samples();
  ExitsResult result = result_of(trace, {});
  EXPECT_THAT(exits_text(result), HasSubstr("no exit before the final answer"));
}

}  // namespace
}  // namespace tiercut::report
