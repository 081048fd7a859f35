// SPDX-License-Identifier: Apache-2.0
#include "scenarios/study.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/files.hpp"
#include "scenarios/study_axis.hpp"

namespace tiercut::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// A study of big-little/eager in a folder of its own.
class StudyFile : public testing::Test {
 protected:
  StudyFile() : folder_(std::filesystem::path(testing::TempDir()) / ("study-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~StudyFile() override { std::filesystem::remove_all(folder_); }

  Result<Study> read(const std::string& rest, const std::vector<std::string>& overrides = {}) {
    const std::string path = (folder_ / "s.yaml").string();
    std::ofstream(path) << "schema: tiercut/study/1\nname: s\nscenario: big-little/eager\n" << rest;
    return read_study(path, overrides);
  }
  Study good(const std::string& rest) {
    auto study = read(rest);
    if (!study) throw std::runtime_error(to_text(study.error()));
    return std::move(*study);
  }
  /// `code line:column` of each complaint.
  std::vector<std::string> complaints(const std::string& rest, const std::vector<std::string>& overrides = {}) {
    const auto study = read(rest, overrides);
    std::vector<std::string> found;
    if (study) return found;
    for (const Diagnostic& diagnostic : study.error()) {
      found.push_back(diagnostic.code + " " + std::to_string(diagnostic.where.line) + ":" +
                      std::to_string(diagnostic.where.column));
    }
    return found;
  }

  std::filesystem::path folder_;
};

double latency_of(const Study& study, std::int64_t point, const std::string& link) {
  const auto scenario = study.scenario_at(point);
  EXPECT_TRUE(scenario) << to_text(scenario.error());
  for (const Link& each : (*scenario)->links) {
    if (each.name == link) return each.latency.value();
  }
  return -1;
}

TEST(RangeValues, AreEvenlySpacedAndEndExactly) {
  EXPECT_THAT(range_values(0.005, 0.020, 4, false), ElementsAre(0.005, 0.010, 0.015, 0.020));
  EXPECT_THAT(range_values(1, 1000, 4, true), ElementsAre(1, 10, 100, 1000));
  EXPECT_THAT(range_values(3, 1, 3, false), ElementsAre(3, 2, 1));
  // 10^(1/2) and 10^(3/2) to six digits.
  EXPECT_THAT(range_values(1, 100, 5, true), ElementsAre(1, 3.16228, 10, 31.6228, 100));
}

TEST(CommonDimension, IsThatOfAllValues) {
  std::vector<double> numbers;
  EXPECT_EQ(common_dimension({"0", "20 ms"}, numbers), Dimension::time);
  EXPECT_THAT(numbers, ElementsAre(0, 0.020));
  EXPECT_EQ(common_dimension({"1", "2.5", "50 %"}, numbers), Dimension::ratio);
  EXPECT_THAT(numbers, ElementsAre(1, 2.5, 0.5));
  EXPECT_EQ(common_dimension({"10 Mbit/s", "1 MB"}, numbers), std::nullopt);
  EXPECT_EQ(common_dimension({"after", "eager"}, numbers), std::nullopt);
}

TEST_F(StudyFile, CrossesItsAxesTheLastOneFastest) {
  const Study study = good(
      "axes:\n  up: {path: links.up.latency, values: [1 ms, 2 ms]}\n"
      "  down: {path: links.down.latency, from: 10 ms, to: 30 ms, steps: 3}\n");
  EXPECT_EQ(study.points(), 6);
  const double up[] = {0.001, 0.001, 0.001, 0.002, 0.002, 0.002}, down[] = {0.010, 0.020, 0.030, 0.010, 0.020, 0.030};
  for (std::int64_t point = 0; point < 6; ++point) {
    EXPECT_EQ(latency_of(study, point, "up"), up[point]) << point;
    EXPECT_EQ(latency_of(study, point, "down"), down[point]) << point;
  }
  EXPECT_EQ(study.base->links[0].latency.value(), 0.015);
}

TEST_F(StudyFile, ZippedAxesRunTogetherAtThePlaceOfTheFirst) {
  const Study study = good(
      "axes:\n  a: {path: links.up.latency, values: [1 ms, 2 ms]}\n"
      "  b: {path: workload.arrivals.period, values: [1 s, 2 s, 3 s]}\n"
      "  c: {path: links.down.latency, values: [5 ms, 6 ms]}\nzip: [[a, c]]\n");
  ASSERT_EQ(study.points(), 6);
  EXPECT_THAT(study.values_at(0), ElementsAre(0u, 0u, 0u));
  EXPECT_THAT(study.values_at(2), ElementsAre(0u, 2u, 0u));
  EXPECT_THAT(study.values_at(3), ElementsAre(1u, 0u, 1u));
  EXPECT_EQ(latency_of(study, 3, "up"), 0.002);
  EXPECT_EQ(latency_of(study, 3, "down"), 0.006);
}

TEST_F(StudyFile, OnePathListGivesAllTheValueAndFixedAndSetComeFirst) {
  const auto study = read(
      "axes:\n  latency: {path: [links.up.latency, links.down.latency], values: [3 ms]}\n"
      "fixed: {links.up.latency: 99 ms, requirement.latency.at_most: 50 ms}\n",
      {"requirement.latency.at_most=60ms", "workload.arrivals.period=7s"});
  ASSERT_TRUE(study) << to_text(study.error());
  const auto scenario = *study->scenario_at(0);
  EXPECT_EQ(scenario->links[0].latency.value(), 0.003);
  EXPECT_EQ(scenario->links[1].latency.value(), 0.003);
  EXPECT_EQ(study->base->links[0].latency.value(), 0.099);
  EXPECT_EQ(scenario->requirement.latency->at_most.value(), 0.050);
  EXPECT_EQ(scenario->workload.arrivals.period.value(), 7);
}

TEST_F(StudyFile, AxesMayVaryWholeParts) {
  const Study study = good(
      "axes:\n  arrivals:\n    path: workload.arrivals\n"
      "    values: [{process: periodic, period: 1 s}, {process: poisson, rate: 10 /s}]\n");
  EXPECT_EQ(study.axes[0].texts[1], "{process: poisson, rate: 10 /s}");
  EXPECT_EQ((*study.scenario_at(1))->workload.arrivals.process, Arrivals::Process::poisson);
  EXPECT_DOUBLE_EQ((*study.scenario_at(1))->workload.arrivals.period.value(), 0.1);
}

TEST_F(StudyFile, ValuesThatAreImpossibleMakeABadPointOnly) {
  const Study study = good("axes:\n  up: {path: links.up.latency, values: [1 ms, -1 ms, fast, 2 ms]}\n");
  EXPECT_TRUE(study.scenario_at(0));
  EXPECT_TRUE(study.scenario_at(3));
  const auto negative = study.scenario_at(1);
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error().front().code, "out-of-range");
  // The complaint names the value in the study and the path in the scenario.
  EXPECT_EQ(negative.error().front().where.line, 5);
  EXPECT_EQ(negative.error().front().where.column, 47);
  EXPECT_EQ(negative.error().front().where.path, "links.up.latency");
  EXPECT_EQ(study.scenario_at(2).error().front().code, "not-a-number");
}

TEST_F(StudyFile, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency}}\n"), ElementsAre("bad-axis 4:8"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, values: [1 ms], from: 1 ms}}\n"),
              ElementsAre("bad-axis 4:8"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, from: 1 ms, to: 2 ms}}\n"), ElementsAre("bad-axis 4:8"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, from: 1 ms, to: 2 MB, steps: 3}}\n"),
              ElementsAre("bad-axis 4:42"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, from: 0, to: 2 ms, steps: 3, scale: log}}\n"),
              ElementsAre("bad-axis 4:42"));
  EXPECT_THAT(complaints("axes: {mean: {path: links.up.latency, values: [1 ms]}}\n"), ElementsAre("bad-axis 4:8"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, values: [1 ms, 2 ms, 1 ms]}}\n"),
              ElementsAre("bad-axis 4:57"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, values: [1 ms]}}\nzip: [[a, b]]\n"),
              ElementsAre("bad-zip 5:11"));
  EXPECT_THAT(complaints("axes:\n  a: {path: links.up.latency, values: [1 ms]}\n"
                         "  b: {path: links.down.latency, values: [1 ms, 2 ms]}\nzip: [[a, b]]\n"),
              ElementsAre("bad-zip 7:7"));
  EXPECT_THAT(complaints("axes:\n  a: {path: links.up.latency, from: 1 ms, to: 2 ms, steps: 10000}\n"
                         "  b: {path: links.down.latency, from: 1 ms, to: 2 ms, steps: 10000}\n"),
              ElementsAre("too-many-points 5:3"));
  EXPECT_THAT(complaints("axes: {a: {path: links.upp.latency, values: [1 ms]}}\n"), ElementsAre("unknown-link 4:46"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latecy, values: [1 ms]}}\n"), ElementsAre("unknown-key 4:44"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency.x, values: [1 ms]}}\n"), ElementsAre("set-path 4:47"));
  EXPECT_THAT(complaints("axes: {a: {path: 'links.', values: [1 ms]}}\n"), ElementsAre("set-syntax 4:18"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, values: [1 ms]}}\nfixed: {links.upp.latency: 1 ms}\n"),
              ElementsAre("unknown-link 5:28"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, values: [1 ms]}}\nplan: eahc\n"),
              ElementsAre("reference-not-found 5:7"));
  // Several at once, those of the command line among them.
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency}, b: {path: 'x[', values: [1]}}\n"),
              ElementsAre("bad-axis 4:8", "set-syntax 4:47"));
  EXPECT_THAT(complaints("axes: {a: {path: links.up.latency, values: [1 ms]}}\n", {"links.upp.latency=1ms"}),
              ElementsAre("unknown-link 0:0"));
}

TEST_F(StudyFile, HashFollowsWhatPointsAreMadeOf) {
  const std::string axes = "axes: {a: {path: links.up.latency, values: [1 ms, 2 ms]}}\n";
  const std::string hash = good(axes).source_hash;
  EXPECT_EQ(good("# a remark\ndescription: other words\n" + axes).source_hash, hash);
  EXPECT_NE(good("axes: {a: {path: links.up.latency, values: [1 ms, 3 ms]}}\n").source_hash, hash);
  EXPECT_NE(good("axes: {a: {path: links.down.latency, values: [1 ms, 2 ms]}}\n").source_hash, hash);
  EXPECT_NE(good(axes + "fixed: {workload.arrivals.period: 2 s}\n").source_hash, hash);
  EXPECT_NE(good(axes + "plan: fixed\n").source_hash, hash);
}

TEST(ShippedStudies, AllReadWithoutErrorsOrWarnings) {
  const auto names = shipped_names("study");
  EXPECT_THAT(names, testing::Contains("big-little/links"));
  for (const std::string& name : names) {
    const auto study = read_study(name);
    ASSERT_TRUE(study) << name << '\n' << to_text(study.error());
    EXPECT_THAT(study->base->warnings, SizeIs(0)) << name;
    EXPECT_FALSE(study->description.empty()) << name;
    EXPECT_TRUE(name.ends_with("/" + study->name)) << name;
  }
}

}  // namespace
}  // namespace tiercut::scenarios
