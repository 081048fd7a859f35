// SPDX-License-Identifier: Apache-2.0
#include "study/sweep.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "study/journal.hpp"
#include "study/sweep_report.hpp"
#include "tests/study/study_case.hpp"

namespace tiercut::study {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class SweepTest : public tiercut::testing::StudyCase {
 protected:
  /// Lines of a sweep as JSON, the head left out.
  std::vector<Json> points_of(const scenarios::Study& study) {
    auto how = options();
    how.form = PointTable::Form::json_lines;
    std::istringstream text(swept(study, how).text);
    std::vector<Json> points;
    for (std::string line; std::getline(text, line);) points.push_back(Json::parse(line));
    points.erase(points.begin());
    return points;
  }
};

const std::string eager_latencies =
    "scenario: big-little/eager\nsamples: 200\n"
    "axes:\n  up: {path: links.up.latency, from: 1 ms, to: 20 ms, steps: 5}\n"
    "  down: {path: links.down.latency, values: [2 ms, 15 ms, -1 ms]}\n";

TEST_F(SweepTest, FollowsTheArithmeticOfTheShippedStudy) {
  const auto shipped = *scenarios::read_study("big-little/links");
  const auto points = points_of(shipped);
  ASSERT_EQ(points.size(), 90u);
  int kept = 0;
  for (const Json& point : points) {
    // 2 x latency + 16.42 ms + (3136 + 40) B / bandwidth, rounded to picoseconds a message.
    const double expected =
        2 * point["latency_s"].get<double>() + 0.01642 + 3176 / point["bandwidth_bytes_per_s"].get<double>();
    for (const char* column : {"mean_s", "max_s", "predicted_mean_s"}) {
      EXPECT_NEAR(point[column].get<double>(), expected, 2e-12) << point;
    }
    EXPECT_EQ(point["verdict"], expected <= 0.040 ? "kept" : "missed") << point;
    EXPECT_EQ(point["late"], expected <= 0.040 ? 0 : 1000);
    EXPECT_EQ(point["placement"], "hidden1..softmax@cloud");
    EXPECT_EQ(point["payload_bytes_per_sample"], 3176.0);
    EXPECT_EQ(point["engine"], "fast");
    kept += expected <= 0.040 ? 1 : 0;
  }
  EXPECT_GT(kept, 30);
  EXPECT_LT(kept, 60);
}

TEST_F(SweepTest, PointsSeeTheSameLuck) {
  const auto points = points_of(study(
      "scenario: big-little/eager\nsamples: 2000\naxes:\n  up: {path: links.up.latency, values: [1 ms, 10 ms]}\n"));
  EXPECT_EQ(points[0]["share_little"], points[1]["share_little"]);
  // Between 30 ms of the little network and 32.42 or 41.42 of the big one.
  const double little = points[0]["share_little"].get<double>();
  EXPECT_NEAR(little, 0.0961, 4 * std::sqrt(0.0961 * 0.9039 / 2000));
  EXPECT_NEAR(points[0]["mean_s"].get<double>(), little * 0.030 + (1 - little) * 0.03242, 1e-12);
  EXPECT_NEAR(points[1]["mean_s"].get<double>(), little * 0.030 + (1 - little) * 0.04142, 1e-12);
  EXPECT_EQ(points[1]["late"], std::llround((1 - little) * 2000));
}

TEST_F(SweepTest, IsTheSameTextForAnyNumberOfWorkersAndForm) {
  const auto grid = study(eager_latencies);
  const std::string one = swept(grid, options(1)).text;
  for (const int workers : {2, 5, 33}) EXPECT_EQ(swept(grid, options(workers)).text, one) << workers;
  auto how = options();
  how.out = path("out.csv");
  swept(grid, how);
  EXPECT_EQ(text_of("out.csv"), one);
  EXPECT_FALSE(has("out.csv.partial"));
}

TEST_F(SweepTest, AFailedPointIsALineWithItsReason) {
  const auto result = swept(study(eager_latencies), options());
  ASSERT_EQ(result.points.size(), 15u);
  for (const auto& point : result.points) {
    const bool is_bad = point.point % 3 == 2;
    EXPECT_EQ(point.verdict == Verdict::failed, is_bad) << point.point;
    EXPECT_EQ(point.reason == "out-of-range: links.down.latency: '-1 ms' is outside the range", is_bad);
  }
}

TEST_F(SweepTest, ShardsGatherToTheWhole) {
  const auto grid = study(eager_latencies);
  for (const std::string extension : {".csv", ".jsonl"}) {
    auto how = options();
    how.form = PointTable::form_of(extension);
    const std::string whole = swept(grid, how).text;
    std::vector<std::string> files;
    for (std::int64_t index = 4; index >= 1; --index) {
      how.shard = {index, 4};
      files.push_back(path(std::to_string(index) + extension));
      how.out = files.back();
      const auto part = swept(grid, how);
      EXPECT_EQ(part.points.size(), index == 4 ? 3u : 4u);
      EXPECT_EQ(part.points.front().point, index - 1);
    }
    const auto gathered = gather(grid, how.form, files);
    ASSERT_TRUE(gathered) << to_text(gathered.error());
    EXPECT_EQ(gathered->text, whole);

    files.erase(files.begin() + 1);
    const auto missing = gather(grid, how.form, files);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().front().code, "missing-points");
    EXPECT_THAT(missing.error().front().message, HasSubstr("4 of 15 points are in none of the files, the first is 2"));
  }
}

TEST_F(SweepTest, GatherRefusesWhatDoesNotBelong) {
  const auto grid = study(eager_latencies);
  auto how = options();
  how.out = path("a.csv");
  swept(grid, how);
  auto other = grid;
  other.seed = 2;
  EXPECT_EQ(gather(other, how.form, {path("a.csv")}).error().front().code, "not-results");
  EXPECT_EQ(gather(grid, how.form, {path("s.yaml")}).error().front().code, "not-results");
  EXPECT_EQ(gather(grid, how.form, {path("none.csv")}).error().front().code, "file-not-found");
  std::string changed = text_of("a.csv");
  changed.replace(changed.find("kept"), 4, "none");
  std::ofstream(path("b.csv")) << changed;
  EXPECT_EQ(gather(grid, how.form, {path("a.csv"), path("b.csv")}).error().front().code, "differing-points");
}

TEST_F(SweepTest, GoesOnFromAJournalWithoutRedoingPoints) {
  const auto grid = study(eager_latencies);
  const auto whole = swept(grid, options());
  const PointTable table(grid, PointTable::Form::csv);
  std::vector<std::string> found;
  {
    auto journal = Journal::open(path("out.csv.partial"), table.head(), found);
    // No computation ends like this, so where it is found again it was not computed again.
    ASSERT_TRUE(journal->append({table.line(failed_point(7, "kept from before"))}));
  }
  auto how = options();
  how.out = path("out.csv");
  std::vector<std::string> notes;
  std::int64_t first_done = 0;
  how.note = [&](const std::string& text) { notes.push_back(text); };
  how.progress = [&](std::int64_t done, std::int64_t) { first_done = first_done == 0 ? done : first_done; };
  const auto result = swept(grid, how);
  EXPECT_EQ(result.known, 1);
  EXPECT_GE(first_done, 2);
  EXPECT_EQ(result.points[7].reason, "kept from before");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0], HasSubstr("1 of 15 points"));
  EXPECT_FALSE(has("out.csv.partial"));

  // What is complete is taken as it is, unless it is to be computed afresh.
  how.note = {};
  how.simulate = [](const auto&, const auto&) -> Result<simulator::SimulationResult> { throw std::logic_error("no"); };
  EXPECT_EQ(swept(grid, how).known, 15);
  EXPECT_EQ(swept(grid, how).points[7].reason, "kept from before");
  how = options();
  how.out = path("out.csv");
  how.is_afresh = true;
  EXPECT_EQ(swept(grid, how).text, whole.text);
  EXPECT_EQ(text_of("out.csv"), whole.text);
}

TEST_F(SweepTest, StoppedItKeepsFinishedPointsAndWritesNoResults) {
  const auto grid = study(eager_latencies);
  auto how = options(1);
  how.out = path("out.csv");
  bool is_stopping = false;
  how.stop = &is_stopping;
  how.progress = [&](std::int64_t, std::int64_t) { is_stopping = true; };
  const auto simulate = how.simulate;
  how.simulate = [&](const deployment::StageGraph& graph, const simulator::Options& options) {
    ::usleep(30'000);
    return simulate(graph, options);
  };
  const auto result = swept(grid, how);
  EXPECT_TRUE(result.is_interrupted);
  EXPECT_FALSE(has("out.csv"));
  EXPECT_TRUE(has("out.csv.partial"));
  how = options();
  how.out = path("out.csv");
  const auto rest = swept(grid, how);
  EXPECT_GE(rest.known, 1);
  EXPECT_EQ(rest.text, swept(grid, options()).text);
}

TEST_F(SweepTest, PlansAreMadeAnewFixedOrGiven) {
  // Little-on-pi: 30 ms on the Pi; in the cloud 0.98 ms and the links. Below 14.51 ms a link the cloud is better.
  const std::string axes =
      "scenario: big-little/little-on-pi\nsamples: 10\n"
      "axes:\n  latency: {path: [links.up.latency, links.down.latency], values: [14.5 ms, 14.52 ms]}\n";
  auto points = points_of(study(axes));
  EXPECT_THAT(points[0]["placement"].get<std::string>(), HasSubstr("@cloud"));
  EXPECT_THAT(points[1]["placement"].get<std::string>(), HasSubstr("@pi"));
  EXPECT_NEAR(points[0]["mean_s"].get<double>(), 0.02998, 1e-12);
  EXPECT_EQ(points[0]["plan_status"], "optimal");

  points = points_of(study(axes + "plan: fixed\n"));  // of the unvaried scenario: the Pi
  EXPECT_THAT(points[0]["placement"].get<std::string>(), HasSubstr("@pi"));
  EXPECT_NEAR(points[0]["mean_s"].get<double>(), 0.030, 1e-12);
  EXPECT_NEAR(points[0]["predicted_mean_s"].get<double>(), 0.030, 1e-12);
  EXPECT_EQ(points[0]["plan_status"], "fixed");

  const auto base = *scenarios::read_scenario("big-little/little-on-pi");
  deployment::PlanDocument document;
  document.plan = deployment::undivided(*base, {{base->find_device("cloud"), 0}, 0});
  document.scenario_file = "big-little/little-on-pi";
  document.scenario_hash = base->hash;
  document.made_by = "a test";
  document.method = "by hand";
  std::ofstream(path("cloud.yaml")) << deployment::to_yaml(document, *base);
  points = points_of(study(axes + "plan: cloud.yaml\n"));
  EXPECT_THAT(points[1]["placement"].get<std::string>(), HasSubstr("@cloud"));
  EXPECT_NEAR(points[1]["mean_s"].get<double>(), 0.03002, 1e-12);
  EXPECT_EQ(points[1]["plan_status"], "given");
}

TEST_F(SweepTest, AFixedPlanFollowsThePolicyOfThePoint) {
  const auto points =
      points_of(study("scenario: big-little/after\nplan: fixed\nsamples: 500\n"
                      "axes:\n  policy: {path: policy.escalation, values: [after, eager]}\n"));
  EXPECT_NEAR(points[0]["max_s"].get<double>(), 0.07642, 1e-12);
  EXPECT_NEAR(points[1]["max_s"].get<double>(), 0.04642, 1e-12);
}

TEST_F(SweepTest, AFixedPlanThatDoesNotFitIsAReason) {
  const auto points =
      points_of(study("scenario: big-little/big-in-cloud\nplan: fixed\nsamples: 10\n"
                      "axes:\n  model: {path: model, values: [big-little/net3, ddnn/evaluation-1, none/such]}\n"));
  EXPECT_EQ(points[0]["verdict"], "missed");
  EXPECT_EQ(points[1]["verdict"], "failed");
  EXPECT_THAT(points[2]["reason"].get<std::string>(), HasSubstr("reference-not-found"));
}

TEST_F(SweepTest, TellsWhereThePromiseHolds) {
  const auto grid = study(eager_latencies);
  const auto result = swept(grid, options());
  const std::string text = sweep_text(grid, result.points, "max");
  EXPECT_THAT(text, HasSubstr("15 points of eager, 200 samples each (seed 1)"));
  // 20 ms up and 15 ms down: 51.42 ms; 1 ms and 2 ms: 30 ms of the little network is the longest.
  EXPECT_THAT(text, HasSubstr("51.42 ms !"));
  EXPECT_THAT(text, HasSubstr("- 5 as point 2: out-of-range: links.down.latency: '-1 ms' is outside the range"));
  const Json json = Json::parse(sweep_json(grid, result.points));
  EXPECT_EQ(json["points"], 15);
  EXPECT_EQ(json["failed"], 5);
  EXPECT_EQ(json["by_value"]["down"][2]["failed"], 5);
}

}  // namespace
}  // namespace tiercut::study
