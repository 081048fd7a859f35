// SPDX-License-Identifier: Apache-2.0
#include "planner/call_pricer.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "planner/planner.hpp"
#include "tests/planner/brute_force.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

/// The same devices, where layers of a call evict one another.
void let_layers_evict(scenarios::Scenario& scenario) {
  using profiles::Extent;
  const std::vector<profiles::FeatureTerm::Factor> footprint = {{Extent::footprint, 1}};
  for (auto& device : scenario.devices) {
    auto profile = *device.profile;
    for (profiles::Unit& unit : profile.units) {
      if (unit.has_stage_law()) continue;
      profiles::CostLaw law;
      law.name = "evicting";
      law.form = profiles::FeatureLaw{{{.terms = {{{{Extent::weight_bytes, 1}}, Seconds(7e-9)},
                                                  {{{Extent::weight_bytes, 1}}, Seconds(3e-9), 64, 4096, footprint},
                                                  {{{Extent::output_bytes, 8}}, Seconds(1e-9), 512, 1024, footprint},
                                                  {{{Extent::depth, 1}}, Seconds(1e-9), 0, 1000}}}}};
      unit.laws = {law};
      unit.series_correction = 1.03;
    }
    device.profile = std::make_shared<const profiles::Profile>(std::move(profile));
  }
}

/// The same devices as a calibration leaves them: costs scaled, and some runs of layers known as they were measured,
/// cheaper than a part of them or dearer.
void calibrate(testing::RandomCase& random, std::uint64_t seed) {
  RandomStream stream(seed, entity_id("calibrate"), 0);
  const auto& net = *random.scenario.model;
  for (auto& device : random.scenario.devices) {
    auto profile = *device.profile;
    for (profiles::Unit& unit : profile.units) {
      unit.scale = 0.5 + stream.uniform();
      for (int n = 0; n < 3; ++n) {
        profiles::KnownCall call;
        const bool is_single = unit.execution == profiles::Execution::layer;
        auto layer = static_cast<model::LayerId>(1 + stream.uniform() * (net.layer_count() - 2));
        const auto end = is_single ? layer + 1 : static_cast<model::LayerId>(layer + 1 + stream.uniform() * 3);
        for (; layer < std::min(end, net.layer_count() - 1); ++layer) call.layers.push_back(net.layer(layer).name);
        call.cost = Seconds(0.001 + 0.02 * stream.uniform());
        unit.calls.push_back(call);
      }
    }
    device.profile = std::make_shared<const profiles::Profile>(std::move(profile));
  }
}

/// Every contiguous run on every place of random scenarios, held against profiles::price_call and price_layer.
TEST(CallPricer, PricesRunsAsTheLoweringDoes) {
  int compared = 0, evicted = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto random = testing::random_case(seed, {.is_chain = true});
    if (seed % 2 == 0) let_layers_evict(random.scenario);
    if (seed % 3 == 0) calibrate(random, seed);
    const auto& net = *random.scenario.model;
    for (const auto& place : random.scenario.places()) {
      CallPricer pricer(random.scenario, place);
      const auto& profile = *random.scenario.device(place.device).profile;
      const auto& unit = profile.units[static_cast<std::size_t>(place.unit)];
      for (int first = 1; first + 1 < net.layer_count(); ++first) {
        std::vector<const model::Layer*> run;
        Span by_layer, shares;
        Seconds own{0};
        const bool is_evicting = seed % 2 == 0 && seed % 3 != 0 && !unit.has_stage_law() && unit.table.empty();
        pricer.restart();
        for (int last = first; last + 1 < net.layer_count(); ++last) {
          run.push_back(&net.layer(last));
          pricer.append(last);
          shares += pricer.least_share(last);
          EXPECT_LE(shares, pricer.cost());
          EXPECT_LE(pricer.least_cost(), pricer.cost());
          if (is_evicting) own += unit.laws[0].layer_cost(*run.back());
          if (unit.execution == profiles::Execution::layer) {
            by_layer += Span::from(profiles::price_layer(profile, unit, *run.back())->cost);
            EXPECT_EQ(pricer.cost(), by_layer);
          } else {
            const auto price = profiles::price_call(profile, unit, run);
            EXPECT_EQ(pricer.cost(), Span::from(price->cost));
            if (is_evicting && price->cost > own * unit.series_correction + unit.overhead_per_call + Seconds(1e-12))
              ++evicted;
          }
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 1000);
  EXPECT_GT(evicted, 100);
}

TEST(CallPricer, OfCalibratedDevicesLeavesPlansTheBest) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 240; ++seed) {
    auto random = testing::random_case(seed, {.is_chain = seed % 2 == 0, .most_devices = 3, .most_layers = 6});
    if (random.scenario.places().size() < 2) continue;
    calibrate(random, seed);
    const auto all = testing::brute_force(random.scenario, 300);
    if (!all || !all->best_mean_s) continue;
    const auto plan = make_plan(random.scenario, {.with_ways_out = false, .with_baselines = false});
    ASSERT_TRUE(plan) << to_text(plan.error());
    EXPECT_EQ(plan->status, deployment::PlanStatus::optimal) << "seed " << seed;
    ASSERT_NEAR(plan->objective_s, *all->best_mean_s, 1e-9 * *all->best_mean_s) << "seed " << seed;
    ++compared;
  }
  EXPECT_GT(compared, 60);
}

}  // namespace
}  // namespace tiercut::planner
