// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>

#include "core/statistics.hpp"
#include "kernels/law_candidates.hpp"
#include "kernels/law_regression.hpp"

namespace tiercut::kernels {
namespace {

using profiles::CostLaw;
using profiles::Extent;
using profiles::FeatureLaw;
using profiles::FeaturePiece;

constexpr int folds = 5;
constexpr std::size_t fewest_shapes = 8;
// A piece of its own wants enough shapes to tell its terms apart.
constexpr std::size_t fewest_shapes_of_piece = 40;
// A spread of the repetitions that halves an observation's weight.
constexpr double ordinary_spread = 0.05;

using Chosen = std::vector<std::size_t>;

struct Observed {
  std::vector<Sample> samples;
  std::vector<double> spreads;
  std::vector<int> shapes;  ///< equal for observations of one shape
  std::vector<int> folds;   ///< where the observation is held out; follows from its shape alone
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

Observed observed_of(std::span<const Observation* const> observations) {
  Observed observed;
  std::map<ShapeKey, int> known;
  for (const Observation* observation : observations) {
    const auto extents = profiles::extents_of(observation->layer);
    const ShapeKey key = key_of(extents);
    const auto shape = known.emplace(key, static_cast<int>(known.size())).first->second;
    const double spread = observation->spread() / ordinary_spread;
    observed.samples.push_back({extents, observation->median.value(), 1 / (1 + spread * spread)});
    observed.spreads.push_back(observation->spread());
    observed.shapes.push_back(shape);
    observed.folds.push_back(fold_of(key));
  }
  return observed;
}

std::size_t shapes_among(const Observed& observed, const Chosen& chosen) {
  std::vector<int> shapes;
  for (std::size_t i : chosen) shapes.push_back(observed.shapes[i]);
  std::ranges::sort(shapes);
  return static_cast<std::size_t>(std::ranges::unique(shapes).begin() - shapes.begin());
}

std::vector<Sample> samples_of(const Observed& observed, const Chosen& chosen) {
  std::vector<Sample> samples;
  for (std::size_t i : chosen) samples.push_back(observed.samples[i]);
  return samples;
}

/// The part of the observations that every piece is fitted to. The last piece takes what is left, or all where that
/// is too little.
struct Division {
  std::vector<profiles::Condition> conditions;
  std::vector<Chosen> parts;
};

Division divide(const Observed& observed, model::LayerType type) {
  Division division;
  Chosen left(observed.samples.size()), all;
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  all = left;
  for (const auto& condition : candidate_conditions(type)) {
    Chosen inside, outside;
    for (std::size_t i : left) (condition.holds(observed.samples[i].extents) ? inside : outside).push_back(i);
    if (shapes_among(observed, inside) < fewest_shapes_of_piece) continue;
    division.conditions.push_back(condition);
    division.parts.push_back(std::move(inside));
    left = std::move(outside);
  }
  division.conditions.emplace_back();
  division.parts.push_back(shapes_among(observed, left) < fewest_shapes ? all : left);
  return division;
}

std::vector<FeaturePiece::Span> spans_of(const std::vector<Sample>& samples, const FeaturePiece& piece) {
  std::vector<FeaturePiece::Span> spans;
  for (int i = 0; i < profiles::extent_count; ++i) {
    const auto extent = static_cast<Extent>(i);
    const bool is_used = std::ranges::any_of(piece.terms, [&](const auto& term) {
      return std::ranges::any_of(term.factors, [&](const auto& factor) { return factor.extent == extent; });
    });
    if (!is_used && extent != Extent::working_set) continue;
    const auto [least, most] = std::ranges::minmax(samples, {}, [&](const Sample& s) { return s.extents[extent]; });
    spans.push_back({extent, least.extents[extent], most.extents[extent]});
  }
  return spans;
}

/// A law of the division's pieces, without the observations whose shape is in `held_out`.
FeatureLaw fit_pieces(const Observed& observed, const Division& division,
                      std::span<const profiles::FeatureTerm> candidates, int held_out) {
  FeatureLaw law;
  for (std::size_t piece = 0; piece < division.parts.size(); ++piece) {
    Chosen chosen;
    for (std::size_t i : division.parts[piece])
      if (held_out < 0 || observed.folds[i] != held_out) chosen.push_back(i);
    const auto samples = samples_of(observed, chosen);
    FeaturePiece& fitted = law.pieces.emplace_back();
    fitted.when = division.conditions[piece];
    fitted.terms = fit_terms(samples, candidates);
    fitted.fitted = spans_of(samples, fitted);
  }
  return law;
}

double rank(const std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0 : nearest_rank(sorted, share);
}

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

double relative_error(double predicted, double measured) { return std::abs(predicted / measured - 1); }

/// Error of every observation by a law that was fitted without its shape.
std::vector<double> cross_validate(const Observed& observed, const Division& division,
                                   std::span<const profiles::FeatureTerm> candidates) {
  std::vector<double> errors(observed.samples.size());
  for (int fold = 0; fold < folds; ++fold) {
    const FeatureLaw law = fit_pieces(observed, division, candidates, fold);
    for (std::size_t i = 0; i < errors.size(); ++i)
      if (observed.folds[i] == fold)
        errors[i] = relative_error(law.cost(observed.samples[i].extents).value(), observed.samples[i].seconds);
  }
  return errors;
}

void state_errors(FeatureLaw& law, const Observed& observed, const std::vector<double>& errors) {
  for (FeaturePiece& piece : law.pieces) {
    std::vector<double> own;
    for (std::size_t i = 0; i < errors.size(); ++i)
      if (&law.piece_for(observed.samples[i].extents) == &piece) own.push_back(errors[i]);
    std::ranges::sort(own);
    piece.error = {rank(own, 0.5), rank(own, 0.9), rank(own, 0.99)};
  }
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

Result<FittedLaw> fit_law(model::LayerType type, std::span<const Observation* const> observations) {
  const std::string name(model::to_text(type));
  const Observed observed = observed_of(observations);
  const auto shapes = static_cast<std::size_t>(1 + *std::ranges::max_element(observed.shapes));
  if (shapes < fewest_shapes)
    return fail("too-few-observations", fmt::format("{} shapes of {} do not make a law", shapes, name),
                fmt::format("measure at least {}", fewest_shapes));
  const auto candidates = candidate_terms(type);
  const Division division = divide(observed, type);
  FeatureLaw law = fit_pieces(observed, division, candidates, -1);
  const auto errors = cross_validate(observed, division, candidates);
  state_errors(law, observed, errors);

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

Result<std::vector<FittedLaw>> fit_laws(std::span<const Observation> observations) {
  std::map<model::LayerType, std::vector<const Observation*>> by_type;
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
  std::vector<FittedLaw> laws;
  Diagnostics diagnostics;
  for (const auto& [type, own] : by_type) {
    auto law = fit_law(type, own);
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
