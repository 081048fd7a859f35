// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/cli/command.hpp"

namespace tiercut::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SweepVerb : public test::CommandTest {
 protected:
  /// Twelve points that take a while each.
  void write_long_study(int samples) {
    write("s.yaml",
          "schema: tiercut/study/1\nname: s\nscenario: big-little/eager\nsamples: " + std::to_string(samples) +
              "\naxes:\n  up: {path: links.up.latency, from: 1 ms, to: 20 ms, steps: 12}\n");
  }
  std::size_t lines_of(const std::string& name) const {
    const std::string text = text_of(work() / name);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  /// Until the file has so many lines, within 30 seconds.
  bool await_lines(const std::string& name, std::size_t count) const {
    for (int i = 0; i < 3000; ++i) {
      if (lines_of(name) >= count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

TEST_F(SweepVerb, KilledOrInterruptedItGoesOnWhereItWas) {
  write_long_study(300'000);
  const std::vector<std::string> command = {"sweep", "s.yaml", "--out", "out.csv", "--workers", "2"};
  for (const int signal : {SIGKILL, SIGINT}) {
    const std::size_t known = lines_of("out.csv.partial");
    const pid_t child = start(command, (folder / "out").string());
    ASSERT_TRUE(await_lines("out.csv.partial", known + 2));
    ::kill(child, signal);
    const auto outcome = finish(child);
    EXPECT_EQ(outcome.status, signal == SIGKILL ? 128 + SIGKILL : 130);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(signal == SIGINT ? "the same command goes on from there" : ""));
    EXPECT_THAT(files(), ElementsAre("out.csv.partial", "s.yaml"));
  }
  const std::size_t known = lines_of("out.csv.partial") - 1;  // less the head
  EXPECT_GE(known, 3u);
  const auto rest = run(command);
  EXPECT_EQ(rest.status, 0);
  EXPECT_THAT(rest.err, HasSubstr(std::to_string(known) + " of 12 points are in"));
  EXPECT_THAT(files(), ElementsAre("out.csv", "s.yaml"));
  EXPECT_EQ(run({"sweep", "s.yaml", "--workers", "3"}).out, text_of(work() / "out.csv"));
}

TEST_F(SweepVerb, EnginesAgreeAndSimgridTakesWhatIsSharedFairly) {
  write("s.yaml",
        "schema: tiercut/study/1\nname: s\nscenario: big-little/eager\nsamples: 100\n"
        "measures: [mean, max, late, shares]\naxes:\n  up: {path: links.up.bandwidth, values: [1 Mbit/s, 9 Mbit/s]}\n"
        "  how: {path: links.up.discipline, values: [fifo, fair]}\n");
  const auto both = run({"sweep", "s.yaml"});
  EXPECT_EQ(both.status, 0) << both.err;
  // One message at a time: a fair link is a fifo link.
  std::istringstream lines(both.out);
  std::vector<std::string> points;
  for (std::string line; std::getline(lines, line);) points.push_back(line);
  ASSERT_EQ(points.size(), 6u);
  const auto figures = [](const std::string& line) { return line.substr(line.find(",missed,")); };
  EXPECT_EQ(figures(points[2]), figures(points[3]));
  EXPECT_EQ(figures(points[4]), figures(points[5]));
  EXPECT_NE(figures(points[2]), figures(points[4]));

  write("t.yaml",
        "schema: tiercut/study/1\nname: t\nscenario: big-little/eager\nsamples: 100\n"
        "measures: [mean, p50, p90, p95, p99, max, late, shares, utilisation, payload]\n"
        "axes: {up: {path: links.up.latency, values: [1 ms, 5 ms, 15 ms]}}\n");
  const auto after_head = [](const std::string& text) { return text.substr(text.find('\n')); };
  const std::string fast = after_head(run({"sweep", "t.yaml"}).out);
  EXPECT_EQ(after_head(run({"sweep", "t.yaml", "--engine", "simgrid"}).out), fast);
  EXPECT_EQ(after_head(run({"sweep", "t.yaml", "--engine", "simgrid-timers", "--workers", "1"}).out), fast);
}

TEST_F(SweepVerb, RefusesWhatDoesNotGoTogether) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> slips = {
      {{"sweep", "big-little/links", "more.csv"}, "one too many"},
      {{"sweep", "big-little/links", "--gather"}, "nothing to gather"},
      {{"sweep", "big-little/links", "a.csv", "--gather", "--shard", "1/2"}, "leave them out"},
      {{"sweep", "big-little/links", "--shard", "3/2"}, "'3/2' is no shard"},
      {{"sweep", "big-little/links", "--emit", "slurm"}, "--out"},
      {{"sweep", "big-little/links", "--emit", "pbs", "--out", "x"}, "there is no script for 'pbs'"},
      {{"sweep", "big-little/links", "--shards", "3"}, "--shards goes with --emit"},
      {{"sweep", "big-little/links", "--workers", "0"}, "from 1 to 1024"},
      {{"sweep", "big-little/link"}, "did you mean 'big-little/links'?"},
      {{"sweep", "big-little/links", "--out", "no/such/folder.csv"}, "output-unwritable"},
      {{"sweep", "big-little/links", "--out", "."}, "output-is-directory"},
  };
  for (const auto& [words, said] : slips) {
    const auto outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << words.back();
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(said));
    EXPECT_THAT(files(), ElementsAre());
  }
}

TEST_F(SweepVerb, ChecksAStudy) {
  EXPECT_EQ(run({"check", "big-little/links"}).status, 0);
  EXPECT_THAT(run({"check", "big-little/links"}).out, HasSubstr("90 points along 2 dimensions"));
}

}  // namespace
}  // namespace tiercut::cli
