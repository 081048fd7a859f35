// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_regression.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace tiercut::kernels {
namespace {

using Index = Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Indices = std::vector<Index>;
using Column = Eigen::Map<const VectorXd>;

// Relative to the diagonal, which is 1 for normalised columns: keeps nearly equal columns solvable.
constexpr double ridge = 1e-9;
constexpr int reweightings = 4;
// Residuals beyond so many deviations weigh less, in proportion to their inverse.
constexpr double huber_deviations = 3;
constexpr double smallest_deviation = 1e-4;
// A term is tried while it may lower the misfit by more than so many variances of a residual. Little, as several terms
// may be needed for any of them to explain something; those that do not are left out at the end.
constexpr double worth_adding = 0.003;
constexpr std::size_t most_terms = 60;
// Of knees that no sample tells apart (only cold ones lie beyond) the last: nothing is charged that was not seen, as
// far as caches usually reach.
constexpr double usual_last_level = 64 << 20;  // bytes
// A term that few samples have, or a little of only, may be as steep as their noise makes it, and others would pay for
// that. So many must have it, and as much of it as this.
constexpr std::ptrdiff_t least_support = 5;
constexpr double least_share = 0.4;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::size_t index(Index i) { return static_cast<std::size_t>(i); }

/// The least of x' G x / 2 - b' x over x >= 0, for those of the unknowns that are in use.
class NormalEquations {
 public:
  Index size() const { return sides_.size(); }
  const VectorXd& x() const { return x_; }
  void set(MatrixXd gram, VectorXd sides) {
    gram_ = std::move(gram);
    sides_ = std::move(sides);
  }
  /// One more unknown, with its products with those before and itself.
  void add(const VectorXd& products, double side) {
    const Index n = size();
    gram_.conservativeResize(n + 1, n + 1);
    gram_.col(n) = products;
    gram_.row(n) = products.transpose();
    sides_.conservativeResize(n + 1);
    sides_(n) = side;
    x_.conservativeResize(n + 1);
    x_(n) = 0;
  }
  void keep(const Indices& kept) {
    gram_ = MatrixXd(gram_(kept, kept));
    sides_ = VectorXd(sides_(kept));
    x_ = VectorXd(x_(kept));
  }
  /// To the minimum; unknowns that reach 0 on the way leave. Returns those that stay.
  Indices settle() {
    Indices left(index(size()));
    std::iota(left.begin(), left.end(), Index{0});
    while (size() > 0) {
      const VectorXd z = regular().ldlt().solve(sides_);
      if (z.minCoeff() > 0) {
        x_ = z;
        break;
      }
      double share = 1;
      for (Index i = 0; i < z.size(); ++i)
        if (z(i) <= 0 && x_(i) - z(i) > 0) share = std::min(share, x_(i) / (x_(i) - z(i)));
      Index least = -1;
      for (Index i = 0; i < z.size(); ++i) {
        x_(i) += share * (z(i) - x_(i));
        if (z(i) <= 0 && (least < 0 || x_(i) < x_(least))) least = i;
      }
      Indices kept, still;
      for (Index i = 0; i < z.size(); ++i) {
        if (i == least || (z(i) <= 0 && x_(i) <= 1e-14)) continue;
        kept.push_back(i);
        still.push_back(left[index(i)]);
      }
      keep(kept);
      left = std::move(still);
    }
    return left;
  }
  double twice_lowered() const { return 2 * sides_.dot(x_) - x_.dot(gram_ * x_); }
  /// How much twice the minimum grows when an unknown leaves, while no other reaches 0.
  VectorXd losses() const {
    const MatrixXd inverse = regular().ldlt().solve(MatrixXd::Identity(size(), size()));
    return x_.array().square() / inverse.diagonal().array();
  }

 private:
  MatrixXd regular() const {
    MatrixXd gram = gram_;
    gram.diagonal() *= 1 + ridge;
    return gram;
  }

  MatrixXd gram_;
  VectorXd sides_, x_;
};

/// Non-negative regression of ones on columns; products only of the columns in use.
class ActiveSet {
 public:
  ActiveSet(const MatrixXd& columns, const VectorXd& base)
      : columns_(columns), base_(base), weights_(base), is_in_(index(columns.cols()), false) {}

  void run() {
    for (int round = 0; round <= reweightings; ++round) {
      build();
      settle();
      grow();
      if (round < reweightings) weights_ = huber();
    }
    leave_out();
  }
  const Indices& terms() const { return active_; }
  const VectorXd& times() const { return equations_.x(); }

 private:
  /// The equations for the present weights.
  void build() {
    MatrixXd part(columns_.rows(), static_cast<Index>(active_.size()));
    for (std::size_t i = 0; i < active_.size(); ++i) part.col(static_cast<Index>(i)) = columns_.col(active_[i]);
    const MatrixXd weighted = weights_.asDiagonal() * part;
    equations_.set(part.transpose() * weighted, weighted.colwise().sum());
    total_ = weights_.sum();
  }
  void add(Index j) {
    const VectorXd weighted = weights_.cwiseProduct(columns_.col(j));
    active_.push_back(j);
    is_in_[index(j)] = true;
    VectorXd products(static_cast<Index>(active_.size()));
    for (std::size_t i = 0; i < active_.size(); ++i)
      products(static_cast<Index>(i)) = columns_.col(active_[i]).dot(weighted);
    equations_.add(products, weighted.sum());
  }
  void settle() { stay(equations_.settle()); }
  void stay(const Indices& kept) {  // positions
    Indices active;
    std::fill(is_in_.begin(), is_in_.end(), false);
    for (Index i : kept) {
      active.push_back(active_[index(i)]);
      is_in_[index(active.back())] = true;
    }
    active_ = std::move(active);
  }
  VectorXd residuals() const {
    VectorXd left = VectorXd::Ones(columns_.rows());
    for (std::size_t i = 0; i < active_.size(); ++i) left -= times()(static_cast<Index>(i)) * columns_.col(active_[i]);
    return left;
  }
  double misfit() const { return std::max(0.0, total_ - equations_.twice_lowered()); }

  void grow() {
    const double floor = smallest_deviation * smallest_deviation;
    Indices refused;
    while (active_.size() < most_terms) {
      const VectorXd weighted = weights_.cwiseProduct(residuals());
      const VectorXd gradient = columns_.transpose() * weighted;
      Index best = -1;
      for (Index j = 0; j < gradient.size(); ++j)
        if (!is_in_[index(j)] && (best < 0 || gradient(j) > gradient(best)) &&
            std::ranges::find(refused, j) == refused.end())
          best = j;
      const double variance = std::max(misfit() / static_cast<double>(columns_.rows()), floor);
      // A column's length is 1 without weights.
      if (best < 0 || gradient(best) <= 0 || gradient(best) * gradient(best) <= worth_adding * variance) break;
      add(best);
      settle();
      if (!is_in_[index(best)]) refused.push_back(best);
    }
  }
  VectorXd huber() const {
    const VectorXd left = residuals();
    std::vector<double> sizes(index(left.size()));
    for (Index i = 0; i < left.size(); ++i) sizes[index(i)] = std::abs(left(i));
    const double limit = huber_deviations * std::max(1.4826 * median(sizes), smallest_deviation);
    VectorXd weights = base_;
    for (Index i = 0; i < weights.size(); ++i)
      if (std::abs(left(i)) > limit) weights(i) *= limit / std::abs(left(i));
    return weights;
  }
  /// Leaves terms out while the misfit grows by less than half of what the Bayesian information criterion charges for a
  /// term: held-out shapes were predicted best by that.
  void leave_out() {
    build();
    settle();
    const auto samples = static_cast<double>(columns_.rows());
    const double allowed = std::exp(0.5 * std::log(samples) / samples);
    while (active_.size() > 1) {
      const double now = std::max(misfit(), samples * smallest_deviation * smallest_deviation * 1e-4);
      Index best = 0;
      const double loss = equations_.losses().minCoeff(&best);
      if (now + loss > now * allowed) return;
      Indices kept;
      for (Index i = 0; i < static_cast<Index>(active_.size()); ++i)
        if (i != best) kept.push_back(i);
      equations_.keep(kept);
      stay(kept);
      settle();
    }
  }

  const MatrixXd& columns_;
  VectorXd base_, weights_;
  std::vector<bool> is_in_;
  Indices active_;
  NormalEquations equations_;
  double total_ = 0;
};

}  // namespace

std::vector<double> non_negative_least_squares(std::span<const double> gram, std::span<const double> moments) {
  constexpr double tolerance = 1e-10;
  const auto count = static_cast<Index>(moments.size());
  const Eigen::Map<const MatrixXd> all(gram.data(), count, count);
  const Column sides(moments.data(), count);
  NormalEquations equations;
  Indices active;
  VectorXd x = VectorXd::Zero(count);
  for (Index round = 0; round < 4 * count; ++round) {
    const VectorXd gradient = sides - all * x;
    Index best = -1;
    for (Index j = 0; j < count; ++j)
      if (std::ranges::find(active, j) == active.end() && gradient(j) > tolerance &&
          (best < 0 || gradient(j) > gradient(best)))
        best = j;
    if (best < 0) break;
    active.push_back(best);
    equations.add(VectorXd(all(active, best)), sides(best));
    Indices still;
    for (Index i : equations.settle()) still.push_back(active[index(i)]);
    active = std::move(still);
    x.setZero();
    for (std::size_t i = 0; i < active.size(); ++i) x(active[i]) = equations.x()(static_cast<Index>(i));
  }
  return {x.data(), x.data() + x.size()};
}

TermRegression::TermRegression(std::span<const Sample> samples, std::span<const profiles::FeatureTerm> candidates)
    : samples_(samples.size()) {
  std::multimap<double, std::size_t> known;  // by a sum that differs where columns do
  for (const profiles::FeatureTerm& term : candidates) {
    VectorXd column(static_cast<Index>(samples_));
    double mark = 0;
    for (std::size_t i = 0; i < samples_; ++i) {
      column(static_cast<Index>(i)) = term.steps(samples[i].extents) / samples[i].seconds;
      mark += column(static_cast<Index>(i)) * (1 + 0.5 * std::sin(static_cast<double>(i)));
    }
    const double length = column.norm();
    if (!(length > 0) || !std::isfinite(length)) continue;
    mark /= length;
    const auto end = known.upper_bound(mark + 1e-9);
    const auto same = std::find_if(known.lower_bound(mark - 1e-9), end, [&](const auto& other) {
      const Column before(columns_.data() + other.second * samples_, static_cast<Index>(samples_));
      return column.dot(before) > (1 - 1e-10) * length * before.norm();
    });
    if (same != end) {
      profiles::FeatureTerm& before = candidates_[same->second];
      const bool is_only_later = before.to > 0 && term.factors == before.factors && term.of == before.of;
      if (is_only_later && term.to <= usual_last_level) before = term;
      continue;
    }
    known.emplace(mark, candidates_.size());
    candidates_.push_back(term);
    columns_.insert(columns_.end(), column.data(), column.data() + column.size());
    for (const Sample& sample : samples) {
      const double steps = term.steps(sample.extents);
      is_backed_.push_back(steps > 0 && steps >= least_share * term.all_steps(sample.extents));
    }
  }
  for (const Sample& sample : samples) weights_.push_back(sample.weight);
}

TermRegression::Fit TermRegression::fit(const Chosen& samples, std::span<const std::size_t> terms) const {
  const auto rows = static_cast<Index>(samples.size());
  std::vector<std::size_t> usable;
  std::vector<double> lengths;
  MatrixXd columns(rows, static_cast<Index>(terms.empty() ? candidates_.size() : terms.size()));
  for (std::size_t k = 0; k < (terms.empty() ? candidates_.size() : terms.size()); ++k) {
    const std::size_t j = terms.empty() ? k : terms[k];
    auto column = columns.col(static_cast<Index>(usable.size()));
    for (Index i = 0; i < rows; ++i) column(i) = columns_[j * samples_ + samples[index(i)]];
    const double length = column.norm();
    const auto backing = [&](std::size_t i) { return is_backed_[j * samples_ + i]; };
    if (std::ranges::count_if(samples, backing) < least_support) continue;
    column /= length;
    usable.push_back(j);
    lengths.push_back(length);
  }
  columns.conservativeResize(Eigen::NoChange, static_cast<Index>(usable.size()));
  VectorXd base(rows);
  for (Index i = 0; i < rows; ++i) base(i) = weights_[samples[index(i)]];
  ActiveSet active(columns, base);
  active.run();
  Fit fit;
  for (std::size_t i = 0; i < active.terms().size(); ++i) {
    const std::size_t j = index(active.terms()[i]);
    const double time = active.times()(static_cast<Index>(i)) / lengths[j];
    if (!(time > 0)) continue;
    fit.terms.push_back(usable[j]);
    fit.times.push_back(time);
  }
  return fit;
}

double TermRegression::ratio(const Fit& fit, std::size_t sample) const {
  double sum = 0;
  for (std::size_t i = 0; i < fit.terms.size(); ++i) sum += fit.times[i] * columns_[fit.terms[i] * samples_ + sample];
  return sum;
}

std::vector<profiles::FeatureTerm> fit_terms(std::span<const Sample> samples,
                                             std::span<const profiles::FeatureTerm> candidates) {
  const TermRegression regression(samples, candidates);
  Chosen all(samples.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return regression.terms_of(regression.fit(all));
}

std::vector<profiles::FeatureTerm> TermRegression::terms_of(const Fit& fit) const {
  std::vector<profiles::FeatureTerm> terms;
  for (std::size_t i = 0; i < fit.terms.size(); ++i) {
    terms.push_back(candidates_[fit.terms[i]]);
    terms.back().time = Seconds(fit.times[i]);
  }
  return terms;
}

}  // namespace tiercut::kernels
