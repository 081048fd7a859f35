// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_regression.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace tiercut::kernels {
namespace {

using profiles::Extent;
using profiles::FeatureTerm;

TEST(NonNegativeLeastSquares, LeavesOutWhatWouldBeNegative) {
  // Columns (1, 0) and (0, 1) against (3, -2): by hand 3 and 0.
  const auto apart = non_negative_least_squares(std::vector<double>{1, 0, 0, 1}, std::vector<double>{3, -2});
  EXPECT_NEAR(apart[0], 3, 1e-6);
  EXPECT_EQ(apart[1], 0);
  // Columns (1, 0) and (1, 1) against (2, -1): free they are 3 and -1; alone the first is 2, the second 0.5, and the
  // misfits are 1 and 4.5.
  const auto together = non_negative_least_squares(std::vector<double>{1, 1, 1, 2}, std::vector<double>{2, 1});
  EXPECT_NEAR(together[0], 2, 1e-6);
  EXPECT_EQ(together[1], 0);
}

// The conditions of Karush, Kuhn and Tucker hold at the minimum of this convex problem and nowhere else.
RC_GTEST_PROP(NonNegativeLeastSquaresProperties, IsOptimal, ()) {
  const int rows = 12, columns = *rc::gen::inRange(1, 9);
  RandomStream random(static_cast<std::uint64_t>(*rc::gen::inRange(0, 1'000'000)), entity_id("nnls"), 0);
  std::vector<double> matrix(static_cast<std::size_t>(rows * columns)), y(rows);
  for (double& value : matrix) value = random.normal(0, 1);
  for (double& value : y) value = random.normal(0, 1);
  const auto at = [&](int row, int column) { return matrix[static_cast<std::size_t>(row * columns + column)]; };
  std::vector<double> gram, moments;
  for (int i = 0; i < columns; ++i) {
    double moment = 0;
    for (int row = 0; row < rows; ++row) moment += at(row, i) * y[static_cast<std::size_t>(row)];
    moments.push_back(moment);
    for (int j = 0; j < columns; ++j) {
      double product = 0;
      for (int row = 0; row < rows; ++row) product += at(row, i) * at(row, j);
      gram.push_back(product);
    }
  }
  const auto x = non_negative_least_squares(gram, moments);
  for (int i = 0; i < columns; ++i) {
    const auto index = static_cast<std::size_t>(i);
    double gradient = -moments[index];
    for (int j = 0; j < columns; ++j)
      gradient += gram[static_cast<std::size_t>(i * columns + j)] * x[static_cast<std::size_t>(j)];
    RC_ASSERT(x[index] >= 0);
    RC_ASSERT(gradient > -1e-5);
    if (x[index] > 0) RC_ASSERT(std::abs(gradient) < 1e-5);
  }
}

FeatureTerm term(std::vector<FeatureTerm::Factor> factors, double seconds, double from = 0, double to = 0) {
  return {std::move(factors), Seconds(seconds), from, to};
}

/// Matrices of all sizes, priced by `truth`, with lognormal noise.
std::vector<Sample> samples_of(const std::vector<FeatureTerm>& truth, int count, double noise) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    RandomStream random(5, entity_id("samples"), static_cast<std::uint64_t>(i));
    Sample sample;
    sample.extents.values.fill(1);
    const double filters = std::floor(std::exp2(1 + 11 * random.uniform()));
    const double depth = std::floor(std::exp2(1 + 11 * random.uniform()));
    sample.extents[Extent::filters] = filters;
    sample.extents[Extent::depth] = depth;
    sample.extents[Extent::weight_bytes] = sample.extents[Extent::working_set] = 4 * filters * depth;
    for (const FeatureTerm& part : truth) sample.seconds += part.time.value() * part.steps(sample.extents);
    sample.seconds *= std::exp(noise * random.normal(0, 1));
    samples.push_back(sample);
  }
  return samples;
}

const FeatureTerm* find(const std::vector<FeatureTerm>& terms, const FeatureTerm& wanted) {
  const auto found = std::ranges::find_if(terms, [&](const FeatureTerm& other) {
    return other.factors == wanted.factors && other.from == wanted.from && other.to == wanted.to;
  });
  return found == terms.end() ? nullptr : &*found;
}

const FeatureTerm constant = term({}, 200e-9);
const FeatureTerm products = term({{Extent::filters, 16}, {Extent::depth, 1}}, 0.4e-9);
const FeatureTerm from_memory = term({{Extent::weight_bytes, 1}}, 0.05e-9, 1 << 20, 2 << 20);

std::vector<FeatureTerm> candidates() {
  std::vector<FeatureTerm> all = {term({}, 0)};
  for (double step : {1, 4, 8, 16, 32})
    for (double depth : {1, 4, 16}) all.push_back(term({{Extent::filters, step}, {Extent::depth, depth}}, 0));
  for (double from = 1 << 14; from < 1 << 24; from *= 2)
    all.push_back(term({{Extent::weight_bytes, 1}}, 0, from, 2 * from));
  return all;
}

TEST(FitTerms, FindsTheLawWithoutNoise) {
  const auto fitted = fit_terms(samples_of({constant, products, from_memory}, 300, 0), candidates());
  ASSERT_EQ(fitted.size(), 3u);
  for (const FeatureTerm& wanted : {constant, products, from_memory}) {
    const FeatureTerm* found = find(fitted, wanted);
    ASSERT_NE(found, nullptr);
    EXPECT_NEAR(found->time / wanted.time, 1, 1e-4);
  }
}

TEST(FitTerms, FindsTileAndKneeUnderNoise) {
  const auto fitted = fit_terms(samples_of({constant, products, from_memory}, 400, 0.03), candidates());
  for (const FeatureTerm& wanted : {constant, products, from_memory}) {
    const FeatureTerm* found = find(fitted, wanted);
    ASSERT_NE(found, nullptr);
    EXPECT_NEAR(found->time / wanted.time, 1, 0.05);
  }
  // Noise makes no terms: each that is left out costs less than it explains.
  EXPECT_LE(fitted.size(), 5u);
}

TEST(FitTerms, IsNotCarriedAwayByOutliers) {
  auto samples = samples_of({constant, products}, 300, 0.01);
  for (std::size_t i = 0; i < samples.size(); i += 20) samples[i].seconds *= 3;  // preempted, 5 % of them
  const auto fitted = fit_terms(samples, candidates());
  const FeatureTerm* found = find(fitted, products);
  ASSERT_NE(found, nullptr);
  EXPECT_NEAR(found->time / products.time, 1, 0.02);
}

TEST(FitTerms, WeighsWhatScattersLess) {
  // Two clocks: the trusted half says 1 us, the other 2 us.
  std::vector<Sample> samples(100);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].extents.values.fill(1);
    samples[i].seconds = i % 2 == 0 ? 1e-6 : 2e-6;
    samples[i].weight = i % 2 == 0 ? 1 : 1e-4;
  }
  const auto fitted = fit_terms(samples, std::vector<FeatureTerm>{constant});
  ASSERT_EQ(fitted.size(), 1u);
  EXPECT_NEAR(fitted[0].time.value(), 1e-6, 1e-9);
}

}  // namespace
}  // namespace tiercut::kernels
