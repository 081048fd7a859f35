// SPDX-License-Identifier: Apache-2.0
// Ways out work at the value they name and not one tick beyond it.
#include <gtest/gtest.h>

#include <algorithm>

#include "planner/planner.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

const std::string folder = TIERCUT_SOURCE_DIR "/scenarios/big-little/";

const WayOut* find(const PlanningResult& result, const std::string& what) {
  const auto found =
      std::find_if(result.ways_out.begin(), result.ways_out.end(), [&](const WayOut& way) { return way.what == what; });
  return found == result.ways_out.end() ? nullptr : &*found;
}

TEST(WaysOut, OfTheBigNetworkInTheCloud) {
  const auto scenario = scenarios::read_scenario(folder + "big-in-cloud.yaml");
  ASSERT_TRUE(scenario);
  const auto result = make_plan(**scenario);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->ways_out.size(), 3u) << "no bandwidth helps: the links are unlimited already";
  EXPECT_DOUBLE_EQ(find(*result, "budget")->needed, 0.04642) << "16.42 + 2 x 15 ms";
  EXPECT_DOUBLE_EQ(find(*result, "link latency")->needed, 0.01179) << "(40 - 16.42) / 2 ms";
  EXPECT_DOUBLE_EQ(find(*result, "link latency")->now, 0.015);
  EXPECT_EQ(find(*result, "link latency")->where, "up and down");
  EXPECT_DOUBLE_EQ(find(*result, "network weights")->needed, 6.5e6);
  EXPECT_EQ(find(*result, "network weights")->now, 11972510);
  EXPECT_EQ(find(*result, "network weights")->where, "cloud");
}

TEST(WaysOut, BandwidthWhereTransmissionIsToBlame) {
  // 5 ms links leave 40 - 10 - 16.42 = 13.58 ms for 3176 bytes; at 1 Mbit/s they take 25.4 ms.
  const auto scenario = scenarios::read_scenario(
      folder + "big-in-cloud.yaml", {"links.up.latency=5 ms", "links.down.latency=5 ms", "links.up.bandwidth=1 Mbit/s",
                                     "links.down.bandwidth=1 Mbit/s"});
  ASSERT_TRUE(scenario);
  const auto result = make_plan(**scenario);
  ASSERT_TRUE(result);
  const auto* way = find(*result, "link bandwidth");
  ASSERT_NE(way, nullptr);
  EXPECT_NEAR(way->needed, 3176 / 0.01358, 1e-3);
  EXPECT_DOUBLE_EQ(way->now, 125000);
}

bool some_plan_keeps(const scenarios::Scenario& scenario) {
  return testing::brute_force(scenario, 5000)->best_mean_s.has_value();
}

TEST(WaysOut, AreTightOnRandomChains) {
  int latencies = 0, budgets = 0, bandwidths = 0;
  for (std::uint64_t seed = 1; seed <= 900; ++seed) {
    auto scenario =
        testing::random_case(seed, {.is_chain = true, .with_tcp = true, .most_devices = 2, .most_layers = 6}).scenario;
    if (scenario.places().size() < 2 || scenario.links.empty()) continue;
    for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
    const auto statistic = all_statistics[seed % all_statistics.size()];
    scenario.requirement.latency = scenarios::LatencyRequirement{statistic, Seconds(1e-9)};
    const auto all = testing::brute_force(scenario, 3000);
    if (!all || !all->least_statistic_s || *all->least_statistic_s < 1e-6) continue;
    scenario.requirement.latency->at_most = Seconds(0.8 * *all->least_statistic_s);
    const auto result = make_plan(scenario, {.with_baselines = false});
    ASSERT_TRUE(result) << to_text(result.error());
    ASSERT_EQ(result->status, deployment::PlanStatus::infeasible);

    if (const auto* way = find(*result, "budget")) {
      ++budgets;
      EXPECT_DOUBLE_EQ(way->needed, *all->least_statistic_s) << "seed " << seed;
    }
    const auto crossed = [&](const WayOut& way) {
      std::vector<int> links;
      for (std::size_t i = 0; i < scenario.links.size(); ++i) {
        const std::string& name = scenario.links[i].name;
        const auto at = way.where.find(name);
        if (at == std::string::npos) continue;
        links.push_back(static_cast<int>(i));
      }
      return links;
    };
    if (const auto* way = find(*result, "link latency")) {
      ++latencies;
      const auto links = crossed(*way);
      const Span needed = Span::from(Seconds(way->needed));
      EXPECT_TRUE(some_plan_keeps(with_link_latency(scenario, links, needed.seconds()))) << "seed " << seed;
      EXPECT_FALSE(some_plan_keeps(with_link_latency(scenario, links, (needed + Span(1)).seconds())))
          << "seed " << seed;
    }
    if (const auto* way = find(*result, "link bandwidth")) {
      ++bandwidths;
      auto changed = scenario;
      for (int link : crossed(*way))
        changed.links[static_cast<std::size_t>(link)].bandwidth = BytesPerSecond(way->needed);
      EXPECT_TRUE(some_plan_keeps(changed)) << "seed " << seed;
      for (int link : crossed(*way))
        changed.links[static_cast<std::size_t>(link)].bandwidth = BytesPerSecond(way->needed * (1 - 1e-6));
      EXPECT_FALSE(some_plan_keeps(changed)) << "seed " << seed;
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(budgets, 30);
  EXPECT_GT(latencies, 10);
  EXPECT_GT(bandwidths, 3);
}

}  // namespace
}  // namespace tiercut::planner
