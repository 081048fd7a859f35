// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "tests/cli/command.hpp"

namespace tiercut::cli {
namespace {

namespace fs = std::filesystem;

class FilesTest : public test::CommandTest {
 protected:
  void expect_refused(const std::vector<std::string>& words, const std::string& code) {
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "") << code;
    EXPECT_NE(outcome.err.find("error[" + code + "]"), std::string::npos) << outcome.err;
  }
};

TEST_F(FilesTest, UnwritableOutputIsRefusedAndLeavesNothing) {
  expect_refused({"plan", "big-little/little-on-pi", "--out", "missing/plan.yaml"}, "output-unwritable");
  expect_refused({"plan", "big-little/little-on-pi", "--out", "."}, "output-is-directory");
  expect_refused({"simulate", "big-little/little-on-pi", "--records", "missing/r.csv"}, "output-unwritable");
  EXPECT_TRUE(files().empty());
}

TEST_F(FilesTest, FullDiskIsTold) {
  const pid_t child = start({"capacity", "big-little/budget-40ms"}, "/dev/full");
  const test::Outcome outcome = finish(child);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("error[output-failed]"), std::string::npos) << outcome.err;
}

TEST_F(FilesTest, WrongScenarioFilesAreRefused) {
  fs::create_directory(work() / "folder");
  write("empty.yaml", "");
  std::ofstream(work() / "huge.yaml") << std::string((4u << 20) + 1, '#');
  expect_refused({"plan", "folder"}, "file-is-directory");
  expect_refused({"plan", "empty.yaml"}, "file-empty");
  expect_refused({"plan", "huge.yaml"}, "file-too-large");
  expect_refused({"plan", "nothing.yaml"}, "reference-not-found");
}

TEST_F(FilesTest, MisspeltShippedNameGetsTheNearest) {
  const test::Outcome outcome = run({"plan", "big-little/afer"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("did you mean 'big-little/after'"), std::string::npos) << outcome.err;
}

TEST_F(FilesTest, InfeasiblePlanIsNotWritten) {
  const test::Outcome outcome = run({"plan", "big-little/big-in-cloud", "--out", "plan.yaml"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(files().empty());
  EXPECT_NE(outcome.err.find("was not written"), std::string::npos) << outcome.err;
}

TEST_F(FilesTest, WrittenPlanChecksAndRuns) {
  ASSERT_EQ(run({"init", "mine.yaml"}).status, 0);
  fs::create_directory(work() / "plans");
  ASSERT_EQ(run({"plan", "mine.yaml", "--out", "plans/mine.yaml"}).status, 0);
  const test::Outcome check = run({"check", "plans/mine.yaml", "--json"});
  ASSERT_EQ(check.status, 0) << check.err << check.out;
  EXPECT_TRUE(check.json()["files"][0]["holds"].get<bool>());
  const test::Outcome direct = run({"simulate", "mine.yaml", "--samples", "200", "--json"});
  const test::Outcome planned =
      run({"simulate", "mine.yaml", "--samples", "200", "--plan", "plans/mine.yaml", "--json"});
  EXPECT_EQ(direct.out, planned.out);
}

TEST_F(FilesTest, CheckTellsApartWhatIsWrong) {
  ASSERT_EQ(run({"plan", "big-little/little-on-pi", "--out", "plan.yaml"}).status, 0);
  EXPECT_EQ(run({"check", "plan.yaml", "big-little/little-on-pi"}).status, 0);
  const test::Outcome stale = run({"check", "plan.yaml", "--set", "links.up.latency=16ms"});
  EXPECT_EQ(stale.status, 1) << "a plan of another scenario does not hold: " << stale.err;
  EXPECT_NE(stale.err.find("stale-plan"), std::string::npos) << stale.err;
  write("bad.yaml", "schema: tiercut/scenario/1\nname: x\nname: y\n");
  write("strange.yaml", "schema: tiercut/scenaro/1\n");
  const test::Outcome bad = run({"check", "bad.yaml", "strange.yaml"});
  EXPECT_EQ(bad.status, 2);
  EXPECT_NE(bad.err.find("bad.yaml:3:"), std::string::npos) << bad.err;
  EXPECT_NE(bad.err.find("did you mean tiercut/scenario/1"), std::string::npos) << bad.err;
}

TEST_F(FilesTest, QuietSaysNothingOnStderr) {
  const test::Outcome outcome = run(
      {"simulate", "big-little/little-on-pi", "--samples", "50", "--quiet", "--set", "workload.arrivals.period=20ms"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out, "");
}

TEST_F(FilesTest, InterruptedRunLeavesNoRecordsAndSays130) {
  const pid_t child = start({"simulate", "big-little/after", "--samples", "900000000", "--records", "r.csv"},
                            (folder / "out").string());
  // The temporary file beside the records shows that the run has begun.
  for (int tries = 0; files().empty() && tries < 2000; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_FALSE(files().empty());
  ::kill(child, SIGINT);
  const test::Outcome outcome = finish(child);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace tiercut::cli
