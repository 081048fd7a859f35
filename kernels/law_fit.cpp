// SPDX-License-Identifier: Apache-2.0
#include "kernels/law_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>

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
constexpr std::size_t fewest_shapes = 8, fewest_shapes_of_piece = 12;
// Errors beyond count as this in a mean.
constexpr double largest_counted_error = 0.5;
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

FeaturePiece fit_piece(const Observed& observed, const Chosen& chosen,
                       std::span<const profiles::FeatureTerm> candidates) {
  const auto samples = samples_of(observed, chosen);
  FeaturePiece piece;
  piece.terms = fit_terms(samples, candidates);
  piece.fitted = spans_of(samples, piece);
  return piece;
}

double relative_error(double predicted, double measured) { return std::abs(predicted / measured - 1); }

/// Errors of `asked` by terms that are fitted to `from` without the fold each is in.
std::vector<double> cross_validate(const Observed& observed, const Chosen& from, const Chosen& asked,
                                   std::span<const profiles::FeatureTerm> candidates) {
  std::vector<double> errors(asked.size());
  for (int fold = 0; fold < folds; ++fold) {
    Chosen others;
    std::ranges::copy_if(from, std::back_inserter(others), [&](std::size_t i) { return observed.folds[i] != fold; });
    if (others.empty()) continue;
    const profiles::FeatureLaw law{{fit_piece(observed, others, candidates)}};
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const Sample& sample = observed.samples[asked[i]];
      if (observed.folds[asked[i]] == fold)
        errors[i] = relative_error(law.cost(sample.extents).value(), sample.seconds);
    }
  }
  return errors;
}

/// Mean error, of which a single one cannot be the most part.
double mean_of(const std::vector<double>& errors) {
  double sum = 0;
  for (double error : errors) sum += std::min(error, largest_counted_error);
  return sum / static_cast<double>(errors.size());
}

/// A piece's condition, what it is fitted to, and the cross-validated errors of that.
struct Part {
  profiles::Condition when;
  Chosen from;
  std::vector<double> errors;
};

/// A condition becomes a piece where layers that satisfy it are predicted better from one another than from all that
/// is left. The last piece takes the rest.
std::vector<Part> divide(const Observed& observed, model::LayerType type,
                         std::span<const profiles::FeatureTerm> candidates) {
  std::vector<Part> parts;
  Chosen left(observed.samples.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  for (const auto& condition : candidate_conditions(type)) {
    Chosen inside, outside;
    for (std::size_t i : left) (condition.holds(observed.samples[i].extents) ? inside : outside).push_back(i);
    if (shapes_among(observed, inside) < fewest_shapes_of_piece || shapes_among(observed, outside) < fewest_shapes)
      continue;
    auto apart = cross_validate(observed, inside, inside, candidates);
    if (mean_of(apart) >= mean_of(cross_validate(observed, left, inside, candidates))) continue;
    parts.push_back({condition, inside, std::move(apart)});
    left = std::move(outside);
  }
  parts.push_back({{}, left, cross_validate(observed, left, left, candidates)});
  return parts;
}

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

Result<FittedLaw> fit_law(model::LayerType type, std::span<const Observation* const> observations) {
  const std::string name(model::to_text(type));
  const Observed observed = observed_of(observations);
  const auto shapes = static_cast<std::size_t>(1 + *std::ranges::max_element(observed.shapes));
  if (shapes < fewest_shapes)
    return fail("too-few-observations", fmt::format("{} shapes of {} do not make a law", shapes, name),
                fmt::format("measure at least {}", fewest_shapes));
  const auto candidates = candidate_terms(type);
  FeatureLaw law;
  std::vector<double> errors;
  for (Part& part : divide(observed, type, candidates)) {
    FeaturePiece& piece = law.pieces.emplace_back(fit_piece(observed, part.from, candidates));
    piece.when = part.when;
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
