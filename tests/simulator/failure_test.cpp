// SPDX-License-Identifier: Apache-2.0
// What simulate refuses, and how it stops.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using namespace tiercut::literals;

GraphBuilder one_unit() {
  GraphBuilder b;
  const int unit = b.unit("cpu");
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(1)))});
  return b;
}

std::string code_of(const Result<SimulationResult>& result) {
  return result.has_value() ? "none" : result.error().front().code;
}

TEST(Simulate, RefusesTooFewSamples) {
  auto b = one_unit();
  Options options;
  options.samples = 0;
  EXPECT_EQ(code_of(simulate_forked(b.graph, options)), "bad-samples");
  options.samples = 10;
  b.graph.warm_up = 10;
  EXPECT_EQ(code_of(simulate_forked(b.graph, options)), "bad-samples");
  b.graph.warm_up = 9;
  EXPECT_EQ(code_of(simulate_forked(b.graph, options)), "none");
}

TEST(Simulate, RefusesALinkThatLosesEverything) {
  GraphBuilder b;
  const int up = b.link("up", milliseconds(1), 100_Mbit_per_s);
  b.resource(up).loss = {1, Seconds(0.2)};
  b.answer({after(b.transfer("x", {after(b.source())}, {up}, 1_B))});
  EXPECT_EQ(code_of(simulate_forked(b.graph, {})), "certain-loss");
}

TEST(Simulate, RunsOnceInAProcessAndKeepsSignalHandlers) {
  static volatile std::sig_atomic_t interrupted = 0;
  const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
  Options options;
  options.samples = 5;
  EXPECT_EQ(code_of(simulate(one_unit().graph, options)), "none");
  EXPECT_EQ(code_of(simulate(one_unit().graph, options)), "engine-used");
  std::raise(SIGINT);
  EXPECT_EQ(interrupted, 1);
  std::signal(SIGINT, before);
}

TEST(Simulate, StopsWhenToldAndReportsWhatItHas) {
  static volatile bool stop = false;
  Options options;
  options.samples = 1'000'000;
  options.stop = &stop;
  options.progress = [](std::int64_t done, std::int64_t) { stop = done >= 5 * 1024; };
  const auto result = simulate(one_unit().graph, options);
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_TRUE(result->is_interrupted);
  EXPECT_EQ(result->samples, 5 * 1024);
}

TEST(Simulate, SaysNothingOnItsOwn) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Options options;
  options.samples = 100;
  ASSERT_TRUE(simulate(one_unit().graph, options));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Simulate, StopsBeforeTheEndOfTime) {
  auto b = one_unit();
  b.graph.arrivals.period = Seconds(4e6);
  Options options;
  options.samples = 10;
  EXPECT_EQ(code_of(simulate_forked(b.graph, options)), "horizon-exceeded");
}

TEST(Simulate, RefusesARouteOfFairAndFifoLinks) {
  GraphBuilder b;
  const int fair = b.link("fair", milliseconds(1), 100_Mbit_per_s, true);
  const int fifo = b.link("fifo", milliseconds(1), 100_Mbit_per_s, false);
  b.answer({after(b.transfer("x", {after(b.source())}, {fair, fifo}, 1_B))});
  EXPECT_EQ(code_of(simulate_forked(b.graph, {})), "broken-invariant");
}

TEST(Simulate, ReportsProgressToTheEnd) {
  Options options;
  options.samples = 3000;
  std::vector<std::int64_t> seen;
  options.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 3000);
    seen.push_back(done);
  };
  ASSERT_TRUE(simulate(one_unit().graph, options));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1024, 2048, 3000}));
}

}  // namespace
}  // namespace tiercut::simulator
