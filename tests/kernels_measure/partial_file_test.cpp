// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/partial_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/files.hpp"

namespace tiercut::kernels {
namespace {

class PartialFile : public testing::Test {
 protected:
  PartialFile()
      : path((std::filesystem::path(testing::TempDir()) /
              (std::string("tiercut-partial-") + testing::UnitTest::GetInstance()->current_test_info()->name()))
                 .string()) {}
  ~PartialFile() override { std::filesystem::remove(path); }
  std::string code_for(const std::string& text) {
    EXPECT_TRUE(write_file(path, text));
    const auto read = read_partial(path);
    return read ? "none" : read.error().front().code;
  }
  const std::string first_line = "{\"schema\": \"tiercut/measurements/1\", \"settings\": \"s\", \"spent_s\": 2}\n";
  std::string path;
};

TEST_F(PartialFile, GivesBackWhatWasWritten) {
  PartialMeasurements measurements{"board; \"quick\" grid", Seconds(12.5), {}};
  CaseRecord& record = measurements.records["Linear 64 -> 10"];
  for (const double time : {1.25e-6, 1.5e-6, 3.0}) {
    record.samples.begin_visit();
    record.samples.add(Seconds(time), 64);
  }
  record.rounds = 2;
  record.disturbed_rounds = 1;
  record.backend = "highway, eigen";
  measurements.records["never visited"];
  ASSERT_TRUE(write_partial(path, measurements));
  const auto read = read_partial(path);
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(read->settings, measurements.settings);
  EXPECT_EQ(read->spent, Seconds(12.5));
  ASSERT_EQ(read->records.size(), 1U);
  const CaseRecord& back = read->records.at("Linear 64 -> 10");
  EXPECT_EQ(std::vector<double>(back.samples.values().begin(), back.samples.values().end()),
            (std::vector<double>{1.25e-6, 1.5e-6, 3.0}));
  EXPECT_EQ(back.samples.repetitions(), 192);
  EXPECT_EQ(back.samples.visits().size(), 3U);
  EXPECT_EQ(back.rounds, 2);
  EXPECT_EQ(back.disturbed_rounds, 1);
  EXPECT_EQ(back.backend, "highway, eigen");
}

TEST_F(PartialFile, ThatIsAbsentSaysSo) {
  const auto read = read_partial(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().front().code, "file-not-found");
}

TEST_F(PartialFile, OfAnotherKindIsRefused) {
  EXPECT_EQ(code_for(""), "bad-partial");
  EXPECT_EQ(code_for("schema: tiercut/profile/1\n"), "bad-partial");
  EXPECT_EQ(code_for("{\"schema\": \"tiercut/measurements/2\", \"settings\": \"s\", \"spent_s\": 2}\n"), "bad-partial");
  EXPECT_EQ(code_for("{\"schema\": \"tiercut/measurements/1\", \"settings\": \"s\", \"spent_s\": \"x\"}\n"),
            "bad-partial");
  EXPECT_EQ(code_for(first_line), "none");
}

TEST_F(PartialFile, WithADamagedLineIsRefusedWithItsNumber) {
  const std::string good =
      "{\"case\": \"a\", \"rounds\": 1, \"disturbed\": 0, \"backend\": \"b\", \"repetitions\": 4, \"seconds\": "
      "\"1e-6\"}\n";
  EXPECT_EQ(code_for(first_line + good), "none");
  for (const auto& [what, by] : {std::pair{"1e-6", "1e-6 x"},
                                 {"1e-6", "-1e-6"},
                                 {"1e-6", "nan"},
                                 {"1e-6", ""},
                                 {"\"rounds\": 1", "\"rounds\": 0"},
                                 {"\"a\"", "\"\""},
                                 {"}\n", "\n"}}) {
    std::string bad = good;
    bad.replace(bad.find(what), std::string(what).size(), by);
    EXPECT_EQ(code_for(first_line + good + bad), "bad-partial") << bad;
  }
  const auto read = read_partial(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().front().where.line, 3);
}

}  // namespace
}  // namespace tiercut::kernels
