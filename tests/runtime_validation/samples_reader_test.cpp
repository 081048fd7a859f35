// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "runtime/validation/recorded_run.hpp"

namespace tiercut::validation {
namespace {

class Samples : public ::testing::Test {
 protected:
  Samples() : path_(std::filesystem::temp_directory_path() / ("samples-" + std::to_string(::getpid()) + ".csv")) {}
  ~Samples() override { std::filesystem::remove(path_); }
  Result<RecordedRun> read(const std::string& text) {
    std::ofstream(path_) << text;
    return read_run(path_.string());
  }
  std::filesystem::path path_;
};

TEST_F(Samples, OfAnotherSystemNeedOnlyArrivalAndLatency) {
  const auto run = read("# made by hand\nsample,arrival_ms,latency_us,who\n0,0,1500,x\n1,20,,y\n");
  ASSERT_TRUE(run) << to_text(run.error());
  EXPECT_TRUE(run->is_foreign);
  ASSERT_EQ(run->samples.size(), 2u);
  EXPECT_DOUBLE_EQ(run->samples[0].latency, 0.0015);
  EXPECT_DOUBLE_EQ(run->samples[1].arrival, 0.02);
  EXPECT_TRUE(std::isinf(run->samples[1].latency));  // never answered
  EXPECT_FALSE(run->has_bytes);
  EXPECT_TRUE(run->answers.empty());
}

TEST_F(Samples, ExitsTermsAndLabelsAreTakenWhereTheyAre) {
  const auto run = read(
      "sample,arrival_s,latency_s,answered_by,compute_ms,label,predicted\r\n"
      "0,0,0.01,little,3,8,8\r\n1,1,0.02,final,4,8,2\r\n2,2,0.03,\"little\",5,,\r\n");
  ASSERT_TRUE(run) << to_text(run.error());
  EXPECT_EQ(run->answers, (std::vector<std::string>{"little", "final"}));
  EXPECT_EQ(run->samples[2].answer, 0);
  EXPECT_DOUBLE_EQ((*run->samples[1].terms)[static_cast<std::size_t>(deployment::Term::compute)], 0.004);
  EXPECT_EQ(run->samples[0].is_right, true);
  EXPECT_EQ(run->samples[1].is_right, false);
  EXPECT_FALSE(run->samples[2].is_right.has_value());
}

TEST_F(Samples, AllErrorsAreToldWithTheirLines) {
  const auto run = read("sample,arrival_s,latency_s\n0,zero,1\n1,1\n2,2,-3\n3,3,3\n");
  ASSERT_FALSE(run);
  ASSERT_EQ(run.error().size(), 3u);
  EXPECT_EQ(run.error()[0].where.line, 2);
  EXPECT_EQ(run.error()[1].where.line, 3);
  EXPECT_EQ(run.error()[2].where.line, 4);
  for (const auto& error : run.error()) EXPECT_EQ(error.code, "bad-row");
}

TEST_F(Samples, WhatIsNoRunIsSaid) {
  EXPECT_EQ(read("sample,latency_s\n0,1\n").error().front().code, "missing-column");
  EXPECT_EQ(read("sample,arrival_s,latency_s\n").error().front().code, "not-a-run");
  EXPECT_EQ(read("").error().front().code, "missing-column");
  EXPECT_EQ(read_run(std::filesystem::temp_directory_path().string()).error().front().code, "not-a-run");
  EXPECT_EQ(read_run("no-such-file.csv").error().front().code, "file-not-found");
}

}  // namespace
}  // namespace tiercut::validation
