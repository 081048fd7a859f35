// SPDX-License-Identifier: Apache-2.0
#include "report/progress.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tiercut::report {
namespace {

class ProgressTest : public testing::Test {
 protected:
  Progress::Clock clock() {
    return [this] { return Seconds(now_s); };
  }
  Progress::Writer writer() {
    return [this](const std::string& text) { written.push_back(text); };
  }
  double now_s = 100;
  std::vector<std::string> written;
};

TEST_F(ProgressTest, SaysNothingOfShortWork) {
  Progress progress("simulate", Progress::Style::terminal, clock(), writer());
  now_s += 0.9;
  progress.update(50, 100);
  progress.finish();
  EXPECT_TRUE(written.empty());
}

TEST_F(ProgressTest, RewritesOneLineOnATerminal) {
  Progress progress("simulate", Progress::Style::terminal, clock(), writer());
  now_s += 2;
  progress.update(1000, 4000);  // a quarter in 2 s: 6 s are left
  now_s += 0.05;
  progress.update(1001, 4000);  // too soon
  now_s += 0.06;
  progress.update(2000, 4000);
  progress.finish();
  ASSERT_EQ(written.size(), 3u);
  EXPECT_EQ(written[0], "\r\x1b[Ksimulate: 1,000 of 4,000 (25 %), 6 s left");
  EXPECT_EQ(written[1], "\r\x1b[Ksimulate: 2,000 of 4,000 (50 %), 3 s left");
  EXPECT_EQ(written[2], "\r\x1b[K");
}

TEST_F(ProgressTest, WritesALineEveryTenPercentOnAPipe) {
  Progress progress("simulate", Progress::Style::lines, clock(), writer());
  for (int done = 1; done <= 100; ++done) {
    now_s += 1;
    progress.update(done, 100);
  }
  progress.finish();
  ASSERT_EQ(written.size(), 10u);
  EXPECT_EQ(written[0], "simulate: 10 of 100 (10 %), 1 min 30 s left\n");
}

TEST_F(ProgressTest, WritesALineEveryTenSecondsOfSlowWork) {
  Progress progress("simulate", Progress::Style::lines, clock(), writer());
  for (int done = 1; done <= 30; ++done) {
    now_s += 1;
    progress.update(done, 100'000);
  }
  ASSERT_EQ(written.size(), 3u);  // at 10, 20 and 30 s
  EXPECT_EQ(written[0], "simulate: 10 of 100,000 (0 %), 27 h 46 min left\n");
}

TEST_F(ProgressTest, IsSilentWhenAsked) {
  Progress progress("simulate", Progress::Style::silent, clock(), writer());
  now_s += 100;
  progress.update(50, 100);
  progress.finish();
  EXPECT_TRUE(written.empty());
}

}  // namespace
}  // namespace tiercut::report
