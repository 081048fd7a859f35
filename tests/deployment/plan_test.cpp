// SPDX-License-Identifier: Apache-2.0
#include "deployment/plan.hpp"

#include <gmock/gmock.h>

#include "tests/deployment/platform_builder.hpp"

namespace tiercut::deployment {
namespace {

using namespace tiercut::testing;

TEST(Plan, UndividedPutsAllLayersOnOnePlace) {
  auto scenario = big_little();
  scenario.policy.cancel = true;
  scenario.policy.escalation[0] = scenarios::Escalation::eager;
  const Place cloud{{1, 0}, 0};
  const Place pi{{0, 0}, 0};
  const Plan plan = undivided(scenario, cloud);
  // image, little x 2, big x 2, output
  EXPECT_THAT(plan.placement, ::testing::ElementsAre(pi, cloud, cloud, cloud, cloud, pi));
  EXPECT_THAT(plan.uses_exit, ::testing::ElementsAre(true));
  EXPECT_THAT(plan.escalation, ::testing::ElementsAre(scenarios::Escalation::eager));
  EXPECT_TRUE(plan.cancel);
}

TEST(Plan, AnExitWithoutAStatementIsNotUsed) {
  auto scenario = big_little();
  scenario.exits[0].reset();
  EXPECT_THAT(undivided(scenario, {{1, 0}, 0}).uses_exit, ::testing::ElementsAre(false));
}

TEST(Plan, PinnedFollowsThePins) {
  auto scenario = big_little();
  scenario.devices[1].profile = profile_of({unit_of("cpu", "cpu"), unit_of("gpu", "gpu")});
  scenario.pins = {{{1, 2}, {0, 0}, {}}, {{3, 4}, {1, 0}, 1}};
  const Plan plan = value_of(pinned(scenario));
  const Place pi{{0, 0}, 0};
  const Place gpu{{1, 0}, 1};
  EXPECT_THAT(plan.placement, ::testing::ElementsAre(pi, pi, pi, gpu, gpu, pi));
}

TEST(Plan, PinnedNamesEveryLayerWithoutPin) {
  auto scenario = big_little();
  scenario.pins = {{{1, 3}, {0, 0}, {}}};
  const auto plan = pinned(scenario);
  ASSERT_FALSE(plan);
  EXPECT_THAT(codes_of(plan.error()), ::testing::ElementsAre("unpinned-layer", "unpinned-layer"));
  EXPECT_THAT(plan.error()[0].message, ::testing::HasSubstr("little/softmax"));
  EXPECT_THAT(plan.error()[1].message, ::testing::HasSubstr("big/fc2"));
}

}  // namespace
}  // namespace tiercut::deployment
