// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_fit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "profiles/law_writer.hpp"

namespace tiercut::kernels {
namespace {

using model::Layer;
using model::LayerType;
using profiles::Extent;

Layer derived(Layer layer, model::TensorShape input) {
  Layer source;
  source.shape = std::move(input);
  source.output_bytes = model::size_of(source.shape, source.encoding);
  layer.inputs = {0};
  EXPECT_EQ(model::derive(layer, {&source}), "");
  return layer;
}

Layer linear(std::int64_t inputs, std::int64_t outputs) {
  Layer layer;
  layer.type = LayerType::linear;
  layer.parameters.outputs = outputs;
  return derived(layer, {{inputs}});
}

Layer convolution(std::int64_t channels, std::int64_t side, std::int64_t outputs, int groups) {
  Layer layer;
  layer.type = LayerType::convolution;
  layer.parameters.outputs = outputs;
  layer.parameters.groups = groups;
  layer.parameters.window = {3, 3, 1, 1, 1, 1};
  return derived(layer, {{channels, side, side}});
}

Observation observed(const Layer& layer, double seconds, double noise, RandomStream& random) {
  Observation observation;
  observation.layer = layer;
  observation.median = Seconds(seconds * std::exp(noise * random.normal(0, 1)));
  observation.p10 = observation.median * (1 - noise);
  observation.p90 = observation.p99 = observation.median * (1 + noise);
  observation.repetitions = 20;
  observation.backend = "made";
  return observation;
}

std::int64_t whole(double exponent) { return static_cast<std::int64_t>(std::exp2(exponent)); }

/// A machine worked out by hand: 300 ns, 0.3 ns for each started 16 outputs of each input, and half as much again a
/// byte once the weights pass 1 MiB (all of it from 2 MiB on).
double seconds_of_linear(const Layer& layer) {
  const double outputs = static_cast<double>(layer.shape.elements());
  const double inputs = static_cast<double>(layer.input_shape.elements());
  const double beyond = std::clamp((layer.weight_bytes.value() - 1048576) / 1048576, 0.0, 1.0);
  return 300e-9 + 0.3e-9 * std::ceil(outputs / 16) * inputs + 0.02e-9 * layer.weight_bytes.value() * beyond;
}

std::vector<Observation> linears(int count, double noise, std::uint64_t seed) {
  std::vector<Observation> observations;
  for (int i = 0; i < count; ++i) {
    RandomStream random(seed, entity_id("linears"), static_cast<std::uint64_t>(i));
    const Layer layer = linear(whole(3 + 9 * random.uniform()), whole(1 + 10 * random.uniform()));
    observations.push_back(observed(layer, seconds_of_linear(layer), noise, random));
  }
  return observations;
}

const std::vector<FittedLaw>& laws_of_linears() {
  static const std::vector<FittedLaw> laws = *fit_laws(linears(400, 0.02, 1));
  return laws;
}

TEST(LawFit, PredictsShapesItNeverSawAboutAsWellAsTheyWereMeasured) {
  const auto& laws = laws_of_linears();
  ASSERT_EQ(laws.size(), 1u);
  // Noise of 2 % alone: half within 0.67 deviations, 99 % within 2.58.
  const FitQuality quality = quality_of(laws[0].law, linears(400, 0.02, 2));
  EXPECT_EQ(quality.observations, 400);
  EXPECT_LT(quality.median_error, 0.0135 * 1.3);
  EXPECT_LT(quality.p99_error, 0.052 * 1.6);
  EXPECT_GT(quality.share_within_10, 0.99);
  // Without noise on what is predicted, the law itself is nearer than one measurement.
  EXPECT_LT(quality_of(laws[0].law, linears(400, 0, 3)).median_error, 0.01);
}

TEST(LawFit, StatesTheErrorThatHeldOutShapesHave) {
  const FittedLaw& fitted = laws_of_linears()[0];
  const FitQuality held_out = quality_of(fitted.law, linears(2000, 0.02, 4));
  EXPECT_NEAR(fitted.cross_validated.median_error, held_out.median_error, 0.003);
  EXPECT_NEAR(fitted.cross_validated.p99_error, held_out.p99_error, 0.02);
  EXPECT_NEAR(fitted.cross_validated.median_spread, 0.04, 1e-9);  // p90 - p10 is twice the noise
  const auto& piece = std::get<profiles::FeatureLaw>(fitted.law.form).pieces[0];
  EXPECT_EQ(piece.error.p99, fitted.cross_validated.p99_error);
  EXPECT_EQ(fitted.law.provenance.origin, profiles::Origin::measured);
  EXPECT_NE(fitted.law.provenance.how.find("400 observations"), std::string::npos);
}

TEST(LawFit, FindsTheKneeOfTheCache) {
  // From well below to well above the knee a product takes 0.3 / 16 and 0.3 / 16 + 4 x 0.02 ns.
  const auto& law = laws_of_linears()[0].law;
  const auto a_product = [&](std::int64_t side) {
    return law.layer_cost(linear(side, side)).value() / static_cast<double>(side * side);
  };
  EXPECT_NEAR(a_product(448) * 1e9, 0.3 / 16 + 300.0 / (448 * 448), 0.002);
  EXPECT_NEAR(a_product(1024) * 1e9, 0.3 / 16 + 0.08, 0.005);
}

TEST(LawFit, MarksWhatItWasNotFittedTo) {
  const auto& law = laws_of_linears()[0].law;
  EXPECT_FALSE(law.is_layer_extrapolated(linear(512, 512)));
  EXPECT_TRUE(law.is_layer_extrapolated(linear(8192, 8192)));
}

TEST(LawFit, IsTheSameEveryTime) {
  const auto again = fit_laws(linears(400, 0.02, 1));
  ASSERT_TRUE(again);
  EXPECT_EQ(profiles::to_yaml((*again)[0].law, 0), profiles::to_yaml(laws_of_linears()[0].law, 0));
}

RC_GTEST_PROP(LawFitProperties, LawsNeverFall, ()) {
  const auto& law = laws_of_linears()[0].law;
  const std::int64_t inputs = *rc::gen::inRange(1, 10000), outputs = *rc::gen::inRange(1, 10000);
  const Seconds cost = law.layer_cost(linear(inputs, outputs));
  RC_ASSERT(cost >= Seconds(0));
  RC_ASSERT(law.layer_cost(linear(inputs + *rc::gen::inRange(0, 5000), outputs)) >= cost);
  RC_ASSERT(law.layer_cost(linear(inputs, outputs + *rc::gen::inRange(0, 5000))) >= cost);
}

TEST(LawFit, TellsKernelsOfOneTypeApart) {
  // Depthwise convolutions cost 40 times as much a product as the others here.
  std::vector<Observation> observations;
  for (int i = 0; i < 240; ++i) {
    RandomStream random(8, entity_id("convolutions"), static_cast<std::uint64_t>(i));
    const std::int64_t channels = whole(3 + 5 * random.uniform()), side = whole(2 + 4 * random.uniform());
    const bool is_depthwise = i % 2 == 0;
    const Layer layer = is_depthwise ? convolution(channels, side, channels, static_cast<int>(channels))
                                     : convolution(channels, side, whole(3 + 5 * random.uniform()), 1);
    const double product = is_depthwise ? 0.4e-9 : 0.01e-9;
    observations.push_back(observed(layer, 1e-6 + product * static_cast<double>(layer.macs), 0.01, random));
  }
  const auto laws = fit_laws(observations);
  ASSERT_TRUE(laws);
  const auto& pieces = std::get<profiles::FeatureLaw>((*laws)[0].law.form).pieces;
  // No other condition tells these apart: all have stride 1, and what is depthwise has one filter a group.
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].when.depthwise, true);
  EXPECT_TRUE(pieces.back().when.is_empty());
  EXPECT_LT((*laws)[0].cross_validated.p99_error, 0.06);
}

TEST(LawFit, FindsItsOwnDivisions) {
  // Convolutions into fewer than 8 filters take another path, 3 us and twice as long a product; nobody said so.
  std::vector<Observation> observations;
  for (int i = 0; i < 240; ++i) {
    RandomStream random(11, entity_id("few filters"), static_cast<std::uint64_t>(i));
    const std::int64_t filters = whole(2 + 4 * random.uniform());
    const Layer layer = convolution(whole(2 + 5 * random.uniform()), whole(2 + 4 * random.uniform()), filters, 1);
    const double macs = static_cast<double>(layer.macs);
    observations.push_back(observed(layer, filters < 8 ? 3e-6 + 0.02e-9 * macs : 1e-6 + 0.01e-9 * macs, 0.01, random));
  }
  const auto laws = fit_laws(observations);
  ASSERT_TRUE(laws);
  const auto& pieces = std::get<profiles::FeatureLaw>((*laws)[0].law.form).pieces;
  ASSERT_GE(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].when.below, (std::vector<profiles::Condition::Limit>{{Extent::filters, 8}}));
  EXPECT_EQ(pieces[0].windows, (std::vector<profiles::FeaturePiece::Window>{{3, 1}}));
  EXPECT_LT((*laws)[0].cross_validated.median_error, 0.02);
}

TEST(LawFit, LearnsFromColdCachesWhatALayerCostsInALargeCall) {
  // 0.02 ns a byte of weights that are in no cache, which all of the warm layers are.
  std::vector<Observation> warm, cold;
  for (int i = 0; i < 200; ++i) {
    RandomStream random(12, entity_id("warm and cold"), static_cast<std::uint64_t>(i));
    const Layer layer = linear(whole(3 + 5 * random.uniform()), whole(3 + 5 * random.uniform()));
    const double macs = static_cast<double>(layer.macs);
    warm.push_back(observed(layer, 1e-7 + 0.05e-9 * macs, 0.01, random));
    if (i % 8 != 0) continue;
    cold.push_back(observed(layer, 1e-7 + 0.05e-9 * macs + 0.02e-9 * layer.weight_bytes.value(), 0.01, random));
    cold.back().cache = CacheState::cold;
  }
  const auto laws = fit_laws(warm, cold);
  ASSERT_TRUE(laws);
  EXPECT_EQ((*laws)[0].cross_validated.observations, 200);
  EXPECT_LT((*laws)[0].cross_validated.median_error, 0.015);
  const auto& law = std::get<profiles::FeatureLaw>((*laws)[0].law.form);
  auto extents = profiles::extents_of(linear(200, 200));
  const double alone = law.cost(extents).value();
  extents[Extent::footprint] = 1e9;
  EXPECT_NEAR((law.cost(extents).value() - alone) / (0.02e-9 * extents[Extent::weight_bytes]), 1, 0.1);
}

TEST(LawFit, MakesALawForEachTypeAndLeavesSegmentsOut) {
  auto observations = linears(40, 0.02, 5);
  for (int i = 0; i < 20; ++i) {
    RandomStream random(9, entity_id("activations"), static_cast<std::uint64_t>(i));
    Layer layer;
    layer.type = LayerType::relu;
    const Layer relu = derived(layer, {{whole(6 + 10 * random.uniform())}});
    observations.push_back(observed(relu, 1e-7 + 1e-10 * static_cast<double>(relu.shape.elements()), 0.02, random));
  }
  observations.push_back(observations[0]);
  observations.back().segment = "whole";
  observations.back().median = Seconds(1);
  const auto laws = fit_laws(observations);
  ASSERT_TRUE(laws);
  ASSERT_EQ(laws->size(), 2u);
  EXPECT_EQ((*laws)[0].law.types, std::vector{LayerType::linear});
  EXPECT_EQ((*laws)[0].cross_validated.observations, 40);
  EXPECT_EQ((*laws)[1].law.types, std::vector{LayerType::relu});
}

std::string code_of(const std::vector<Observation>& observations) {
  const auto laws = fit_laws(observations);
  return laws ? "" : laws.error()[0].code;
}

TEST(LawFit, RefusesWhatMakesNoLaw) {
  EXPECT_EQ(code_of({}), "too-few-observations");
  EXPECT_EQ(code_of(linears(7, 0.02, 1)), "too-few-observations");
  std::vector<Observation> one_shape(20, linears(1, 0.02, 1)[0]);
  EXPECT_EQ(code_of(one_shape), "too-few-observations");
  auto cold_among_warm = linears(20, 0.02, 1);
  cold_among_warm[3].cache = CacheState::cold;
  EXPECT_EQ(code_of(cold_among_warm), "mixed-observations");
  for (double time : {0.0, -1.0, std::nan(""), double{INFINITY}}) {
    auto broken = linears(20, 0.02, 1);
    broken[3].median = Seconds(time);
    EXPECT_EQ(code_of(broken), "bad-observation");
  }
}

}  // namespace
}  // namespace tiercut::kernels
