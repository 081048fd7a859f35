// SPDX-License-Identifier: Apache-2.0
// Plans of least regret against all placements at all corners, and against points inside the box.
#include "planner/regret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "tests/planner/placements.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double mean_of(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  if (!testing::is_deployable(scenario, plan)) return infinity;
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return infinity;
  const auto latency = estimate_latency(*graph);
  if (!latency || !std::isfinite(latency->max)) return infinity;
  const auto& required = scenario.requirement.latency;
  if (required && Span::from(Seconds(latency->at(required->statistic))) > Span::from(required->at_most))
    return infinity;
  return latency->mean;
}

/// By placement, in the order of for_all_placements.
std::vector<double> means_of(const scenarios::Scenario& scenario) {
  std::vector<double> means;
  testing::for_all_placements(scenario, 300, [&](const auto& plan) { means.push_back(mean_of(scenario, plan)); });
  return means;
}

/// The scenario with every knob at a point of the box: share 0 is its low end.
scenarios::Scenario at(const scenarios::Scenario& scenario, const std::vector<KnobRange>& ranges,
                       const std::vector<double>& shares) {
  scenarios::Scenario changed = scenario;
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    const auto low = ticks_of(ranges[r].knob, ranges[r].low), high = ticks_of(ranges[r].knob, ranges[r].high);
    changed =
        turned(changed, ranges[r].knob, low + static_cast<std::int64_t>(shares[r] * static_cast<double>(high - low)));
  }
  return changed;
}

std::vector<KnobRange> some_ranges(const scenarios::Scenario& scenario, RandomStream& random) {
  std::vector<KnobRange> ranges;
  for (const Knob& knob : knobs_of(scenario)) {
    const double now = value_now(scenario, knob);
    if (knob.kind == Knob::Kind::budget || ranges.size() == 3 || random.uniform() < 0.5) continue;
    if (now == 0 || std::isinf(now)) continue;
    ranges.push_back({knob, now * (0.2 + 0.6 * random.uniform()), now * (1.2 + 2 * random.uniform())});
  }
  return ranges;
}

void compare(const testing::CaseOptions& options, bool is_chain) {
  int compared = 0, regretted = 0, linear = 0, impossible = 0, bounded = 0, proven = 0, beyond = 0;
  for (std::uint64_t seed = 1; seed <= (is_chain ? 260 : 130); ++seed) {
    auto scenario = testing::random_case(seed, options).scenario;
    if (scenario.places().size() < 2 || means_of(scenario).empty()) continue;
    RandomStream random(seed, entity_id("regret"), 0);
    if (is_chain)
      for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
    if (random.uniform() < 0.3) {
      const auto any = deployment::lower(scenario, deployment::undivided(scenario, scenario.places().back()));
      scenario.requirement.latency =
          scenarios::LatencyRequirement{Statistic::max, Seconds(estimate_latency(*any)->max * (1 + random.uniform()))};
    }
    const auto ranges = some_ranges(scenario, random);
    if (ranges.empty()) continue;
    std::vector<double> worst;
    for (std::size_t c = 0; c < std::size_t{1} << ranges.size(); ++c) {
      std::vector<double> shares;
      for (std::size_t r = 0; r < ranges.size(); ++r) shares.push_back((c >> r & 1U) != 0 ? 1 : 0);
      const auto means = means_of(at(scenario, ranges, shares));
      const double least = *std::min_element(means.begin(), means.end());
      worst.resize(means.size(), 0);
      for (std::size_t p = 0; p < means.size(); ++p)
        worst[p] = std::isinf(means[p]) ? infinity : std::max(worst[p], means[p] - least);
    }
    const double least = *std::min_element(worst.begin(), worst.end());
    const auto result = least_regret(scenario, ranges);
    ASSERT_TRUE(result) << to_text(result.error());
    ASSERT_EQ(result->plan.has_value(), std::isfinite(least)) << "seed " << seed;
    if (!result->plan) {
      ++impossible;
      continue;
    }
    ++compared;
    regretted += least > 0 ? 1 : 0;
    linear += result->do_corners_suffice ? 1 : 0;
    proven += result->is_inside_proven ? 1 : 0;
    bounded += std::isfinite(result->inside_s) ? 1 : 0;
    ASSERT_NEAR(result->regret_s, least, 1e-9) << "seed " << seed;
    ASSERT_NEAR(result->lower_bound_s, least, 1e-9) << "not proven, seed " << seed;
    // No point inside has more regret than is said, and what is said of the worst corner is so.
    for (int n = 0; n < 8; ++n) {
      std::vector<double> shares;
      for (std::size_t r = 0; r < ranges.size(); ++r) shares.push_back(random.uniform());
      const auto inside = at(scenario, ranges, shares);
      const auto means = means_of(inside);
      const double regret = mean_of(inside, result->plan->plan) - *std::min_element(means.begin(), means.end());
      const bool is_within = regret <= result->inside_s + 1e-9;
      ASSERT_TRUE(is_within || !result->is_inside_proven) << "seed " << seed << ": " << regret;
      beyond += is_within ? 0 : 1;
    }
    const auto& corner = result->corners[result->worst];
    EXPECT_NEAR(corner.plan_s - corner.best_s, result->regret_s, 1e-12);
    EXPECT_GE(result->usual_regret_s, result->regret_s - 1e-12);
  }
  EXPECT_GT(compared, 40);
  EXPECT_GT(regretted, 8);
  EXPECT_GT(impossible, 0);
  EXPECT_GT(bounded, 25);
  EXPECT_LE(beyond, 8) << "anomalies are rare";
  if (is_chain) {
    EXPECT_GT(linear, 20);
    EXPECT_GT(proven, linear) << "requirements that decide, and windows";
  }
}

TEST(Regret, IsThatOfBruteForceOnChains) {
  compare({.is_chain = true, .with_fair_links = true, .with_tcp = true, .most_devices = 3, .most_layers = 5}, true);
}

TEST(Regret, IsThatOfBruteForceOnGraphs) { compare({.with_tcp = true, .most_devices = 3, .most_layers = 5}, false); }

scenarios::ScenarioPointer big_in_cloud() {
  const auto scenario = scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/big-little/big-in-cloud.yaml",
                                                 {"requirement.latency.at_most=10 s"});
  if (!scenario) ADD_FAILURE() << to_text(scenario.error());
  return *scenario;
}

TEST(Regret, OfTheCloudBehindALinkOfUnknownLatency) {
  // The Pi takes P, the cloud 31.42 ms and the link up. At a latency of P the cloud costs 31.42 ms more than the Pi; at
  // 0 the Pi costs P - 31.42 ms more than the cloud. P is more than twice 31.42 ms, so the cloud is regretted less.
  const auto scenario = big_in_cloud();
  const double pi =
      estimate_latency(*deployment::lower(*scenario, deployment::undivided(*scenario, {{0, 0}, 0})))->mean;
  ASSERT_GT(pi, 2 * 0.03142);
  const auto knob = find_knob(*scenario, "links.up.latency");
  ASSERT_TRUE(knob);
  const auto result = least_regret(*scenario, {{*knob, 0, pi}});
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->plan);
  EXPECT_NEAR(result->regret_s, 0.03142, 1e-9);
  EXPECT_EQ(result->worst, 1u);
  EXPECT_TRUE(result->do_corners_suffice);
  EXPECT_EQ(result->inside_s, result->regret_s);
}

TEST(Regret, RangesAreReadOrRefused) {
  const auto scenario = big_in_cloud();
  const auto range = range_from(*scenario, "links.up.bandwidth=1 Mbit/s..unlimited");
  ASSERT_TRUE(range);
  EXPECT_DOUBLE_EQ(range->low, 125000);
  EXPECT_TRUE(std::isinf(range->high));
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"links.up.latency=10ms", "bad-usage"},           {"links.up.latency=10..20ms", "missing-unit"},
      {"links.up.latency=20ms..10ms", "bad-range"},     {"links.upp.latency=1ms..2ms", "unknown-knob"},
      {"devices.pi.cost=1..1e6", "bad-range"},          {"requirement.latency.at_most=1ms..2ms", "bad-range"},
      {"links.up.bandwidth=0 B/s..1 MB/s", "bad-range"}};
  for (const auto& [text, code] : wrong) {
    const auto refused = range_from(*scenario, text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().front().code, code) << text;
  }
  const auto knob = find_knob(*scenario, "devices.cloud.cost");
  EXPECT_EQ(least_regret(*scenario, {}).error().front().code, "bad-usage");
  EXPECT_EQ(least_regret(*scenario, {{*knob, 1, 2}, {*knob, 2, 3}}).error().front().code, "bad-usage");
}

}  // namespace
}  // namespace tiercut::planner
