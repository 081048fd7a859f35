// SPDX-License-Identifier: Apache-2.0
#include "profiles/feature_law.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tiercut::profiles {
namespace {

using Factors = std::vector<FeatureTerm::Factor>;

constexpr std::array<std::string_view, count_kinds> count_names = {"per",  "whole", "near",  "spare",
                                                                   "rest", "odd",   "uneven"};

double counted(const FeatureTerm::Factor& factor, const LayerExtents& layer) {
  const double extent = layer[factor.extent], step = factor.step;
  const double whole = std::floor(extent / step), rest = extent - whole * step;
  switch (factor.count) {
    case Count::started:
      return step == 1 ? extent : std::ceil(extent / step);
    case Count::whole:
      return whole;
    case Count::near:
      return 2 * rest > step ? whole + 1 : whole;
    case Count::spare:
      return 2 * rest > step ? 0 : rest;
    case Count::rest:
      return rest;
    case Count::odd:
      return std::fmod(whole, 2);
    case Count::uneven:
      return rest > 0 ? 1 : 0;
  }
  return 0;
}

double size_in_bytes(const Factors& factors, const LayerExtents& layer) {
  if (factors.empty()) return layer[Extent::working_set];
  double size = 1;
  bool is_bytes = false;
  for (const auto& factor : factors) {
    size *= counted(factor, layer) * factor.step;
    is_bytes = is_bytes || is_in_bytes(factor.extent);
  }
  return is_bytes ? size : 4 * size;
}

}  // namespace

std::string_view to_text(Count count) { return count_names[static_cast<std::size_t>(count)]; }

double FeatureTerm::all_steps(const LayerExtents& layer) const {
  double count = 1;
  for (const Factor& factor : factors) count *= counted(factor, layer);
  return count;
}

double FeatureTerm::steps(const LayerExtents& layer) const {
  const double count = all_steps(layer);
  return to > 0 ? count * share_beyond(size_in_bytes(of, layer)) : count;
}

const FeaturePiece& FeatureLaw::piece_for(const LayerExtents& layer) const {
  const auto found =
      std::find_if(pieces.begin(), pieces.end(), [&](const FeaturePiece& piece) { return piece.when.holds(layer); });
  return found == pieces.end() ? pieces.back() : *found;
}

Seconds FeatureLaw::cost(const LayerExtents& layer) const {
  Seconds sum{};
  for (const FeatureTerm& term : piece_for(layer).terms) sum += term.time * term.steps(layer);
  return sum;
}

bool FeatureLaw::is_extrapolated(const LayerExtents& layer) const {
  const FeaturePiece& piece = piece_for(layer);
  const auto& fitted = piece.fitted;
  const FeaturePiece::Window window{layer.kernel, layer.stride};
  if (!piece.windows.empty() && !layer.is_whole_input &&
      std::ranges::find(piece.windows, window) == piece.windows.end())
    return true;
  return std::any_of(fitted.begin(), fitted.end(), [&](const FeaturePiece::Span& span) {
    return layer[span.extent] < span.least || layer[span.extent] > span.most;
  });
}

}  // namespace tiercut::profiles
