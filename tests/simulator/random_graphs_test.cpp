// SPDX-License-Identifier: Apache-2.0
// Random stage graphs under load: sample by sample against a brute-force reference, and what must hold of any.
#include <gtest/gtest.h>

#include "tests/simulator/forked.hpp"
#include "tests/simulator/random_graph.hpp"
#include "tests/simulator/reference_simulation.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;

TEST(RandomGraphs, EqualTheReferenceSampleBySample) {
  int answered = 0, unanswered = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RandomGraph random(seed);
    Options options;
    options.samples = 30;
    std::vector<Record> records;
    ASSERT_TRUE(simulate_forked(random.b.graph, options, &records)) << "graph " << seed;
    const auto expected = ReferenceSimulation(random.b.graph, options.samples, options.seed).run();
    std::vector<std::optional<Span>> got(30);
    for (const auto& r : records) got[static_cast<std::size_t>(r.sample)] = r.latency;
    for (std::size_t i = 0; i < 30; ++i) {
      ASSERT_EQ(got[i].has_value(), expected[i].has_value()) << "graph " << seed << " sample " << i;
      ++(got[i] ? answered : unanswered);
      if (got[i]) {
        ASSERT_EQ(got[i]->picoseconds(), expected[i]->picoseconds()) << "graph " << seed << " sample " << i;
      }
    }
  }
  EXPECT_GT(answered, 5000);
  EXPECT_GT(unanswered, 100);
}

TEST(RandomGraphs, TermsSumToTheLatencyAndTotalsAddUp) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    const RandomGraph random(seed, {.with_luck = true, .with_fair_links = true});
    Options options;
    options.samples = 60;
    options.seed = seed;
    std::vector<Record> records;
    const auto result = simulate_forked(random.b.graph, options, &records);
    ASSERT_TRUE(result) << "graph " << seed << ": " << to_text(result.error());
    deployment::Terms totals{};
    std::vector<std::int64_t> answered_by(random.b.graph.exits.size() + 1);
    for (const auto& r : records) {
      Span sum;
      for (std::size_t t = 0; t < totals.size(); ++t) {
        ASSERT_GE(r.terms[t], Span());
        sum += r.terms[t];
        totals[t] += r.terms[t];
      }
      ASSERT_EQ(sum, r.latency) << "graph " << seed << " sample " << r.sample;
      ++answered_by[static_cast<std::size_t>(r.answered_by)];
    }
    EXPECT_EQ(result->total_terms, totals);
    EXPECT_EQ(result->answered_by, answered_by);
    EXPECT_EQ(result->samples, 60);
    for (const auto& resource : result->resources) {
      EXPECT_GE(resource.utilisation, 0) << "graph " << seed;
      EXPECT_LE(resource.utilisation, 1 + 1e-12) << "graph " << seed << " " << resource.name;
    }
  }
}

}  // namespace
}  // namespace tiercut::simulator
