// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_regression.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace tiercut::kernels {
namespace {

using Index = Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Indices = std::vector<Index>;

// Relative to the diagonal, which is 1 for normalised columns: keeps nearly equal columns solvable.
constexpr double ridge = 1e-9;
constexpr double gradient_tolerance = 1e-8;
constexpr int reweightings = 6;
// Residuals beyond so many deviations weigh less, in proportion to their inverse.
constexpr double huber_deviations = 2.5;
constexpr double smallest_deviation = 1e-4;

VectorXd solve_on(const MatrixXd& gram, const VectorXd& moments, const Indices& passive) {
  MatrixXd part = gram(passive, passive);
  part.diagonal() *= 1 + ridge;
  return part.ldlt().solve(VectorXd(moments(passive)));
}

/// Steps from x towards z as far as all stay >= 0; what reaches 0 leaves the passive set.
void step_to_boundary(VectorXd& x, const VectorXd& z, Indices& passive) {
  double share = 1;
  for (std::size_t i = 0; i < passive.size(); ++i) {
    const double from = x(passive[i]), to = z(static_cast<Index>(i));
    if (to <= 0) share = std::min(share, from / (from - to));
  }
  Indices kept;
  for (std::size_t i = 0; i < passive.size(); ++i) {
    double& value = x(passive[i]);
    const double to = z(static_cast<Index>(i));
    value += share * (to - value);
    if (to > 0 || value > 1e-14)
      kept.push_back(passive[i]);
    else
      value = 0;
  }
  if (kept.size() == passive.size()) {  // rounding: the one that limits must go
    const auto least = std::min_element(kept.begin(), kept.end(), [&](Index a, Index b) { return x(a) < x(b); });
    x(*least) = 0;
    kept.erase(least);
  }
  passive = std::move(kept);
}

VectorXd non_negative(const MatrixXd& gram, const VectorXd& moments) {
  const Index count = moments.size();
  VectorXd x = VectorXd::Zero(count);
  Indices passive;
  std::vector<bool> is_passive(static_cast<std::size_t>(count), false);
  const double tolerance = gradient_tolerance * std::max(moments.cwiseAbs().maxCoeff(), 1e-300);
  for (Index round = 0; round < 4 * count + 10; ++round) {
    const VectorXd gradient = moments - gram * x;
    Index best = -1;
    for (Index j = 0; j < count; ++j)
      if (!is_passive[static_cast<std::size_t>(j)] && gradient(j) > tolerance &&
          (best < 0 || gradient(j) > gradient(best)))
        best = j;
    if (best < 0) break;
    passive.push_back(best);
    std::sort(passive.begin(), passive.end());
    VectorXd z = solve_on(gram, moments, passive);
    while (!passive.empty() && z.minCoeff() <= 0) {
      step_to_boundary(x, z, passive);
      if (!passive.empty()) z = solve_on(gram, moments, passive);
    }
    x.setZero();
    for (std::size_t i = 0; i < passive.size(); ++i) x(passive[i]) = z(static_cast<Index>(i));
    std::fill(is_passive.begin(), is_passive.end(), false);
    for (Index j : passive) is_passive[static_cast<std::size_t>(j)] = true;
    if (!is_passive[static_cast<std::size_t>(best)] && passive.empty()) break;
  }
  return x;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Features over measured times, a column a term, each of length 1; terms that say the same once only.
struct Design {
  MatrixXd columns;
  VectorXd lengths;
  Indices terms;
};

Design design_of(std::span<const Sample> samples, std::span<const profiles::FeatureTerm> candidates) {
  Design design;
  std::vector<VectorXd> kept;
  std::vector<double> lengths;
  for (std::size_t j = 0; j < candidates.size(); ++j) {
    VectorXd column(static_cast<Index>(samples.size()));
    for (std::size_t i = 0; i < samples.size(); ++i)
      column(static_cast<Index>(i)) = candidates[j].steps(samples[i].extents) / samples[i].seconds;
    const double length = column.norm();
    if (!(length > 0) || !std::isfinite(length)) continue;
    column /= length;
    const bool is_known =
        std::any_of(kept.begin(), kept.end(), [&](const VectorXd& other) { return column.dot(other) > 1 - 1e-10; });
    if (is_known) continue;
    kept.push_back(std::move(column));
    lengths.push_back(length);
    design.terms.push_back(static_cast<Index>(j));
  }
  design.columns.resize(static_cast<Index>(samples.size()), static_cast<Index>(kept.size()));
  for (std::size_t j = 0; j < kept.size(); ++j) design.columns.col(static_cast<Index>(j)) = kept[j];
  design.lengths = Eigen::Map<const VectorXd>(lengths.data(), static_cast<Index>(lengths.size()));
  return design;
}

struct Moments {
  MatrixXd gram;
  VectorXd sides;
  double total;  // of the weights
};

Moments moments_of(const MatrixXd& columns, const VectorXd& weights) {
  const MatrixXd weighted = weights.asDiagonal() * columns;
  return {columns.transpose() * weighted, weighted.colwise().sum(), weights.sum()};
}

/// Weighted sum of squared relative errors.
double misfit(const Moments& moments, const Indices& active, const VectorXd& x) {
  return moments.total - 2 * moments.sides(active).dot(x) + x.dot(moments.gram(active, active) * x);
}

/// x on `active`, again non-negative.
VectorXd refit(const Moments& moments, const Indices& active) {
  return non_negative(moments.gram(active, active), moments.sides(active));
}

VectorXd huber(const VectorXd& base, const VectorXd& residuals) {
  std::vector<double> sizes(static_cast<std::size_t>(residuals.size()));
  for (Index i = 0; i < residuals.size(); ++i) sizes[static_cast<std::size_t>(i)] = std::abs(residuals(i));
  const double limit = huber_deviations * std::max(1.4826 * median(sizes), smallest_deviation);
  VectorXd weights = base;
  for (Index i = 0; i < weights.size(); ++i)
    if (std::abs(residuals(i)) > limit) weights(i) *= limit / std::abs(residuals(i));
  return weights;
}

/// Leaves terms out while the misfit grows by less than the Bayesian information criterion charges for a term.
void leave_out(const Moments& moments, double samples, Indices& active, VectorXd& x) {
  const double allowed = std::exp(std::log(samples) / samples);
  while (active.size() > 1) {
    const double now = std::max(misfit(moments, active, x), samples * smallest_deviation * smallest_deviation * 1e-4);
    double least = now * allowed;
    Indices best;
    VectorXd best_x;
    for (std::size_t j = 0; j < active.size(); ++j) {
      Indices fewer = active;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(j));
      const VectorXd without = refit(moments, fewer);
      const double then = misfit(moments, fewer, without);
      if (then > least) continue;
      least = then;
      best = fewer;
      best_x = without;
    }
    if (best.empty()) return;
    active = std::move(best);
    x = std::move(best_x);
  }
}

}  // namespace

std::vector<double> non_negative_least_squares(std::span<const double> gram, std::span<const double> moments) {
  const auto count = static_cast<Index>(moments.size());
  const VectorXd x = non_negative(Eigen::Map<const MatrixXd>(gram.data(), count, count),
                                  Eigen::Map<const VectorXd>(moments.data(), count));
  return {x.data(), x.data() + x.size()};
}

std::vector<profiles::FeatureTerm> fit_terms(std::span<const Sample> samples,
                                             std::span<const profiles::FeatureTerm> candidates) {
  const Design design = design_of(samples, candidates);
  VectorXd base(static_cast<Index>(samples.size()));
  for (std::size_t i = 0; i < samples.size(); ++i) base(static_cast<Index>(i)) = samples[i].weight;

  VectorXd weights = base, x;
  Indices active;
  for (int round = 0; round < reweightings; ++round) {
    const Moments moments = moments_of(design.columns, weights);
    x = non_negative(moments.gram, moments.sides);
    weights = huber(base, design.columns * x - VectorXd::Ones(weights.size()));
  }
  for (Index j = 0; j < x.size(); ++j)
    if (x(j) > 0) active.push_back(j);
  const Moments moments = moments_of(design.columns, weights);
  x = refit(moments, active);
  leave_out(moments, static_cast<double>(samples.size()), active, x);

  std::vector<profiles::FeatureTerm> terms;
  for (std::size_t j = 0; j < active.size(); ++j) {
    const double time = x(static_cast<Index>(j)) / design.lengths(active[j]);
    if (!(time > 0)) continue;
    terms.push_back(candidates[static_cast<std::size_t>(design.terms[static_cast<std::size_t>(active[j])])]);
    terms.back().time = Seconds(time);
  }
  return terms;
}

}  // namespace tiercut::kernels
