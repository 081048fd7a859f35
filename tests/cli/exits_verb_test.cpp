// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/command.hpp"
#include "tests/profiles/exit_trace_samples.hpp"

// Figures of the six samples by hand: tests/profiles/exit_policy_test.cpp.
namespace tiercut::cli {
namespace {

using profiles::ExitTrace;
using ::testing::HasSubstr;

class ExitsVerbTest : public test::CommandTest {
 protected:
  void write(const ExitTrace& trace) {
    ASSERT_TRUE(profiles::write_exit_trace((work() / "trace.exits").string(), trace));
  }
  nlohmann::json answer(std::vector<std::string> options) {
    options.insert(options.begin(), {"exits", "trace.exits", "--json"});
    const test::Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.json();
  }
};

TEST_F(ExitsVerbTest, TakesTheTestPartUnlessToldOtherwise) {
  write(profiles::testing::six_samples());
  EXPECT_EQ(answer({})["samples"], 4);
  EXPECT_EQ(answer({"--part", "calibration"})["samples"], 2);
  EXPECT_EQ(answer({"--part", "all"})["samples"], 6);
}

TEST_F(ExitsVerbTest, SharedAndOwnThresholds) {
  write(profiles::testing::six_samples());
  const auto shared = answer({"--part", "all", "--thresholds", "0.25:0.75:0.25"});
  ASSERT_EQ(shared["points"].size(), 3u);
  EXPECT_EQ(shared["points"][2]["shared_threshold"], 0.75);
  EXPECT_DOUBLE_EQ(shared["points"][0]["accuracy"].get<double>(), 5.0 / 6);

  const auto mixed = answer({"--part", "all", "--threshold", "little=0.25", "--thresholds", "0,1"});
  ASSERT_EQ(mixed["points"].size(), 2u);
  EXPECT_EQ(mixed["points"][1]["thresholds"]["little"], 0.25);
  EXPECT_EQ(mixed["points"][1]["thresholds"]["local"], 1);
  // Little takes 0 and 5; with local at 0 the final answer has the rest (right), with 1 local has (2 and 3 right).
  EXPECT_DOUBLE_EQ(mixed["points"][0]["accuracy"].get<double>(), 6.0 / 6);
  EXPECT_DOUBLE_EQ(mixed["points"][1]["accuracy"].get<double>(), 4.0 / 6);

  const auto own = answer({"--part", "all", "--threshold", "little=0.25", "--threshold", "local=1"});
  ASSERT_EQ(own["points"].size(), 1u);
  EXPECT_TRUE(own["points"][0]["shared_threshold"].is_null());
  EXPECT_DOUBLE_EQ(own["points"][0]["accuracy"].get<double>(), 4.0 / 6);
}

TEST_F(ExitsVerbTest, CostsAreGivenOrThoseOfAShippedModel) {
  ExitTrace trace = profiles::testing::six_samples();
  write(trace);
  const auto given = answer({"--part", "all", "--thresholds", "0.25", "--costs", "final=13,little=1,local=4"});
  EXPECT_EQ(given["points"][0]["expected_cost"], 7.5);  // (2 x 1 + 4 + 3 x 13) / 6
  EXPECT_TRUE(answer({})["points"][0]["expected_cost"].is_null());

  trace.model = "big-little/big-little";
  trace.answers.erase(trace.answers.begin() + 1);
  trace.answers.pop_back();
  trace.scores.erase(trace.scores.begin() + 1);
  trace.scores.pop_back();
  write(trace);
  const auto shipped = answer({"--part", "all", "--thresholds", "0.25"});
  EXPECT_EQ(shipped["cost_unit"], "MACs");
  // Net 1 and then net 3, weights without biases (Big-Little, Table 2): 784 x 1000 + 1000 x 500 + 500 x 2, and
  // 784 x 2500 + 2500 x 2000 + 2000 x 1500 + 1500 x 1000 + 1000 x 500 + 500 x 10.
  EXPECT_EQ(shipped["alone"]["little"]["cost"], 1'285'000);
  EXPECT_EQ(shipped["alone"]["final"]["cost"], 1'285'000 + 11'965'000);
  EXPECT_DOUBLE_EQ(shipped["points"][0]["expected_cost"].get<double>(), 1'285'000 + 4.0 / 6 * 11'965'000);
}

TEST_F(ExitsVerbTest, OtherMeasuresLostDevicesAndClasses) {
  ExitTrace trace = profiles::testing::six_samples();
  write(trace);
  const auto probability = answer({"--part", "all", "--measure", "max-probability", "--thresholds", "0.75"});
  EXPECT_EQ(probability["measure"], "max_probability");
  EXPECT_EQ(probability["points"][0]["exits"]["little"]["samples"], 2);  // 0.9 and 0.8
  EXPECT_DOUBLE_EQ(
      answer({"--part", "all", "--class", "2", "--thresholds", "0.25"})["points"][0]["class"]["f1"].get<double>(), 0.8);

  trace.answers.erase(trace.answers.begin());
  trace.scores.erase(trace.scores.begin());
  trace.answers.push_back({.exit = "final", .answers = {0, 1, 2}, .class_map = {0, 1, 2}, .lost = {"camera1"}});
  trace.scores.push_back(trace.scores[0]);
  write(trace);
  const auto lost = answer({"--part", "all", "--lost", "camera1"});
  EXPECT_DOUBLE_EQ(lost["alone"]["local"]["accuracy"].get<double>(), 2.0 / 6);
  EXPECT_DOUBLE_EQ(lost["alone"]["final"]["accuracy"].get<double>(), 4.0 / 6);
}

TEST_F(ExitsVerbTest, WritesTheCurveAsCsv) {
  write(profiles::testing::six_samples());
  const test::Outcome outcome =
      run({"exits", "trace.exits", "--part", "all", "--thresholds", "0.25,1", "--out", "curve.csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::ifstream stream(work() / "curve.csv");
  const std::string csv{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_THAT(csv, HasSubstr("\n0.25,0.25,0.25,0.8333333333333334,"));
}

TEST_F(ExitsVerbTest, RefusesWhatDoesNotFitTheTrace) {
  ExitTrace trace = profiles::testing::six_samples();
  write(trace);
  const auto refused = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"exits", "trace.exits"});
    const test::Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_THAT(refused({"--threshold", "litle=0.2"}), HasSubstr("did you mean 'little'?"));
  EXPECT_THAT(refused({"--threshold", "0.2"}), HasSubstr("error[bad-usage]: --threshold takes EXIT=T"));
  EXPECT_THAT(refused({"--thresholds", "0.2,high"}), HasSubstr("error[not-a-number]: --thresholds: 'high'"));
  EXPECT_THAT(refused({"--thresholds", "1:0:0.1"}), HasSubstr("is no grid"));
  EXPECT_THAT(refused({"--thresholds", "0:1:0"}), HasSubstr("is no grid"));
  EXPECT_THAT(refused({"--thresholds", "1.5"}), HasSubstr("error[out-of-range]"));
  EXPECT_THAT(refused({"--costs", "1,2"}), HasSubstr("one for each of 3 answers"));
  EXPECT_THAT(refused({"--costs", "a=1,b=2,c=3"}), HasSubstr("one for each of 3 answers"));
  EXPECT_THAT(refused({"--class", "3"}), HasSubstr("from 0 to 2"));
  EXPECT_THAT(refused({"--measure", "sureness"}), HasSubstr("error[unknown-word]"));
  EXPECT_THAT(refused({"--lost", "camera2"}), HasSubstr("error[unknown-loss]"));
  for (auto& part : trace.parts) part = profiles::TracePart::calibration;
  write(trace);
  EXPECT_THAT(refused({}), HasSubstr("error[empty-part]"));
  std::ofstream(work() / "trace.exits") << "schema: tiercut/exits/1\n";
  EXPECT_THAT(refused({}), HasSubstr("error[bad-trace]"));
}

}  // namespace
}  // namespace tiercut::cli
