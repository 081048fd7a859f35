// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "core/statistics.hpp"
#include "kernels/law_candidates.hpp"
#include "kernels/law_regression.hpp"

namespace tiercut::kernels {
namespace {

using profiles::Condition;
using profiles::CostLaw;
using profiles::Extent;
using profiles::FeatureLaw;
using profiles::FeaturePiece;
using profiles::LayerExtents;

constexpr int folds = 5;
constexpr std::size_t fewest_shapes = 8, fewest_shapes_of_piece = 12;
// Errors beyond count as this in a mean.
constexpr double largest_counted_error = 0.5;
constexpr int deepest = 6;
// A division that is worth its terms lowers the error by this share.
constexpr double least_gain = 0.02;
constexpr std::size_t tried_in_full = 8;
// A spread of the repetitions that halves an observation's weight.
constexpr double ordinary_spread = 0.05;

/// With cold caches nothing is held, however little the layer touches.
constexpr double everything = 1e12;  // bytes

struct Observed {
  std::vector<Sample> samples;
  std::vector<bool> is_cold;
  std::vector<double> spreads;  ///< of those that are not
  std::vector<int> shapes;      ///< equal for observations of one shape
  std::vector<int> folds;       ///< where the observation is held out; follows from its shape alone
};

using ShapeKey = std::array<double, profiles::extent_count + 2>;

ShapeKey key_of(const profiles::LayerExtents& extents) {
  ShapeKey key{};
  std::ranges::copy(extents.values, key.begin());
  key[profiles::extent_count] = extents.kernel;
  key[profiles::extent_count + 1] = extents.stride;
  return key;
}

/// FNV-1a over the bits, so that neighbours on a grid fall into different folds.
int fold_of(const ShapeKey& key) {
  std::uint64_t hash = 14695981039346656037U;
  for (double value : key) hash = (hash ^ std::bit_cast<std::uint64_t>(value) >> 32) * 1099511628211U;
  return static_cast<int>((hash >> 32) % folds);
}

using Observations = std::vector<const Observation*>;

Observed observed_of(const Observations& observations, const Observations& cold) {
  Observed observed;
  std::map<ShapeKey, int> known;
  const auto add = [&](const Observation& observation, bool is_cold) {
    auto extents = profiles::extents_of(observation.layer);
    const ShapeKey key = key_of(extents);
    const auto shape = known.emplace(key, static_cast<int>(known.size())).first->second;
    if (is_cold) extents[Extent::working_set] = extents[Extent::footprint] = everything;
    const double spread = observation.spread() / ordinary_spread;
    observed.samples.push_back({extents, observation.median.value(), 1 / (1 + spread * spread)});
    observed.is_cold.push_back(is_cold);
    if (!is_cold) observed.spreads.push_back(observation.spread());
    observed.shapes.push_back(shape);
    observed.folds.push_back(fold_of(key));
  };
  for (const Observation* observation : observations) add(*observation, false);
  for (const Observation* observation : cold) add(*observation, true);
  return observed;
}

std::size_t shapes_among(const Observed& observed, const Chosen& chosen) {
  std::vector<int> shapes;
  for (std::size_t i : chosen) shapes.push_back(observed.shapes[i]);
  std::ranges::sort(shapes);
  return static_cast<std::size_t>(std::ranges::unique(shapes).begin() - shapes.begin());
}

std::vector<FeaturePiece::Span> spans_of(const Observed& observed, const Chosen& chosen, const FeaturePiece& piece) {
  std::vector<FeaturePiece::Span> spans;
  for (int i = 0; i < profiles::extent_count; ++i) {
    const auto extent = static_cast<Extent>(i);
    const bool is_used = std::ranges::any_of(piece.terms, [&](const auto& term) {
      return std::ranges::any_of(term.factors, [&](const auto& factor) { return factor.extent == extent; });
    });
    if (!is_used && extent != Extent::working_set) continue;
    FeaturePiece::Span span{extent, std::numeric_limits<double>::infinity(), 0};
    for (std::size_t k : chosen) {
      if (observed.is_cold[k]) continue;
      span.least = std::min(span.least, observed.samples[k].extents[extent]);
      span.most = std::max(span.most, observed.samples[k].extents[extent]);
    }
    if (span.least <= span.most) spans.push_back(span);
  }
  return spans;
}

std::vector<FeaturePiece::Window> windows_of(const Observed& observed, const Chosen& chosen) {
  std::set<FeaturePiece::Window> windows;
  for (std::size_t k : chosen) {
    const LayerExtents& extents = observed.samples[k].extents;
    if (!extents.is_whole_input) windows.insert({extents.kernel, extents.stride});
  }
  const bool has_any = std::ranges::any_of(windows, [](const auto& one) { return one != FeaturePiece::Window{}; });
  return has_any ? std::vector(windows.begin(), windows.end()) : std::vector<FeaturePiece::Window>{};
}

double relative_error(double predicted, double measured) { return std::abs(predicted / measured - 1); }

/// Of which a single one cannot be the most part.
double sum_of(const std::vector<double>& errors) {
  double sum = 0;
  for (double error : errors) sum += std::min(error, largest_counted_error);
  return sum;
}

/// What a piece is for, what it is fitted to, and the cross-validated errors of that.
struct Part {
  Condition when;
  Chosen from;
  std::vector<double> errors;
};

/// Conditions that divide layers into pieces, found as a regression tree is: the one that lowers the cross-validated
/// error most, and again within both sides.
class Division {
 public:
  Division(const Observed& observed, model::LayerType type)
      : observed_(observed), regression_(observed.samples, candidate_terms(type)) {
    std::vector<LayerExtents> seen;
    for (const Sample& sample : observed.samples) seen.push_back(sample.extents);
    conditions_ = candidate_conditions(type, seen);
  }

  std::vector<Part> parts() const {
    Chosen all(observed_.samples.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return divide({{}, all, cross_validate(all)}, deepest);
  }

  FeaturePiece piece_of(const Part& part) const {
    FeaturePiece piece;
    piece.when = part.when;
    piece.terms = regression_.terms_of(regression_.fit(part.from));
    piece.fitted = spans_of(observed_, part.from, piece);
    piece.windows = windows_of(observed_, part.from);
    return piece;
  }

 private:
  using Terms = std::span<const std::size_t>;

  /// Errors by terms that are fitted without the fold each is in; of those with warm caches.
  std::vector<double> cross_validate(const Chosen& from, Terms terms = {}) const {
    std::vector<double> errors;
    for (int fold = 0; fold < folds; ++fold) {
      Chosen others;
      std::ranges::copy_if(from, std::back_inserter(others), [&](std::size_t i) { return observed_.folds[i] != fold; });
      if (others.empty() || others.size() == from.size()) continue;
      const auto fit = regression_.fit(others, terms);
      for (std::size_t i : from)
        if (observed_.folds[i] == fold && !observed_.is_cold[i])
          errors.push_back(std::abs(regression_.ratio(fit, i) - 1));
    }
    return errors;
  }

  struct Split {
    Condition when;
    Chosen inside, outside;
    double error = 0;  // of both sides
  };
  std::vector<Split> splits_of(const Part& part) const {
    std::vector<Split> splits;
    for (const Condition& condition : conditions_) {
      const auto both = part.when.and_also(condition);
      if (!both) continue;
      Split split{*both, {}, {}, 0};
      for (std::size_t i : part.from)
        (condition.holds(observed_.samples[i].extents) ? split.inside : split.outside).push_back(i);
      if (shapes_among(observed_, split.inside) < fewest_shapes_of_piece ||
          shapes_among(observed_, split.outside) < fewest_shapes_of_piece)
        continue;
      splits.push_back(std::move(split));
    }
    return splits;
  }

  std::vector<Part> divide(Part part, int depth) const {
    if (depth == 0) return {std::move(part)};
    auto splits = splits_of(part);
    // First by the terms that the whole uses, which takes little time.
    const auto terms = regression_.fit(part.from).terms;
    for (Split& split : splits)
      split.error = sum_of(cross_validate(split.inside, terms)) + sum_of(cross_validate(split.outside, terms));
    std::ranges::stable_sort(splits, {}, &Split::error);
    const double worst = (1 - least_gain) * sum_of(part.errors);
    const Split* best = nullptr;
    std::vector<double> inside, outside;
    for (std::size_t k = 0; k < std::min(splits.size(), tried_in_full); ++k) {
      auto within = cross_validate(splits[k].inside), beyond = cross_validate(splits[k].outside);
      splits[k].error = sum_of(within) + sum_of(beyond);
      if (splits[k].error >= (best == nullptr ? worst : best->error)) continue;
      best = &splits[k];
      inside = std::move(within);
      outside = std::move(beyond);
    }
    if (best == nullptr) return {std::move(part)};
    auto parts = divide({best->when, best->inside, std::move(inside)}, depth - 1);
    auto others = divide({part.when, best->outside, std::move(outside)}, depth - 1);
    std::ranges::move(others, std::back_inserter(parts));
    return parts;
  }

  const Observed& observed_;
  TermRegression regression_;
  std::vector<Condition> conditions_;
};

double rank(const std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0 : nearest_rank(sorted, share);
}

std::string how_fitted(const Observation& first, const FitQuality& quality, std::size_t shapes) {
  return fmt::format(
      "tiercut profile: {} observations of {} shapes, backend {}, {} thread{}, {} caches; non-negative least squares "
      "of relative errors. Cross-validated in {} folds by shape: half within {:.1f} %, 99 % within {:.1f} %; half of "
      "the repetitions spread over less than {:.1f} %.",
      quality.observations, shapes, first.backend.empty() ? "not named" : first.backend, first.threads,
      first.threads == 1 ? "" : "s", first.cache == CacheState::warm ? "warm" : "cold", folds,
      100 * quality.median_error, 100 * quality.p99_error, 100 * quality.median_spread);
}

Result<FittedLaw> fit_law(model::LayerType type, const Observations& observations, const Observations& cold) {
  const std::string name(model::to_text(type));
  const Observed observed = observed_of(observations, cold);
  const auto shapes = static_cast<std::size_t>(1 + *std::ranges::max_element(observed.shapes));
  if (shapes < fewest_shapes)
    return fail("too-few-observations", fmt::format("{} shapes of {} do not make a law", shapes, name),
                fmt::format("measure at least {}", fewest_shapes));
  const Division division(observed, type);
  FeatureLaw law;
  std::vector<double> errors;
  for (Part& part : division.parts()) {
    FeaturePiece& piece = law.pieces.emplace_back(division.piece_of(part));
    errors.insert(errors.end(), part.errors.begin(), part.errors.end());
    std::ranges::sort(part.errors);
    piece.error = {rank(part.errors, 0.5), rank(part.errors, 0.9), rank(part.errors, 0.99)};
  }

  FittedLaw fitted;
  fitted.cross_validated = quality_from(errors, observed.spreads);
  fitted.law.name = name;
  fitted.law.types = {type};
  fitted.law.form = std::move(law);
  fitted.law.provenance = {.origin = profiles::Origin::measured,
                           .how = how_fitted(*observations[0], fitted.cross_validated, shapes)};
  return fitted;
}

bool is_sound(const Observation& observation) {
  return observation.median.value() > 0 && observation.median.is_finite() && std::isfinite(observation.spread());
}

}  // namespace

FitQuality quality_from(std::vector<double> errors, std::vector<double> spreads) {
  FitQuality quality;
  quality.observations = static_cast<int>(errors.size());
  if (errors.empty()) return quality;
  std::ranges::sort(errors);
  std::ranges::sort(spreads);
  quality.median_error = rank(errors, 0.5);
  quality.p99_error = rank(errors, 0.99);
  const auto within = std::ranges::upper_bound(errors, 0.1) - errors.begin();
  quality.share_within_10 = static_cast<double>(within) / static_cast<double>(errors.size());
  quality.median_spread = rank(spreads, 0.5);
  return quality;
}

Result<std::vector<FittedLaw>> fit_laws(std::span<const Observation> observations, std::span<const Observation> cold) {
  std::map<model::LayerType, Observations> by_type, cold_by_type;
  for (const Observation& observation : observations) {
    if (!observation.segment.empty()) continue;
    if (!is_sound(observation))
      return fail("bad-observation", "the time measured of `" + observation.layer.name + "` is no positive number");
    const Observation& first = *by_type[observation.layer.type].emplace_back(&observation);
    const Observation& of_type = *by_type[observation.layer.type].front();
    if (first.cache != of_type.cache || first.threads != of_type.threads)
      return fail("mixed-observations",
                  fmt::format("observations of {} differ in cache state or threads", to_text(first.layer.type)),
                  "fit each by itself");
  }
  if (by_type.empty()) return fail("too-few-observations", "there is no observation of a layer");
  for (const Observation& observation : cold)
    if (observation.segment.empty() && is_sound(observation))
      cold_by_type[observation.layer.type].push_back(&observation);
  std::vector<FittedLaw> laws;
  Diagnostics diagnostics;
  for (const auto& [type, own] : by_type) {
    auto law = fit_law(type, own, cold_by_type[type]);
    if (law)
      laws.push_back(std::move(*law));
    else
      diagnostics.insert(diagnostics.end(), law.error().begin(), law.error().end());
  }
  if (!diagnostics.empty()) return tl::unexpected(std::move(diagnostics));
  return laws;
}

FitQuality quality_of(const CostLaw& law, std::span<const Observation> observations) {
  std::vector<double> errors, spreads;
  for (const Observation& observation : observations) {
    if (!observation.segment.empty() || !law.covers(observation.layer.type)) continue;
    errors.push_back(relative_error(law.layer_cost(observation.layer).value(), observation.median.value()));
    spreads.push_back(observation.spread());
  }
  return quality_from(std::move(errors), std::move(spreads));
}

}  // namespace tiercut::kernels
