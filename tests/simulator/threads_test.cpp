// SPDX-License-Identifier: Apache-2.0
// Draws are functions of (seed, thing, sample): neither threads nor the engine change a sample.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/simulator/forked.hpp"
#include "tests/simulator/random_graph.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;

constexpr unsigned runs = 48;

Options options_of(unsigned run) {
  Options options;
  options.engine = Engine::fast;
  options.samples = 200;
  options.seed = run;
  return options;
}

/// Everything the runs measured, by run, with so many threads that take one run after the other.
std::vector<std::string> measured_by(unsigned threads) {
  std::vector<std::string> bytes(runs);
  std::atomic<unsigned> next = 0;
  const auto work = [&] {
    for (unsigned run; (run = next++) < runs;) {
      const RandomGraph random(run % 12, {.with_luck = true});  // several threads have one graph at the same time
      bytes[run] = forked_detail::simulate_to_bytes(random.b.graph, options_of(run));
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) workers.emplace_back(work);
  for (auto& worker : workers) worker.join();
  return bytes;
}

TEST(Threads, AnyNumberGivesTheSameSamples) {
  const auto alone = measured_by(1);
  for (const unsigned threads : {2U, 5U, 16U}) EXPECT_EQ(measured_by(threads), alone) << threads << " threads";
  for (unsigned run = 0; run < runs; run += 6) {
    const RandomGraph random(run % 12, {.with_luck = true});
    std::string fast;
    ASSERT_TRUE(simulate_forked(random.b.graph, options_of(run), nullptr, &fast));
    EXPECT_EQ(fast, alone[run]) << "a process of its own, run " << run;
    Options any = options_of(run);
    any.engine = Engine::automatic;  // simulate_forked holds all three engines against each other
    ASSERT_TRUE(simulate_forked(random.b.graph, any));
  }
}

}  // namespace
}  // namespace tiercut::simulator
