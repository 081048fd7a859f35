// SPDX-License-Identifier: Apache-2.0
#include "deployment/relaxation.hpp"

#include <gtest/gtest.h>

#include "tests/deployment/platform_builder.hpp"

namespace tiercut::deployment {
namespace {

using profiles::Extent;
using profiles::FeatureTerm;

/// 1 us an input: what the amount of weights does not tell. As one square layer 4 x 900 weights would have 60 inputs.
TEST(MeanLatencyBound, TakesALayersShapeWhereTheLawDoes) {
  testing::NetBuilder net;
  const auto image = net.input("image");
  const auto wide = net.add("wide", model::LayerType::linear, {image}, 900);
  net.add("answer", model::LayerType::output, {wide});
  profiles::Unit unit = testing::unit_of("cpu", "cpu");
  unit.laws[0].types = {};
  unit.laws[0].form = profiles::FeatureLaw{{{.terms = {FeatureTerm{{{Extent::depth, 1}}, Seconds(1e-6)}}}}};
  testing::PlatformBuilder platform(net.finish());
  const auto pi = platform.device("pi", testing::profile_of({unit}));
  platform.source("image", pi);
  const auto scenario = platform.finish(pi);
  const Plan plan = testing::placed(scenario, {{"", {pi, 0}}});
  EXPECT_DOUBLE_EQ(mean_latency_bound(scenario, plan), 4e-6);
}

}  // namespace
}  // namespace tiercut::deployment
