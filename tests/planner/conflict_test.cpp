// SPDX-License-Identifier: Apache-2.0
// A smallest set of requirements that cannot hold together, and the value at which a plan appears.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.hpp"
#include "planner/conflict.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

bool has_plan(const scenarios::Scenario& scenario) {
  const auto all = tiercut::testing::brute_force(scenario, 1000);
  return all && all->best_mean_s.has_value();
}

/// Memory, pins and a deadline, each at times too much to ask for.
scenarios::Scenario demanding(std::uint64_t seed) {
  auto scenario = tiercut::testing::random_case(seed, {.is_chain = true, .most_devices = 2, .most_layers = 5}).scenario;
  RandomStream random(seed, entity_id("demanding"), 0);
  for (auto& escalation : scenario.policy.escalation) escalation = scenarios::Escalation::after;
  double weights = 0;
  for (const auto& layer : scenario.model->layers) weights += layer.weight_bytes.value();
  for (auto& device : scenario.devices) device.usable_memory = Bytes((0.1 + 0.8 * random.uniform()) * (weights + 60));
  const auto places = scenario.places();
  for (model::LayerId id = 1; id + 1 < scenario.model->layer_count(); ++id) {
    if (random.uniform() < 0.8) continue;
    const auto& place = places[static_cast<std::size_t>(random.uniform() * static_cast<double>(places.size()))];
    scenario.pins.push_back({{id}, place.device, {}});
  }
  auto free = scenario;
  free.pins.clear();
  const auto best = tiercut::testing::brute_force(free, 1000);
  if (best && best->best_mean_s)
    scenario.requirement.latency =
        scenarios::LatencyRequirement{Statistic::mean, Seconds(*best->best_mean_s * (0.8 + 0.6 * random.uniform()))};
  return scenario;
}

/// The scenario with these requirements alone.
scenarios::Scenario with_only(scenarios::Scenario scenario, const std::vector<std::string>& names) {
  const auto is_named = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::erase_if(scenario.pins, [&](const scenarios::Pin& pin) {
    return !is_named("pin of " + scenario.model->layer(pin.layers[0]).name + " to " + scenario.name_of(pin.device));
  });
  for (auto& device : scenario.devices)
    if (!is_named("memory of " + device.name)) device.usable_memory = Bytes(1e15);
  const bool is_latency_named =
      std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.starts_with("latency"); });
  if (!is_latency_named) scenario.requirement.latency.reset();
  return scenario;
}

TEST(MinimalConflict, HoldsWithoutAnyOneOfItsMembers) {
  int conflicts = 0, of_two = 0, ways = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto scenario = demanding(seed);
    if (scenario.places().size() < 2 || !tiercut::testing::brute_force(scenario, 1000) || has_plan(scenario)) continue;
    const auto conflict = minimal_conflict(scenario, true);
    if (!conflict) continue;
    ++conflicts;
    ASSERT_FALSE(conflict->names.empty()) << "seed " << seed;
    of_two += conflict->names.size() > 1 ? 1 : 0;
    EXPECT_FALSE(has_plan(with_only(scenario, conflict->names))) << "seed " << seed;
    for (std::size_t left_out = 0; left_out < conflict->names.size(); ++left_out) {
      auto names = conflict->names;
      names.erase(names.begin() + static_cast<std::ptrdiff_t>(left_out));
      EXPECT_TRUE(has_plan(with_only(scenario, names))) << "seed " << seed << " without " << conflict->names[left_out];
    }
    for (const auto& way : conflict->ways_out) {
      if (way.what != "memory" || way.needed == 0) continue;
      ++ways;
      auto changed = scenario;
      auto& device = changed.devices[static_cast<std::size_t>(scenario.find_device(way.where))];
      device.usable_memory = Bytes(way.needed);
      EXPECT_TRUE(has_plan(changed)) << "seed " << seed;
      device.usable_memory = Bytes(way.needed - 1);
      EXPECT_FALSE(has_plan(changed)) << "seed " << seed;
    }
  }
  EXPECT_GT(conflicts, 40);
  EXPECT_GT(of_two, 5);
  EXPECT_GT(ways, 5);
}

}  // namespace
}  // namespace tiercut::planner
