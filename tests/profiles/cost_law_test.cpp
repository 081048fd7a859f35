// SPDX-License-Identifier: Apache-2.0
#include "profiles/cost_law.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace tiercut::profiles {
namespace {

using namespace literals;

CostLaw piecewise(Axis axis, std::vector<PiecewiseLaw::Point> points) {
  CostLaw law;
  law.scope = Scope::stage;
  law.form = PiecewiseLaw{axis, std::move(points)};
  return law;
}

CostLaw roofline(double flops, double bytes, Seconds overhead) {
  CostLaw law;
  law.form = RooflineLaw{FlopsPerSecond(flops), BytesPerSecond(bytes), overhead};
  return law;
}

Seconds cost_of_weights(const CostLaw& law, double weights) { return law.cost({.weights = weights}); }

/// A fully connected network of one multiply-accumulate and four bytes a weight.
Work network(double weights) { return {.weights = weights, .macs = weights, .weight_bytes = 4 * weights}; }

TEST(CostLaw, GoesThroughItsPointsAndStraightBetween) {
  const CostLaw law = piecewise(Axis::weights, {{100, 1_ms}, {200, 3_ms}, {400, 4_ms}});
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 100).value(), 1e-3);
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 200).value(), 3e-3);
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 400).value(), 4e-3);
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 150).value(), 2e-3);    // half way of the first segment
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 300).value(), 3.5e-3);  // half way of the second
}

TEST(CostLaw, GoesOnAboveItsLastPoint) {
  const CostLaw law = piecewise(Axis::weights, {{100, 1_ms}, {200, 3_ms}, {400, 4_ms}});
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 600).value(), 5e-3);  // 1 ms a 200
}

TEST(CostLaw, KeepsAnInterceptThatIsNotNegative) {
  const CostLaw law = piecewise(Axis::weights, {{100, 2_ms}, {200, 3_ms}});
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 50).value(), 1.5e-3);
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 0).value(), 1e-3);
}

TEST(CostLaw, IsProportionalBelowWhereTheLineWouldFallBelowZero) {
  const CostLaw law = piecewise(Axis::weights, {{100, 1_ms}, {200, 3_ms}});  // intercept -1 ms
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 50).value(), 0.5e-3);
  EXPECT_EQ(cost_of_weights(law, 0).value(), 0);
}

TEST(CostLaw, IsProportionalThroughASinglePoint) {
  const CostLaw law = piecewise(Axis::weights, {{100, 2_ms}});
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 25).value(), 0.5e-3);
  EXPECT_DOUBLE_EQ(cost_of_weights(law, 300).value(), 6e-3);
}

TEST(CostLaw, ReadsTheAxisItIsToldTo) {
  const Work work{.weights = 100, .macs = 200, .weight_bytes = 250, .input_bytes = 100, .output_bytes = 50};
  const std::vector<PiecewiseLaw::Point> line = {{0, 0_ms}, {100, 1_ms}};
  EXPECT_DOUBLE_EQ(piecewise(Axis::weights, line).cost(work).value(), 1e-3);
  EXPECT_DOUBLE_EQ(piecewise(Axis::macs, line).cost(work).value(), 2e-3);
  EXPECT_DOUBLE_EQ(piecewise(Axis::traffic, line).cost(work).value(), 4e-3);
}

TEST(CostLaw, IsMarkedExtrapolatedOutsideItsPointsOnly) {
  const CostLaw law = piecewise(Axis::weights, {{100, 1_ms}, {200, 3_ms}});
  EXPECT_TRUE(law.is_extrapolated({.weights = 99}));
  EXPECT_FALSE(law.is_extrapolated({.weights = 100}));
  EXPECT_FALSE(law.is_extrapolated({.weights = 200}));
  EXPECT_TRUE(law.is_extrapolated({.weights = 201}));
  EXPECT_FALSE(roofline(1e9, 1e9, 0_ms).is_extrapolated({.weights = 1e12}));
}

TEST(CostLaw, RooflineTakesTheLargerOfArithmeticAndMemory) {
  const CostLaw law = roofline(2e9, 1e9, 1_ms);
  // 1e6 multiply-accumulates are 2e6 operations: 1 ms. 5e6 bytes: 5 ms.
  EXPECT_DOUBLE_EQ(law.cost({.macs = 1e6}).value(), 2e-3);
  EXPECT_DOUBLE_EQ(law.cost({.macs = 1e6, .weight_bytes = 4e6, .input_bytes = 6e5, .output_bytes = 4e5}).value(), 6e-3);
}

TEST(CostLaw, InvertsARoofline) {
  const CostLaw law = roofline(1e9, 8e9, 1_ms);
  // Arithmetic binds: 2 operations a weight at 1e9 a second, so 9 ms hold 4.5e6; memory alone would allow 18e6.
  EXPECT_NEAR(law.most_weights(10_ms), 4.5e6, 4.5e6 * 1e-12);
  // Memory binds: 4 bytes a weight at 1e9 a second.
  EXPECT_NEAR(roofline(8e9, 1e9, 1_ms).most_weights(10_ms), 2.25e6, 2.25e6 * 1e-12);
}

TEST(CostLaw, HasNoRoomBelowItsFixedCost) {
  EXPECT_EQ(roofline(1e9, 1e9, 1_ms).most_weights(Seconds(0.9e-3)), 0);
  EXPECT_EQ(piecewise(Axis::weights, {{100, 2_ms}, {200, 3_ms}}).most_weights(Seconds(0.9e-3)), 0);
  EXPECT_EQ(roofline(1e9, 1e9, 0_ms).most_weights(Seconds(-1)), 0);
}

TEST(CostLaw, InvertsFlatStretchesToTheirFarEnd) {
  const CostLaw law = piecewise(Axis::weights, {{100, 1_ms}, {200, 2_ms}, {300, 2_ms}, {400, 4_ms}});
  EXPECT_NEAR(law.most_weights(2_ms), 300, 1e-9);
  EXPECT_EQ(piecewise(Axis::weights, {{100, 1_ms}, {200, 1_ms}}).most_weights(1_ms),
            std::numeric_limits<double>::infinity());
}

TEST(CostLaw, InvertsTheTrafficAxisAtFourBytesAWeight) {
  EXPECT_NEAR(piecewise(Axis::traffic, {{0, 0_ms}, {4000, 1_ms}}).most_weights(2_ms), 2000, 1e-9);
}

TEST(CostLaw, CoversAllTypesWhenItNamesNone) {
  CostLaw law;
  EXPECT_TRUE(law.covers(model::LayerType::convolution));
  law.types = {model::LayerType::linear};
  EXPECT_TRUE(law.covers(model::LayerType::linear));
  EXPECT_FALSE(law.covers(model::LayerType::convolution));
}

/// Any law that the reader accepts, of either form.
rc::Gen<CostLaw> any_law() {
  return rc::gen::exec([] {
    if (*rc::gen::arbitrary<bool>())
      return roofline(*rc::gen::inRange(1, 1'000'000) * 1e6, *rc::gen::inRange(1, 1'000'000) * 1e5,
                      Seconds(*rc::gen::inRange(0, 1000) * 1e-6));
    const auto count = *rc::gen::inRange(1, 7);
    std::vector<PiecewiseLaw::Point> points;
    double x = *rc::gen::inRange(0, 2) * (*rc::gen::inRange(1, 1'000'000));
    if (count == 1) x += 1;
    double cost = *rc::gen::inRange(0, 100'000) * 1e-6;
    for (int i = 0; i < count; ++i) {
      points.push_back({x, Seconds(cost)});
      x += *rc::gen::inRange(1, 1'000'000);
      cost += *rc::gen::inRange(0, 10'000) * 1e-6;
    }
    return piecewise(*rc::gen::element(Axis::weights, Axis::macs, Axis::traffic), std::move(points));
  });
}

RC_GTEST_PROP(CostLawProperties, AreMonotoneAndNotNegative, ()) {
  const CostLaw law = *any_law();
  double last = 0;
  double weights = 0;
  for (int i = 0; i < 50; ++i) {
    const double cost = law.cost(network(weights)).value();
    RC_ASSERT(cost >= last);
    RC_ASSERT(std::isfinite(cost));
    last = cost;
    weights += *rc::gen::inRange(0, 200'000);
  }
}

RC_GTEST_PROP(CostLawProperties, MostWeightsIsTheInverse, ()) {
  const CostLaw law = *any_law();
  const Seconds budget(*rc::gen::inRange(0, 200'000) * 1e-6);
  const double most = law.most_weights(budget);
  if (std::isinf(most)) {
    RC_ASSERT(law.cost(network(1e18)) <= budget);
    return;
  }
  const double just_above = std::nextafter(most, std::numeric_limits<double>::infinity());
  RC_ASSERT(law.cost(network(just_above)) > budget || (most == 0 && law.cost(network(0)) > budget));
  if (most > 0) RC_ASSERT(law.cost(network(most)) <= budget);
}

}  // namespace
}  // namespace tiercut::profiles
