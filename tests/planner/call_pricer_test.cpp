// SPDX-License-Identifier: Apache-2.0
#include "planner/call_pricer.hpp"

#include <gtest/gtest.h>

#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

/// Every contiguous run on every place of random scenarios, held against profiles::price_call and price_layer.
TEST(CallPricer, PricesRunsAsTheLoweringDoes) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto random = testing::random_case(seed, {.is_chain = true});
    const auto& net = *random.scenario.model;
    for (const auto& place : random.scenario.places()) {
      CallPricer pricer(random.scenario, place);
      const auto& profile = *random.scenario.device(place.device).profile;
      const auto& unit = profile.units[static_cast<std::size_t>(place.unit)];
      for (int first = 1; first + 1 < net.layer_count(); ++first) {
        std::vector<const model::Layer*> run;
        Span by_layer, shares;
        pricer.restart();
        for (int last = first; last + 1 < net.layer_count(); ++last) {
          run.push_back(&net.layer(last));
          pricer.append(last);
          shares += pricer.least_share(last);
          EXPECT_LE(shares, pricer.cost());
          if (unit.execution == profiles::Execution::layer) {
            by_layer += Span::from(profiles::price_layer(profile, unit, *run.back())->cost);
            EXPECT_EQ(pricer.cost(), by_layer);
          } else {
            EXPECT_EQ(pricer.cost(), Span::from(profiles::price_call(profile, unit, run)->cost));
          }
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace tiercut::planner
