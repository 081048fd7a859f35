// SPDX-License-Identifier: Apache-2.0
#include "report/stage_time.hpp"

#include <gtest/gtest.h>

namespace tiercut::report {
namespace {

using deployment::Term;

constexpr std::int64_t picoseconds_a_ms = 1'000'000'000;

Span term(const deployment::Terms& terms, Term which) { return terms[static_cast<std::size_t>(which)]; }

/// Two links of 10 ms, the first of 1 MB/s with 2 ms overhead, the second of 2 MB/s with 1 ms.
deployment::StageGraph two_links(scenarios::Discipline discipline) {
  deployment::StageGraph graph;
  graph.resources.resize(2);
  for (deployment::Resource& link : graph.resources) {
    link.kind = deployment::Resource::Kind::link;
    link.latency = Span(10 * picoseconds_a_ms);
    link.discipline = discipline;
  }
  graph.resources[0].bandwidth = BytesPerSecond(1e6);
  graph.resources[0].overhead = Span(2 * picoseconds_a_ms);
  graph.resources[1].bandwidth = BytesPerSecond(2e6);
  graph.resources[1].overhead = Span(1 * picoseconds_a_ms);
  return graph;
}

deployment::Stage transfer(bool is_return) {
  deployment::Transfer work;
  work.message.size = Bytes(4000);
  work.message.hops = {{0, 0}, {1, 0}};
  work.message.serialise.cost = Span(5 * picoseconds_a_ms);
  work.message.is_return = is_return;
  return {"image -> cloud", {}, work};
}

TEST(OwnTerms, StoreAndForwardAddsEveryHop) {
  const auto terms = own_terms(two_links(scenarios::Discipline::fifo), transfer(false));
  EXPECT_EQ(term(terms, Term::serialise).picoseconds(), 5 * picoseconds_a_ms);
  EXPECT_EQ(term(terms, Term::transmit).picoseconds(), 9 * picoseconds_a_ms);  // 2 + 4 + 1 + 2
  EXPECT_EQ(term(terms, Term::propagate).picoseconds(), 20 * picoseconds_a_ms);
  EXPECT_EQ(terms_text(terms), "serialise 5.000 ms, transmit 9.000 ms, propagate 20.00 ms");
}

TEST(OwnTerms, FairRouteIsCrossedAtTheSlowestPace) {
  const auto terms = own_terms(two_links(scenarios::Discipline::fair), transfer(false));
  EXPECT_EQ(term(terms, Term::transmit).picoseconds(), 7 * picoseconds_a_ms);  // overheads 2 + 1, then 4
}

TEST(OwnTerms, AnswerIsAllReturn) {
  const auto terms = own_terms(two_links(scenarios::Discipline::fifo), transfer(true));
  EXPECT_EQ(term(terms, Term::return_).picoseconds(), 34 * picoseconds_a_ms);
  EXPECT_EQ(sum(terms).picoseconds(), 34 * picoseconds_a_ms);
}

TEST(OwnTerms, ComputeAndItsExitCheck) {
  deployment::Compute compute;
  compute.cost = Span(30 * picoseconds_a_ms);
  compute.exit_check = Span(1 * picoseconds_a_ms);
  const auto terms = own_terms({}, {"pi: little", {}, compute});
  EXPECT_EQ(terms_text(terms, " + "), "compute 30.00 ms + exit check 1.000 ms");
}

}  // namespace
}  // namespace tiercut::report
