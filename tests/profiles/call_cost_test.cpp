// SPDX-License-Identifier: Apache-2.0
#include "profiles/call_cost.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tiercut::profiles {
namespace {

Seconds ns(double value) { return Seconds(value * 1e-9); }

model::Layer layer_of(model::LayerType type, std::int64_t inputs, std::int64_t outputs = 0) {
  model::Layer source, layer;
  source.shape = {{inputs}};
  source.output_bytes = model::size_of(source.shape, source.encoding);
  layer.type = type;
  layer.parameters.outputs = outputs;
  layer.parameters.has_bias = false;
  layer.inputs = {0};
  EXPECT_EQ(model::derive(layer, {&source}), "");
  return layer;
}
model::Layer linear(std::int64_t inputs, std::int64_t outputs) {
  return layer_of(model::LayerType::linear, inputs, outputs);
}

/// 10 ns; 1 ns a byte of weights beyond a cache of 5000 to 10000 bytes.
CostLaw law_of_weights() {
  CostLaw law;
  law.form =
      FeatureLaw{{{.terms = {FeatureTerm{{}, ns(10)},
                             FeatureTerm{{{Extent::weight_bytes, 1}}, ns(1), 5000, 10000, {{Extent::footprint, 1}}}}}}};
  return law;
}
Unit unit_of(CostLaw law) {
  Unit unit;
  unit.laws = {std::move(law)};
  return unit;
}

/// As price_call does.
Seconds cost_of(const Unit& unit, const std::vector<model::Layer>& layers) {
  CallCost call(unit);
  for (const model::Layer& layer : layers) call.add(call.part_of(layer, unit.laws[0].layer_cost(layer)));
  return call.cost();
}

TEST(CallCost, OfOneLayerIsItsOwn) {
  const Unit unit = unit_of(law_of_weights());
  // 20 x 60 weights are 4800 bytes, with 80 and 240 of inputs and outputs 5120: 2.4 % of the way out of the cache.
  EXPECT_NEAR(cost_of(unit, {linear(20, 60)}).value() * 1e9, 10 + 0.024 * 4800, 1e-9);
}

TEST(CallCost, ChargesWhatLayersEvictOfOneAnother) {
  const Unit unit = unit_of(law_of_weights());
  // Twice 20 x 30 weights: 2400 bytes and outputs of 120 each, 5040 together: 0.8 % beyond.
  EXPECT_NEAR(cost_of(unit, {linear(20, 30), linear(20, 30)}).value() * 1e9, 20 + 0.008 * 4800, 1e-9);
  // Four of them are 10080 bytes: nothing stays.
  EXPECT_NEAR(cost_of(unit, std::vector(4, linear(20, 30))).value() * 1e9, 40 + 9600, 1e-9);
}

TEST(CallCost, CountsAFlattenedTensorOnce) {
  const Unit unit = unit_of(law_of_weights());
  CallCost call(unit);
  for (const auto& layer : {linear(20, 30), layer_of(model::LayerType::flatten, 30)})
    call.add(call.part_of(layer, ns(1)));
  // 2400 + 80 + 120 bytes are the larger of what is touched and the working set of the first.
  EXPECT_EQ(call.footprint(), Bytes(2600));
}

TEST(CallCost, AddsToAMeasuredLayerWhatItsLawSaysOfEviction) {
  const Unit unit = unit_of(law_of_weights());
  CallCost call(unit);
  for (int i = 0; i < 4; ++i) call.add(call.part_of(linear(20, 30), ns(1000)));
  EXPECT_NEAR(call.cost().value() * 1e9, 4000 + 9600, 1e-9);
}

TEST(CallCost, ScalesAllByTheSeriesCorrection) {
  Unit unit = unit_of(law_of_weights());
  unit.series_correction = 1.5;
  EXPECT_NEAR(cost_of(unit, std::vector(4, linear(20, 30))).value() * 1e9, 1.5 * 9640, 1e-9);
}

TEST(CallCost, IsTheSumWhereNoTermSeesTheFootprint) {
  CostLaw law;
  law.form = FeatureLaw{{{.terms = {FeatureTerm{{{Extent::depth, 1}}, ns(3), 1000, 2000}}}}};
  const Unit unit = unit_of(law);
  const double alone = cost_of(unit, {linear(300, 400)}).value();
  EXPECT_EQ(cost_of(unit, {linear(300, 400), linear(300, 400)}).value(), alone + alone);
}

RC_GTEST_PROP(CallCostProperties, GrowsByAtLeastALayersOwnCost, ()) {
  CostLaw law = law_of_weights();
  auto& terms = std::get<FeatureLaw>(law.form).pieces[0].terms;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    const double from = *rc::gen::inRange(0, 100'000);
    terms.push_back({{{Extent::output_bytes, 64}},
                     ns(*rc::gen::inRange(1, 100)),
                     from,
                     from + *rc::gen::inRange(1, 100'000),
                     {{Extent::footprint, 1}}});
  }
  const Unit unit = unit_of(law);
  CallCost call(unit);
  double last = 0;
  for (int i = 0; i < 12; ++i) {
    const auto layer = linear(*rc::gen::inRange(1, 100), *rc::gen::inRange(1, 100));
    const Seconds own = law.layer_cost(layer);
    call.add(call.part_of(layer, own));
    RC_ASSERT(call.cost().value() >= (last + own.value()) * (1 - 1e-12));
    last = call.cost().value();
  }
}

}  // namespace
}  // namespace tiercut::profiles
