// SPDX-License-Identifier: Apache-2.0
// What simulate refuses, and how it stops.
#include <gtest/gtest.h>

#include <algorithm>
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

TEST(Simulate, RunsOnceInAProcessOnSimgridAndKeepsSignalHandlers) {
  expect_in_child([&] {
    static volatile std::sig_atomic_t interrupted = 0;
    const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
    Options options;
    options.samples = 5;
    options.engine = Engine::simgrid;
    EXPECT_EQ(code_of(simulate_with_simgrid(one_unit().graph, options)), "none");
    EXPECT_EQ(code_of(simulate_with_simgrid(one_unit().graph, options)), "engine-used");
    options.engine = Engine::simgrid_timers;
    EXPECT_EQ(code_of(simulate_with_simgrid(one_unit().graph, options)), "engine-used");
    std::raise(SIGINT);
    EXPECT_EQ(interrupted, 1);
    std::signal(SIGINT, before);
  });
}

TEST(Simulate, RunsFastAsOftenAsAskedAlsoBesideSimgrid) {
  expect_in_child([&] {
    Options options;
    options.samples = 5;
    options.engine = Engine::simgrid;
    ASSERT_EQ(code_of(simulate_with_simgrid(one_unit().graph, options)), "none");
    for (const Engine engine : {Engine::automatic, Engine::fast}) {
      options.engine = engine;
      for (int i = 0; i < 3; ++i) {
        const auto result = simulate_with_simgrid(one_unit().graph, options);
        ASSERT_TRUE(result) << to_text(result.error());
        EXPECT_EQ(result->engine, "fast");
        EXPECT_EQ(result->latency_s.mean, 0.001);
      }
    }
  });
}

GraphBuilder one_fair_link(BytesPerSecond bandwidth) {
  GraphBuilder b;
  const int shared = b.link("wifi", milliseconds(1), bandwidth, true);
  b.answer({after(b.transfer("x", {after(b.source())}, {shared}, 1000_B))});
  return b;
}

TEST(Simulate, TakesTheFirstEngineThatFits) {
  EXPECT_EQ(*engine_for(one_unit().graph, Engine::automatic), Engine::fast);
  EXPECT_EQ(*engine_for(one_fair_link(100_Mbit_per_s).graph, Engine::automatic), Engine::simgrid);
  // Nothing to share where bandwidth has no end.
  EXPECT_EQ(*engine_for(one_fair_link(BytesPerSecond::infinite()).graph, Engine::automatic), Engine::fast);
  for (const Engine engine : {Engine::simgrid, Engine::simgrid_timers}) {
    EXPECT_EQ(*engine_for(one_unit().graph, engine), engine);
    Options options;
    options.samples = 5;
    options.engine = engine;
    const auto result = simulate_forked(one_fair_link(100_Mbit_per_s).graph, options);
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_EQ(result->engine, to_text(engine));
    EXPECT_DOUBLE_EQ(result->latency_s.max, 0.001 + 1000 / 12.5e6);
  }
}

TEST(Simulate, RefusesFairLinksOnFastAndSaysWhich) {
  Options options;
  options.engine = Engine::fast;
  const auto result = simulate(one_fair_link(100_Mbit_per_s).graph, options);
  ASSERT_EQ(code_of(result), "engine-unfit");
  EXPECT_NE(result.error().front().message.find("wifi"), std::string::npos);
}

TEST(Simulate, RefusesSimgridWhereItIsNotLinked) {
  Options options;
  options.engine = Engine::simgrid;
  EXPECT_EQ(code_of(simulate(one_unit().graph, options)), "engine-missing");
  options.engine = Engine::automatic;
  EXPECT_EQ(code_of(simulate(one_fair_link(100_Mbit_per_s).graph, options)), "engine-missing");
}

class AnyEngine : public ::testing::TestWithParam<Engine> {};

TEST_P(AnyEngine, StopsWhenToldAndReportsWhatItHas) {
  expect_in_child([&] {
    static volatile bool stop = false;
    Options options;
    options.engine = GetParam();
    options.samples = 1'000'000;
    options.stop = &stop;
    options.progress = [](std::int64_t done, std::int64_t) { stop = done >= 5 * 1024; };
    const auto result = simulate_with_simgrid(one_unit().graph, options);
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_TRUE(result->is_interrupted);
    EXPECT_EQ(result->samples, 5 * 1024);
  });
}

TEST_P(AnyEngine, SaysNothingOnItsOwn) {
  expect_in_child([&] {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Options options;
    options.engine = GetParam();
    options.samples = 100;
    ASSERT_TRUE(simulate_with_simgrid(one_unit().graph, options));
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  });
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

TEST_P(AnyEngine, ReportsProgressToTheEnd) {
  expect_in_child([&] {
    Options options;
    options.engine = GetParam();
    options.samples = 3000;
    std::vector<std::int64_t> seen;
    options.progress = [&](std::int64_t done, std::int64_t total) {
      EXPECT_EQ(total, 3000);
      seen.push_back(done);
    };
    ASSERT_TRUE(simulate_with_simgrid(one_unit().graph, options));
    EXPECT_EQ(seen, (std::vector<std::int64_t>{1024, 2048, 3000}));
  });
}

INSTANTIATE_TEST_SUITE_P(, AnyEngine, ::testing::Values(Engine::fast, Engine::simgrid, Engine::simgrid_timers),
                         [](const auto& instance) {
                           std::string name(to_text(instance.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tiercut::simulator
