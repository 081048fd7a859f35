// SPDX-License-Identifier: Apache-2.0
#include "profiles/exit_policy.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "exit_trace_samples.hpp"

namespace tiercut::profiles {
namespace {

using testing::six_samples;
using Counts = std::vector<std::size_t>;

ExitPolicy policy_of(const ExitTrace& trace, std::vector<double> thresholds) {
  return {trace.measure, answers_with(trace, {}).value(), std::move(thresholds)};
}

TEST(ExitPolicy, AsksExitByExit) {
  const ExitTrace trace = six_samples();
  const auto samples = samples_of(trace, std::nullopt);
  // By hand, little at most 0.2, local at most 0.3: sample 0 little (right); 1 little is sure of "not 2" and may not
  // answer, local (wrong); 2 likewise, local (right); 3 and 4 final (right, right); 5 little (right), just at 0.2.
  const auto outcome = evaluate(trace, policy_of(trace, {0.2f, 0.3f}), samples, 2);
  EXPECT_EQ(outcome.answered, (Counts{2, 2, 2}));
  EXPECT_EQ(outcome.right, (Counts{2, 1, 2}));
  EXPECT_DOUBLE_EQ(outcome.accuracy(), 5.0 / 6);
  EXPECT_DOUBLE_EQ(outcome.share(0), 1.0 / 3);
  EXPECT_DOUBLE_EQ(outcome.expected_cost(std::vector<double>{1, 4, 13}), (2 * 1 + 2 * 4 + 2 * 13) / 6.0);
  // Class 2: samples 0 and 5 called rightly, 1 (a 2) was called 1, nothing else was called 2.
  EXPECT_EQ(outcome.confusion->true_positive, 2);
  EXPECT_EQ(outcome.confusion->false_negative, 1);
  EXPECT_EQ(outcome.confusion->false_positive, 0);
  EXPECT_EQ(outcome.confusion->true_negative, 3);
}

TEST(ExitPolicy, ExtremeThresholdsAreTheExitsThemselves) {
  const ExitTrace trace = six_samples();
  const auto samples = samples_of(trace, std::nullopt);
  EXPECT_EQ(evaluate(trace, policy_of(trace, {-1, -1}), samples).answered, (Counts{0, 0, 6}));
  EXPECT_EQ(evaluate(trace, policy_of(trace, {1, 1}), samples).answered, (Counts{3, 3, 0}));
  EXPECT_EQ(evaluate(trace, policy_of(trace, {-1, 1}), samples).right, (Counts{0, 4, 0}));
}

TEST(ExitPolicy, ProbabilitiesExitAtLeast) {
  const ExitTrace trace = six_samples();
  ExitPolicy policy = policy_of(trace, {0.8, 2});
  policy.measure = model::Confidence::max_probability;
  const auto samples = samples_of(trace, TracePart::test);
  EXPECT_EQ(samples, (Counts{2, 3, 4, 5}));
  // 1 - entropy at least 0.8 and class 1: of the test samples only the last (0.8f is above 0.8).
  EXPECT_EQ(evaluate(trace, policy, samples).answered, (Counts{1, 0, 3}));
}

TEST(ExitPolicy, AloneEveryAnswerIsGivenToAll) {
  const ExitTrace trace = six_samples();
  const auto samples = samples_of(trace, std::nullopt);
  EXPECT_DOUBLE_EQ(evaluate_alone(trace, 0, samples).accuracy(), 2.0 / 6);  // 0, 5
  EXPECT_DOUBLE_EQ(evaluate_alone(trace, 1, samples).accuracy(), 4.0 / 6);  // 0, 2, 3, 5
  EXPECT_DOUBLE_EQ(evaluate_alone(trace, 2, samples).accuracy(), 5.0 / 6);  // all but 5
  EXPECT_DOUBLE_EQ(evaluate_alone(trace, 3, samples).accuracy(), 2.0 / 6);  // 2, 5
}

TEST(ExitPolicy, LossesThatWereNotRecordedAreNamed) {
  ExitTrace trace = six_samples();
  const auto refused = answers_with(trace, {"camera1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().code, "unknown-loss");
  EXPECT_NE(refused.error().front().message.find("`little`"), std::string::npos);
  EXPECT_NE(refused.error().front().hint.find("camera1"), std::string::npos);
  trace.answers.erase(trace.answers.begin());
  trace.scores.erase(trace.scores.begin());
  trace.answers.push_back({.exit = "final", .answers = {0}, .class_map = {0}, .lost = {"camera1"}});
  trace.scores.push_back(trace.scores[0]);
  EXPECT_EQ(answers_with(trace, {"camera1"}).value(), (Counts{2, 3}));
}

TEST(ExitPolicy, SpreadThresholdsLieBetweenScores) {
  const ExitTrace trace = six_samples();
  const auto samples = samples_of(trace, std::nullopt);
  // Best entropy over little (class 1 only) and local: 0.1, 0.2, 0.3, 0.4, 0.6, 0.1; sorted 0.1 0.1 0.2 0.3 0.4 0.6.
  const auto thresholds = spread_thresholds(trace, policy_of(trace, {0, 0}), {true, true}, samples, 3);
  ASSERT_EQ(thresholds.size(), 4u);
  EXPECT_NEAR(thresholds[0], 0.05, 1e-7);
  EXPECT_NEAR(thresholds[1], 0.15, 1e-7);
  EXPECT_NEAR(thresholds[2], 0.35, 1e-7);
  EXPECT_EQ(thresholds[3], 1);
  const auto of_little = spread_thresholds(trace, policy_of(trace, {0, 0}), {true, false}, samples, 1);
  ASSERT_EQ(of_little.size(), 2u);  // 0.1, 0.2, 0.4 are what little may answer with
  EXPECT_NEAR(of_little[0], 0.05, 1e-7);
}

RC_GTEST_PROP(ExitPolicy, LaxerSharedThresholdsLetMoreExitAndNoSampleIsLost, (int raw_a, int raw_b)) {
  const ExitTrace trace = six_samples();
  const auto samples = samples_of(trace, std::nullopt);
  const double a = (raw_a % 1000) / 1000.0, b = (raw_b % 1000) / 1000.0;
  const auto strict = evaluate(trace, policy_of(trace, {std::min(a, b), std::min(a, b)}), samples);
  const auto lax = evaluate(trace, policy_of(trace, {std::max(a, b), std::max(a, b)}), samples);
  RC_ASSERT(lax.answered.back() <= strict.answered.back());
  RC_ASSERT(strict.answered[0] + strict.answered[1] + strict.answered[2] == 6u);
}

}  // namespace
}  // namespace tiercut::profiles
