// SPDX-License-Identifier: Apache-2.0
#include "report/records.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/version.hpp"

namespace tiercut::report {
namespace {

namespace fs = std::filesystem;

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() {
    scenario.name = "tiny";
    scenario.hash = "sha256:abc";
    graph.exits = {{"little, early", 0.5, 0}};
    graph.faults = {{"flood", {}, {}, true, {}, {}, {}, {}}};
    record.sample = 3;
    record.member = 2;
    record.arrival = Instant(3'000'000'000'000);
    record.latency = Span(46'420'000'001);
    record.answered_by = 1;
    record.terms[static_cast<std::size_t>(deployment::Term::compute)] = Span(16'420'000'001);
    record.terms[static_cast<std::size_t>(deployment::Term::propagate)] = Span(30'000'000'000);
    result.engine = "simgrid";
    result.engine_version = "3.32";
    result.network_model = "CM02";
    folder = fs::path(testing::TempDir()) /
             ("records-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~RecordsTest() override { fs::remove_all(folder); }

  std::string written(const std::string& name) {
    const std::string path = (folder / name).string();
    auto writer = RecordWriter::create(path, scenario, graph, 7);
    EXPECT_TRUE(writer.has_value());
    writer->add(record);
    EXPECT_FALSE(fs::exists(path)) << "nothing may be seen before the commit";
    EXPECT_TRUE(writer->commit(result).has_value());
    return *read_file(path);
  }

  scenarios::Scenario scenario;
  deployment::StageGraph graph;
  simulator::Record record;
  simulator::SimulationResult result;
  fs::path folder;
};

TEST_F(RecordsTest, CsvNamesUnitsAndOrigin) {
  EXPECT_EQ(written("records.csv"),
            "# tiercut " + std::string(version()) +
                ", scenario tiny, sha256:abc, seed 7\n"
                "sample,member,arrival_s,latency_s,answered_by,queue_s,compute_s,exit_check_s,serialise_s,link_queue_s,"
                "transmit_s,transport_s,propagate_s,aggregation_wait_s,return_s,ending,why\n"
                "3,2,3,0.046420000001,final,0,0.016420000001,0,0,0,0,0,0.03,0,0,answered,\n"
                "# simgrid 3.32, CM02\n");
}

TEST_F(RecordsTest, CsvQuotesNamesThatNeedIt) {
  record.answered_by = 0;
  EXPECT_NE(written("records.csv").find(",\"little, early\","), std::string::npos);
}

TEST_F(RecordsTest, JsonLinesAreObjectsWithTheSameKeys) {
  std::istringstream lines(written("records.jsonl"));
  std::string line;
  std::vector<nlohmann::json> objects;
  while (std::getline(lines, line)) objects.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_EQ(objects[0]["scenario_hash"], "sha256:abc");
  EXPECT_EQ(objects[0]["seed"], 7);
  EXPECT_EQ(objects[1]["latency_s"], 0.046420000001);
  EXPECT_EQ(objects[1]["answered_by"], "final");
  EXPECT_EQ(objects[1]["propagate_s"], 0.03);
  EXPECT_EQ(objects[2]["engine"], "simgrid");
}

TEST_F(RecordsTest, ASampleWithoutAnAnswerSaysWhy) {
  record = {};
  record.sample = 4;
  record.latency = Span::longest();
  record.answered_by = -1;
  record.ending = simulator::Ending::failed;
  record.cause = simulator::Cause::fault(0);
  EXPECT_NE(written("records.csv").find("\n4,1,0,,,0,0,0,0,0,0,0,0,0,0,failed,fault flood\n"), std::string::npos);
  std::istringstream lines(written("records.jsonl"));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  const auto object = nlohmann::json::parse(line);
  EXPECT_TRUE(object["latency_s"].is_null());
  EXPECT_TRUE(object["answered_by"].is_null());
  EXPECT_EQ(object["ending"], "failed");
  EXPECT_EQ(object["why"], "fault flood");
}

TEST_F(RecordsTest, UncommittedRecordsLeaveNothing) {
  {
    auto writer = RecordWriter::create((folder / "records.csv").string(), scenario, graph, 1);
    ASSERT_TRUE(writer.has_value());
  }
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(RecordsTest, DirectoryIsRefused) {
  const auto writer = RecordWriter::create(folder.string(), scenario, graph, 1);
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error().front().code, "output-is-directory");
}

TEST(ExactSeconds, KeepsEveryPicosecond) {
  EXPECT_EQ(exact_seconds(0), "0");
  EXPECT_EQ(exact_seconds(1), "0.000000000001");
  EXPECT_EQ(exact_seconds(-1'500'000'000'000), "-1.5");
  EXPECT_EQ(exact_seconds(std::numeric_limits<std::int64_t>::min()), "-9223372.036854775808");
}

}  // namespace
}  // namespace tiercut::report
