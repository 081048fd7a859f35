// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

using namespace literals;
using model::Layer;
using model::LayerType;

Layer linear(std::int64_t inputs, std::int64_t outputs) {
  Layer layer;
  layer.type = LayerType::linear;
  layer.input_shape = {{inputs}};
  layer.shape = {{outputs}};
  layer.weights = inputs * outputs + outputs;
  layer.macs = inputs * outputs;
  layer.weight_bytes = Bytes(4.0 * static_cast<double>(layer.weights));
  layer.input_bytes = Bytes(4.0 * static_cast<double>(inputs));
  layer.output_bytes = Bytes(4.0 * static_cast<double>(outputs));
  return layer;
}

Layer of_type(LayerType type) {
  Layer layer;
  layer.type = type;
  return layer;
}

/// 784-1000-500-2, the first network of Big-Little: 785000 + 500500 + 1002 = 1286502 weights.
const std::vector<Layer>& net1() {
  static const std::vector<Layer> layers = {of_type(LayerType::input), linear(784, 1000), linear(1000, 500),
                                            linear(500, 2), of_type(LayerType::output)};
  return layers;
}

std::vector<const Layer*> pointers(const std::vector<Layer>& layers) {
  std::vector<const Layer*> result;
  for (const Layer& layer : layers) result.push_back(&layer);
  return result;
}

CostLaw proportional(Scope scope, double seconds_per_weight, double spread = 0, Origin origin = Origin::published) {
  CostLaw law;
  law.name = "proportional";
  law.scope = scope;
  law.form = PiecewiseLaw{Axis::weights, {{0, 0_s}, {1e6, Seconds(seconds_per_weight * 1e6)}}};
  law.coefficient_of_variation = spread;
  law.provenance.origin = origin;
  return law;
}

/// The published points of the Raspberry Pi 2 under Theano.
CostLaw theano_on_pi() {
  CostLaw law;
  law.name = "theano";
  law.scope = Scope::stage;
  law.form = PiecewiseLaw{Axis::weights, {{1286502, 30_ms}, {2e6, 40_ms}}};
  law.provenance.origin = Origin::published;
  return law;
}

Unit unit_with(std::vector<CostLaw> laws, Seconds per_call = 0_s, Seconds per_layer = 0_s, double correction = 1) {
  Unit unit;
  unit.laws = std::move(laws);
  unit.overhead_per_call = per_call;
  unit.overhead_per_layer = per_layer;
  unit.series_correction = correction;
  return unit;
}

CostTableEntry known(LayerType type, model::TensorShape input, model::TensorShape output, Seconds cost) {
  CostTableEntry entry;
  entry.type = type;
  entry.input = std::move(input);
  entry.output = std::move(output);
  entry.cost = cost;
  return entry;
}

Profile profile_with(Unit unit) {
  Profile profile;
  profile.name = "test";
  unit.name = "cpu";
  profile.units.push_back(std::move(unit));
  return profile;
}

TEST(Pricing, StageLawPricesTheWholeCall) {
  const Profile profile = profile_with(unit_with({theano_on_pi()}));
  const auto price = price_call(profile, profile.units[0], pointers(net1()));
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->cost.value(), 30e-3, 30e-3 * 1e-12);
  EXPECT_FALSE(price->is_extrapolated);
  EXPECT_EQ(price->weakest, Origin::published);
}

TEST(Pricing, CallsUnderAStageLawDoNotAddUp) {
  const Profile profile = profile_with(unit_with({theano_on_pi()}));
  double sum = 0;
  for (const Layer& layer : net1()) {
    const Layer* alone[] = {&layer};
    sum += price_call(profile, profile.units[0], alone)->cost.value();
  }
  // Each of the three calls pays the intercept of the line through both points; Input and Output pay nothing.
  const double intercept = 30e-3 - 10e-3 * 1286502 / (2e6 - 1286502);
  EXPECT_NEAR(intercept, 11.97e-3, 0.005e-3);
  EXPECT_NEAR(sum, 30e-3 + 2 * intercept, 1e-12);
}

TEST(Pricing, RunWithoutWeightsStillPaysTheIntercept) {
  const Profile profile = profile_with(unit_with({theano_on_pi()}));
  const Layer relu = of_type(LayerType::relu);
  const Layer* run[] = {&relu};
  const auto price = price_call(profile, profile.units[0], run);
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->cost.value(), 30e-3 - 10e-3 * 1286502 / 713498, 1e-12);
  EXPECT_TRUE(price->is_extrapolated);
}

TEST(Pricing, InputAndOutputCostNothing) {
  const Profile profile = profile_with(unit_with({theano_on_pi()}, 5_ms, 5_ms));
  const Layer input = of_type(LayerType::input);
  const Layer output = of_type(LayerType::output);
  const Layer* run[] = {&input, &output};
  EXPECT_EQ(price_call(profile, profile.units[0], run)->cost.value(), 0);
  EXPECT_EQ(price_layer(profile, profile.units[0], input)->cost.value(), 0);
  EXPECT_EQ(price_call(profile, profile.units[0], {})->cost.value(), 0);
}

TEST(Pricing, LayerLawsAddUpWithCorrectionAndOverhead) {
  const Profile profile = profile_with(unit_with({proportional(Scope::layer, 1e-8)}, 2_ms, 0_s, 0.5));
  const auto price = price_call(profile, profile.units[0], pointers(net1()));
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->cost.value(), 2e-3 + 0.5 * 1286502e-8, 1e-15);
}

TEST(Pricing, IndependentLayersAddInVariance) {
  const Profile profile = profile_with(unit_with({proportional(Scope::layer, 1e-8, 0.2)}, 1_ms));
  const auto price = price_call(profile, profile.units[0], pointers(net1()));
  ASSERT_TRUE(price);
  // Nominal 7.85, 5.005 and 0.01002 ms, each with a deviation of 20 %, and 1 ms that does not vary.
  const double deviation = 0.2 * std::sqrt(7.85 * 7.85 + 5.005 * 5.005 + 0.01002 * 0.01002);
  EXPECT_NEAR(price->coefficient_of_variation, deviation / (7.85 + 5.005 + 0.01002 + 1), 1e-12);
}

TEST(Pricing, TableGoesBeforeLaws) {
  Unit unit = unit_with({proportional(Scope::layer, 1e-8)});
  unit.table = {known(LayerType::linear, {{1000}}, {{500}}, 9_ms)};
  const Profile profile = profile_with(unit);
  EXPECT_DOUBLE_EQ(price_layer(profile, profile.units[0], net1()[2])->cost.value(), 9e-3);
  EXPECT_DOUBLE_EQ(price_layer(profile, profile.units[0], net1()[1])->cost.value(), 7.85e-3);
}

TEST(Pricing, TableEntryWithAWindowNeedsThatWindow) {
  Layer pooling = of_type(LayerType::max_pooling);
  pooling.input_shape = {{1, 4, 4}};
  pooling.shape = {{1, 2, 2}};
  pooling.parameters.window = {.kernel_height = 2, .kernel_width = 2, .stride_height = 2, .stride_width = 2};
  CostTableEntry entry = known(LayerType::max_pooling, {{1, 4, 4}}, {{1, 2, 2}}, 3_ms);
  entry.window = model::Window{.kernel_height = 3, .kernel_width = 3};
  Unit unit;
  unit.table = {entry};
  const Profile other_window = profile_with(unit);
  EXPECT_FALSE(price_layer(other_window, other_window.units[0], pooling));
  unit.table[0].window = pooling.parameters.window;
  const Profile same_window = profile_with(unit);
  EXPECT_DOUBLE_EQ(price_layer(same_window, same_window.units[0], pooling)->cost.value(), 3e-3);
}

TEST(Pricing, TheFirstLawThatCoversALayerPricesIt) {
  CostLaw convolution = proportional(Scope::layer, 1);
  convolution.types = {LayerType::convolution};
  const Profile profile =
      profile_with(unit_with({convolution, proportional(Scope::layer, 1e-8), proportional(Scope::layer, 5e-8)}));
  EXPECT_DOUBLE_EQ(price_layer(profile, profile.units[0], net1()[1])->cost.value(), 7.85e-3);
}

TEST(Pricing, TheWeakestOriginIsNamed) {
  Unit unit = unit_with({proportional(Scope::layer, 1e-8, 0, Origin::published)});
  unit.table = {known(LayerType::linear, {{1000}}, {{500}}, 9_ms)};
  unit.table[0].provenance.origin = Origin::measured;
  Profile profile = profile_with(unit);
  EXPECT_EQ(price_layer(profile, profile.units[0], net1()[2])->weakest, Origin::measured);
  EXPECT_EQ(price_call(profile, profile.units[0], pointers(net1()))->weakest, Origin::published);
  profile.units[0].overhead_per_call = 1_ms;  // has no provenance but the profile's
  profile.provenance.origin = Origin::estimated;
  EXPECT_EQ(price_call(profile, profile.units[0], pointers(net1()))->weakest, Origin::estimated);
}

TEST(Pricing, SaysWhichLayerTypeHasNoCostAndWhere) {
  CostLaw linear_only = proportional(Scope::layer, 1e-8);
  linear_only.types = {LayerType::linear};
  const Profile profile = profile_with(unit_with({linear_only}));
  const Layer relu = of_type(LayerType::relu);
  const auto price = price_layer(profile, profile.units[0], relu);
  ASSERT_FALSE(price);
  ASSERT_EQ(price.error().size(), 1u);
  EXPECT_EQ(price.error()[0].code, "no-cost");
  EXPECT_NE(price.error()[0].message.find("ReLU"), std::string::npos);
  EXPECT_NE(price.error()[0].message.find("cpu"), std::string::npos);
  const Layer* run[] = {&net1()[1], &relu};
  EXPECT_EQ(price_call(profile, profile.units[0], run).error()[0].code, "no-cost");
}

TEST(Pricing, AStageLawCannotPriceALayer) {
  const Profile profile = profile_with(unit_with({theano_on_pi()}));
  const auto price = price_layer(profile, profile.units[0], net1()[1]);
  ASSERT_FALSE(price);
  EXPECT_EQ(price.error()[0].code, "stage-law-needs-calls");
}

TEST(Pricing, LayerRunByItselfPaysTheOverheadPerLayer) {
  const Profile profile = profile_with(unit_with({proportional(Scope::layer, 1e-8)}, 7_ms, 1_ms));
  EXPECT_DOUBLE_EQ(price_layer(profile, profile.units[0], net1()[1])->cost.value(), 8.85e-3);
}

TEST(Pricing, MostWeightsLeavesRoomForOverheadAndCorrection) {
  const Profile layered = profile_with(unit_with({proportional(Scope::layer, 1e-8)}, 2_ms, 0_s, 0.5));
  EXPECT_NEAR(*most_weights(layered, layered.units[0], 10_ms), 8e-3 / 0.5 / 1e-8, 1e-3);
  const Profile staged = profile_with(unit_with({proportional(Scope::stage, 1e-8)}, 2_ms));
  EXPECT_NEAR(*most_weights(staged, staged.units[0], 10_ms), 8e5, 1e-6);
  CostLaw convolution = proportional(Scope::layer, 1);
  convolution.types = {LayerType::convolution};
  const Profile no_linear = profile_with(unit_with({convolution}));
  EXPECT_EQ(most_weights(no_linear, no_linear.units[0], 10_ms).error()[0].code, "no-cost");
}

}  // namespace
}  // namespace tiercut::profiles
