// SPDX-License-Identifier: Apache-2.0
#include "profiles/feature_law.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>

#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

using namespace literals;

Seconds ns(double value) { return Seconds(value * 1e-9); }

LayerExtents ones() {
  LayerExtents layer;
  layer.values.fill(1);
  return layer;
}

FeaturePiece costing(Seconds time, Condition when = {}) { return {std::move(when), {{{}, time}}}; }

FeatureLaw of_terms(std::vector<FeatureTerm> terms) { return {{{.terms = std::move(terms)}}}; }

TEST(FeatureTerm, CountsStartedSteps) {
  LayerExtents layer = ones();
  layer[Extent::filters] = 17;
  layer[Extent::depth] = 100;
  layer[Extent::pixels] = 48;
  // 3 started eights, 100, 3 full sixteens.
  EXPECT_EQ((FeatureTerm{{{Extent::filters, 8}, {Extent::depth, 1}, {Extent::pixels, 16}}, ns(1)}.steps(layer)), 900);
  EXPECT_EQ(FeatureTerm{}.steps(layer), 1);
}

TEST(FeatureTerm, CountsWhatIsLeftOverBehindWholeSteps) {
  const auto counted = [](Count count, double extent) {
    LayerExtents layer = ones();
    layer[Extent::pixels] = extent;
    return FeatureTerm{{{Extent::pixels, 8, count}}, ns(1)}.steps(layer);
  };
  // Of 17, 20, 21 and 24 in steps of 8: two whole steps and 1, 4 or 5 more, and three.
  const std::array<double, 4> extents = {17, 20, 21, 24};
  const std::array<std::pair<Count, std::array<double, 4>>, count_kinds> expected = {{{Count::started, {3, 3, 3, 3}},
                                                                                      {Count::whole, {2, 2, 2, 3}},
                                                                                      {Count::near, {2, 2, 3, 3}},
                                                                                      {Count::spare, {1, 4, 0, 0}},
                                                                                      {Count::rest, {1, 4, 5, 0}},
                                                                                      {Count::odd, {0, 0, 0, 1}},
                                                                                      {Count::uneven, {1, 1, 1, 0}}}};
  for (const auto& [count, steps] : expected)
    for (std::size_t i = 0; i < extents.size(); ++i)
      EXPECT_EQ(counted(count, extents[i]), steps[i]) << to_text(count) << " of " << extents[i];
}

TEST(FeatureTerm, GrowsBetweenItsKnees) {
  LayerExtents layer = ones();
  const FeatureTerm term{{{Extent::elements, 1}}, ns(1), 1000, 3000};
  layer[Extent::elements] = 40;
  for (const auto& [working_set, share] :
       {std::pair{500.0, 0.0}, {1000.0, 0.0}, {1500.0, 0.25}, {3000.0, 1.0}, {9e9, 1.0}}) {
    layer[Extent::working_set] = working_set;
    EXPECT_EQ(term.steps(layer), 40 * share) << working_set;
  }
}

TEST(FeatureTerm, MeasuresItsSizeInRoundedFloatsOrBytes) {
  LayerExtents layer = ones();
  layer[Extent::filters] = 17;
  layer[Extent::depth] = 100;
  layer[Extent::weight_bytes] = 6800;
  // 32 x 100 floats are 12800 bytes, half way from 0 to 25600; 6800 bytes are a quarter of 27200.
  EXPECT_EQ((FeatureTerm{{}, ns(1), 0, 25600, {{Extent::filters, 16}, {Extent::depth, 1}}}.steps(layer)), 0.5);
  EXPECT_EQ((FeatureTerm{{}, ns(1), 0, 27200, {{Extent::weight_bytes, 1}}}.steps(layer)), 0.25);
}

TEST(FeatureLaw, IsPricedByTheFirstPieceThatFits) {
  const FeatureLaw law{{costing(ns(1), {.kernel = 3}), costing(ns(2), {.stride = 2}), costing(ns(3))}};
  LayerExtents layer = ones();
  EXPECT_EQ(law.cost(layer), ns(3));
  layer.stride = 2;
  EXPECT_EQ(law.cost(layer), ns(2));
  layer.kernel = 3;
  EXPECT_EQ(law.cost(layer), ns(1));
  EXPECT_FALSE(law.is_extrapolated(layer));
}

TEST(FeatureLaw, DividesLayersByTheirExtents) {
  const FeatureLaw law{{costing(ns(1), {.below = {{Extent::filters, 8}, {Extent::depth, 100}}}), costing(ns(3))}};
  LayerExtents layer = ones();
  layer[Extent::filters] = 7;
  layer[Extent::depth] = 99;
  EXPECT_EQ(law.cost(layer), ns(1));
  layer[Extent::filters] = 8;
  EXPECT_EQ(law.cost(layer), ns(3));
  layer[Extent::filters] = 7;
  layer[Extent::depth] = 100;
  EXPECT_EQ(law.cost(layer), ns(3));
}

TEST(Condition, TakesAnotherInUnlessItSaysTheContraryOrNothingNew) {
  const Condition three{.kernel = 3};
  EXPECT_EQ(three.and_also({.stride = 2}), (Condition{.kernel = 3, .stride = 2}));
  EXPECT_FALSE(three.and_also({.kernel = 1, .stride = 2}));
  EXPECT_FALSE(three.and_also({.kernel = 3}));
  const Condition few{.below = {{Extent::filters, 8}}};
  EXPECT_EQ(few.and_also({.below = {{Extent::filters, 4}}}), (Condition{.below = {{Extent::filters, 4}}}));
  EXPECT_FALSE(few.and_also({.below = {{Extent::filters, 16}}}));
}

TEST(FeatureLaw, IsExtrapolatedToOtherWindows) {
  const FeatureLaw law{{{.terms = {{{}, ns(3)}}, .windows = {{3, 1}, {3, 2}}}}};
  LayerExtents layer = ones();
  layer.kernel = 3;
  EXPECT_FALSE(law.is_extrapolated(layer));
  layer.stride = 3;
  EXPECT_TRUE(law.is_extrapolated(layer));
  layer.is_whole_input = true;
  EXPECT_FALSE(law.is_extrapolated(layer));
}

TEST(FeatureLaw, IsExtrapolatedOutsideOfWhatItWasFittedTo) {
  FeatureLaw law{{{.terms = {{{}, ns(3)}}, .fitted = {{Extent::depth, 2, 5}, {Extent::filters, 1, 9}}}}};
  LayerExtents layer = ones();
  EXPECT_TRUE(law.is_extrapolated(layer));
  layer[Extent::depth] = 5;
  EXPECT_FALSE(law.is_extrapolated(layer));
  layer[Extent::filters] = 10;
  EXPECT_TRUE(law.is_extrapolated(layer));
}

class FeatureProfile : public testing::Test {
 protected:
  FeatureProfile() {
    auto read = read_profile(TIERCUT_SOURCE_DIR "/tests/profiles/good/features.yaml");
    EXPECT_TRUE(read) << (read ? "" : to_text(read.error()));
    profile_ = *read;
  }
  const Unit& unit() const { return profile_->units[0]; }
  const CostLaw& law() const { return unit().laws[0]; }
  ProfilePointer profile_;
};

model::Layer linear(std::int64_t inputs, std::int64_t outputs) {
  model::Layer source, layer;
  source.shape = {{inputs}};
  source.output_bytes = model::size_of(source.shape, source.encoding);
  layer.type = model::LayerType::linear;
  layer.parameters.outputs = outputs;
  layer.inputs = {0};
  EXPECT_EQ(model::derive(layer, {&source}), "");
  return layer;
}

TEST_F(FeatureProfile, PricesALayer) {
  // 100 outputs are 13 started eights, of 1000 inputs and 1 started sixteen of pixels: 100 + 2 * 13000 ns. The weights
  // as sixteens are 112 x 1000 floats, 448 kB: within 1 MB.
  const auto small = price_layer(*profile_, unit(), linear(1000, 100));
  ASSERT_TRUE(small);
  EXPECT_NEAR(small->cost.value(), 26100e-9, 1e-15);
  EXPECT_FALSE(small->is_extrapolated);
  // 480 outputs: 60 eights and 1000 inputs: 120100 ns. The weights are 480 x 1000 floats = 1.92 MB, 46 % of the way
  // from 1 to 3 MB; with the bias 1921920 bytes are 30030 steps of 0.5 ns.
  const auto medium = price_layer(*profile_, unit(), linear(1000, 480));
  ASSERT_TRUE(medium);
  EXPECT_NEAR(medium->cost.value(), (120100 + 0.46 * 0.5 * 30030) * 1e-9, 1e-15);
  // 600 outputs were never seen.
  EXPECT_TRUE(price_layer(*profile_, unit(), linear(1000, 600))->is_extrapolated);
}

TEST_F(FeatureProfile, TellsErrorsAndRanges) {
  const auto& piece = std::get<FeatureLaw>(law().form).pieces[1];
  EXPECT_DOUBLE_EQ(piece.error.p50, 0.02);
  EXPECT_DOUBLE_EQ(piece.error.p99, 0.095);
  ASSERT_EQ(piece.fitted.size(), 3u);
  EXPECT_EQ(piece.fitted[2].most, 16e6);
}

TEST_F(FeatureProfile, InvertsForASquareLayer) {
  // 128 x 128 weights: 16 eights x 128 = 2048 steps of 2 ns and 100 ns. One weight more begins the 17th eight.
  EXPECT_NEAR(law().most_weights(ns(100 + 2 * 2048)), 128 * 128, 1e-6);
  EXPECT_EQ(law().most_weights(ns(99)), 0);
}

/// Any term: up to four factors, with and without knees.
rc::Gen<FeatureTerm> any_term() {
  return rc::gen::exec([] {
    const auto any_factors = [](int most) {
      std::vector<FeatureTerm::Factor> factors;
      for (int i = *rc::gen::inRange(0, most + 1); i > 0; --i)
        factors.push_back({static_cast<Extent>(*rc::gen::inRange(0, extent_count)),
                           static_cast<double>(*rc::gen::element(1, 1, 4, 8, 16, 288))});
      return factors;
    };
    FeatureTerm term{any_factors(4), ns(*rc::gen::inRange(1, 1000) * 1e-3)};
    if (*rc::gen::arbitrary<bool>()) {
      term.from = *rc::gen::inRange(0, 1'000'000);
      term.to = term.from + *rc::gen::inRange(1, 1'000'000);
      term.of = any_factors(2);
    }
    return term;
  });
}

rc::Gen<FeatureLaw> any_law() {
  return rc::gen::exec([] {
    std::vector<FeatureTerm> terms;
    for (int i = *rc::gen::inRange(1, 12); i > 0; --i) terms.push_back(*any_term());
    return of_terms(std::move(terms));
  });
}

RC_GTEST_PROP(FeatureLawProperties, NeverFallWhenAnExtentGrows, ()) {
  const FeatureLaw law = *any_law();
  LayerExtents layer = ones();
  for (double& value : layer.values) value = *rc::gen::inRange(1, 3000);
  double last = law.cost(layer).value();
  RC_ASSERT(last >= 0);
  for (int i = 0; i < 20; ++i) {
    layer.values[static_cast<std::size_t>(*rc::gen::inRange(0, extent_count))] += *rc::gen::inRange(0, 500);
    const double cost = law.cost(layer).value();
    RC_ASSERT(cost >= last);
    last = cost;
  }
}

RC_GTEST_PROP(FeatureLawProperties, MostWeightsIsTheInverse, ()) {
  CostLaw law;
  law.form = *any_law();
  const Seconds budget(*rc::gen::inRange(0, 200'000) * 1e-6);
  const double most = law.most_weights(budget);
  if (std::isinf(most)) {
    RC_ASSERT(law.cost({.weights = 1e15}) <= budget);
    return;
  }
  const double just_above = std::nextafter(most, std::numeric_limits<double>::infinity());
  RC_ASSERT(law.cost({.weights = just_above}) > budget || (most == 0 && law.cost(Work{}) > budget));
  if (most > 0) RC_ASSERT(law.cost({.weights = most}) <= budget);
}

}  // namespace
}  // namespace tiercut::profiles
