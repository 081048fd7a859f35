// SPDX-License-Identifier: Apache-2.0
// Random stage graphs under load: sample by sample against a brute-force reference, and what must hold of any.
#include <gtest/gtest.h>

#include <random>

#include "tests/simulator/forked.hpp"
#include "tests/simulator/graph_builder.hpp"
#include "tests/simulator/reference_simulation.hpp"

namespace tiercut::simulator {
namespace {

using namespace testing;
using deployment::Edge;

/// Durations are whole milliseconds, often 0, so that ties abound. `with_luck`: jitter, loss, windows and fair links
/// too.
class RandomGraph {
 public:
  RandomGraph(unsigned seed, bool with_luck) : random_(seed), with_luck_(with_luck) {
    b.graph.members = 1 + pick(3);
    b.graph.arrivals.period = Seconds(0.001 * (1 + pick(8)) * b.graph.members);
    for (int i = 0; i <= pick(3); ++i) {
      units_.push_back(b.unit("unit" + std::to_string(i), pick(2) == 0 ? b.graph.members : 1));
    }
    for (int i = 0; i <= pick(3); ++i) add_link(i);
    open_.push_back(b.source());
    if (pick(3) == 0) open_.push_back(b.source(milliseconds(pick(4))));
    for (int i = 0, n = 3 + pick(10); i < n; ++i) add_stage();
    std::vector<Edge> inputs;
    for (int i = 0; i < 3; ++i) inputs.push_back(edge());
    remove_repeats(inputs);
    b.answer({after(pick(2) == 0 ? b.first_conclusive(inputs) : b.join(inputs, 1 + pick(inputs.size())))});
  }
  GraphBuilder b;

 private:
  template <class Count>
  int pick(Count n) {
    return static_cast<int>(random_() % static_cast<unsigned>(n));
  }

  void add_link(int i) {
    const bool is_fair = with_luck_ && pick(3) == 0;
    const auto bandwidth = pick(3) == 0 ? BytesPerSecond::infinite() : BytesPerSecond(1e6);
    const int link = b.link("link" + std::to_string(i), milliseconds(pick(4)), bandwidth, is_fair,
                            pick(2) == 0 ? b.graph.members : 1);
    b.resource(link).overhead = milliseconds(pick(3) == 0 ? 1 : 0);
    if (with_luck_ && pick(2) == 0) {
      b.resource(link).jitter = {scenarios::Jitter::Kind::uniform, Seconds(0), Seconds(0.001)};
    }
    if (with_luck_ && pick(2) == 0) b.resource(link).loss = {0.2, Seconds(0.004)};
    (is_fair ? fair_links_ : links_).push_back(link);
  }

  Edge edge() {
    const int from = open_[static_cast<std::size_t>(pick(open_.size()))];
    if (!std::holds_alternative<deployment::Decision>(b.graph.stage(from).work)) return after(from);
    return pick(2) == 0 ? if_conclusive(from) : if_inconclusive(from);
  }
  static void remove_repeats(std::vector<Edge>& edges) {
    std::vector<Edge> kept;
    for (const auto& e : edges) {
      if (std::none_of(kept.begin(), kept.end(), [&](const Edge& k) { return k.from == e.from; })) kept.push_back(e);
    }
    edges = kept;
  }
  std::vector<Edge> edges(int most) {
    std::vector<Edge> inputs;
    for (int i = 0; i <= pick(most); ++i) inputs.push_back(edge());
    remove_repeats(inputs);
    return inputs;
  }

  void add_stage() {
    const std::string name = "stage" + std::to_string(b.graph.stages.size());
    switch (pick(8)) {
      case 0:
        open_.push_back(b.decision(edges(1), b.exit(name, 0.5), cancels()));
        break;
      case 1:
        open_.push_back(b.first_conclusive(edges(3)));
        break;
      case 2: {
        const auto inputs = edges(3);
        const auto deadline = pick(2) == 0 ? std::optional(milliseconds(pick(5))) : std::nullopt;
        open_.push_back(b.join(inputs, 1 + pick(inputs.size()), deadline));
        break;
      }
      case 3:
      case 4:
      case 5:
        add_message(name);
        break;
      default: {
        const int unit = units_[static_cast<std::size_t>(pick(units_.size()))];
        open_.push_back(b.compute(name, edges(2), unit, milliseconds(pick(4)), with_luck_ && pick(2) == 0 ? 0.5 : 0));
        may_cancel_.push_back(open_.back());
      }
    }
  }

  void add_message(const std::string& name) {
    const bool is_fair = links_.empty() || (!fair_links_.empty() && pick(2) == 0);
    const auto& from = is_fair ? fair_links_ : links_;
    std::vector<int> hops;
    for (int link : from) {
      if (pick(2) == 0) hops.push_back(link);
    }
    if (hops.empty()) hops.push_back(from.front());
    scenarios::Transport transport;
    if (with_luck_ && pick(3) == 0) transport.kind = scenarios::Transport::Kind::tcp;
    const int connection = b.connection(milliseconds(6), transport);
    const Bytes size(1000.0 * pick(4) + (with_luck_ && pick(3) == 0 ? 20'000 : 0));
    const bool is_control = pick(4) == 0;
    open_.push_back(is_control ? b.control(name, edges(1), hops, size, cancels(), connection)
                               : b.transfer(name, edges(1), hops, size, connection));
    auto& message = b.message_of(open_.back());
    if (pick(3) == 0) message.serialise = {{units_.front(), 0}, milliseconds(1)};
    if (pick(3) == 0) message.deserialise = {{units_.back(), 0}, milliseconds(1)};
    if (!is_fair) may_cancel_.push_back(open_.back());
  }

  std::vector<int> cancels() {
    if (may_cancel_.empty() || pick(2) == 0) return {};
    return {may_cancel_[static_cast<std::size_t>(pick(may_cancel_.size()))]};
  }

  std::mt19937 random_;
  bool with_luck_;
  std::vector<int> units_, links_, fair_links_, open_, may_cancel_;
};

TEST(RandomGraphs, EqualTheReferenceSampleBySample) {
  int answered = 0, unanswered = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RandomGraph random(seed, false);
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
    const RandomGraph random(seed, true);
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
