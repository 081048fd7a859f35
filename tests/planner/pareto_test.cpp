// SPDX-License-Identifier: Apache-2.0
// Fronts against all placements, each lowered and estimated, and against brute force over thresholds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/pareto.hpp"
#include "tests/planner/joint_oracle.hpp"
#include "tests/support/network_case.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using Values = std::vector<double>;

bool is_as_good(const Values& a, const Values& b) {
  for (std::size_t o = 0; o < a.size(); ++o)
    if (a[o] > b[o] + 1e-12 * std::abs(b[o])) return false;
  return true;
}

/// Mean latency, bytes and load of one deployment; empty when it is not allowed.
Values values_of(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  const auto uses = deployment::memory_use(scenario, plan);
  if (std::any_of(uses.begin(), uses.end(), [](const auto& use) { return use.total() > use.usable; })) return {};
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return {};
  const auto found = estimate(*graph);
  if (!found || !std::isfinite(found->latency_s.max)) return {};
  double bytes = 0, load = 0;
  for (const auto payload : found->load.payload) bytes += payload.value();
  for (std::size_t r = 0; r < graph->resources.size(); ++r)
    load = std::max(load, found->load.busy[r].value() / graph->arrivals.period.value() / graph->resources[r].copies *
                              graph->members);
  return {found->latency_s.mean, bytes, load};
}

std::vector<Values> brute_front(const scenarios::Scenario& scenario, std::size_t objectives, std::size_t most) {
  const auto places = scenario.places();
  std::vector<std::size_t> layers;
  for (std::size_t i = 0; i < scenario.model->layers.size(); ++i) {
    const auto type = scenario.model->layers[i].type;
    if (type != model::LayerType::input && type != model::LayerType::output) layers.push_back(i);
  }
  if (std::pow(static_cast<double>(places.size()), static_cast<double>(layers.size())) > static_cast<double>(most))
    return {};
  deployment::Plan plan = deployment::undivided(scenario, places.front());
  std::vector<std::size_t> choice(layers.size(), 0);
  std::vector<Values> front;
  for (bool is_done = false; !is_done;) {
    Values values = values_of(scenario, plan);
    values.resize(std::min(values.size(), objectives));
    const bool is_new = !values.empty() &&
                        std::none_of(front.begin(), front.end(), [&](const auto& v) { return is_as_good(v, values); });
    if (is_new) {
      std::erase_if(front, [&](const auto& v) { return is_as_good(values, v); });
      front.push_back(values);
    }
    std::size_t digit = 0;
    for (; digit < layers.size(); ++digit) {
      choice[digit] = (choice[digit] + 1) % places.size();
      plan.placement[layers[digit]] = places[choice[digit]];
      if (choice[digit] != 0) break;
    }
    is_done = digit == layers.size();
  }
  std::sort(front.begin(), front.end());
  return front;
}

void compare_with_brute_force(const std::string& words, std::size_t objectives) {
  const auto wanted = front_objectives(words);
  ASSERT_TRUE(wanted);
  int compared = 0, several = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    auto scenario =
        tiercut::testing::random_case(seed, {.with_tcp = true, .most_devices = 3, .most_layers = 6}).scenario;
    if (scenario.places().size() < 2) continue;
    const auto expected = brute_front(scenario, objectives, 300);
    if (expected.empty()) continue;
    ++compared;
    several += expected.size() > 1 ? 1 : 0;
    const auto front = pareto_front(scenario, *wanted);
    ASSERT_TRUE(front) << to_text(front.error());
    if (!front->is_exact) continue;
    ASSERT_EQ(front->points.size(), expected.size()) << "seed " << seed;
    for (std::size_t p = 0; p < expected.size(); ++p)
      for (std::size_t o = 0; o < objectives; ++o)
        ASSERT_NEAR(front->points[p].values[o], expected[p][o], 1e-9 * (1e-9 + expected[p][o])) << "seed " << seed;
  }
  EXPECT_GT(compared, 100);
  EXPECT_GT(several, 20);
}

TEST(ParetoFront, OfLatencyAndBytesIsThatOfAllPlacements) { compare_with_brute_force("mean,bytes", 2); }

TEST(ParetoFront, OfLatencyBytesAndLoadIsThatOfAllPlacements) { compare_with_brute_force("mean,bytes,load", 3); }

TEST(ParetoFront, OfLatencyAndAccuracyIsTheBestForEveryLoss) {
  const auto wanted = front_objectives("mean,accuracy");
  ASSERT_TRUE(wanted);
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 400 && compared < 30; ++seed) {
    auto scenario =
        tiercut::testing::random_case(seed, {.is_chain = true, .most_devices = 2, .most_layers = 5}).scenario;
    if (scenario.places().size() < 2 || scenario.exits.empty()) continue;
    for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
    RandomStream random(seed, entity_id("front"), 0);
    tiercut::testing::ask_for_thresholds(scenario, random);
    scenario.requirement = {};
    scenario.objective = scenarios::Objective{};
    if (!scenario.has_open_thresholds()) continue;
    const auto front = pareto_front(scenario, *wanted);
    ASSERT_TRUE(front) << to_text(front.error());
    double samples = 0;
    for (const auto part : scenario.exit_trace->trace->parts)
      samples += part == profiles::TracePart::calibration ? 1 : 0;
    for (int loss = 0; loss <= static_cast<int>(samples); ++loss) {
      scenario.requirement.quality = scenarios::QualityRequirement{.limit = loss / samples, .confidence = {}};
      const auto oracle = tiercut::testing::joint_oracle(scenario, 2000);
      if (!oracle) break;
      compared += loss == 0 ? 1 : 0;
      std::optional<double> best;
      for (const auto& point : front->points)
        if (1 - point.values[1] <= loss / samples + 1e-9)
          best = std::min(best.value_or(point.values[0]), point.values[0]);
      ASSERT_EQ(best.has_value(), oracle->best_s.has_value()) << "seed " << seed << " loss " << loss;
      if (!best) continue;
      ASSERT_NEAR(*best, *oracle->best_s, 1e-9 * *best) << "seed " << seed << " loss " << loss;
    }
  }
  EXPECT_GE(compared, 25);
}

TEST(ParetoFront, RefusesWordsItDoesNotKnow) {
  EXPECT_FALSE(front_objectives("mean"));
  EXPECT_FALSE(front_objectives("mean,mean"));
  EXPECT_FALSE(front_objectives("mean,speed"));
  EXPECT_FALSE(front_objectives("mean,p99,bytes,load"));
}

/// The search is stopped at once; what cuts give must be there. Bytes by hand: the image is 3 x 224 x 224 bytes, the
/// answer 1,000 floats, the pooled features are 2,048 floats; the server is two hops away.
TEST(ParetoFront, OfALargeGraphHasItsCuts) {
  const auto scenario = testing::network_case("resnet-50");
  const std::vector<FrontObjective> objectives{{FrontObjective::Kind::latency, Statistic::mean},
                                               {FrontObjective::Kind::bytes, Statistic::mean}};
  const auto front = pareto_front(scenario, objectives, {.should_stop = [] { return true; }});
  ASSERT_TRUE(front) << to_text(front.error());
  EXPECT_FALSE(front->is_exact);
  std::vector<double> bytes;
  for (const auto& point : front->points) bytes.push_back(point.values[1]);
  const double image = 3 * 224 * 224, answer = 4000, features = 4 * 2048;
  for (const double wanted : {2 * (image + answer), image + answer, features + answer, 0.0})
    EXPECT_NE(std::find(bytes.begin(), bytes.end(), wanted), bytes.end()) << wanted;
}

}  // namespace
}  // namespace tiercut::planner
