// SPDX-License-Identifier: Apache-2.0
#include "profiles/feature_law.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::profiles {
namespace {

using Factors = std::vector<FeatureTerm::Factor>;

double started(const FeatureTerm::Factor& factor, const LayerExtents& layer) {
  const double extent = layer[factor.extent];
  return factor.step == 1 ? extent : std::ceil(extent / factor.step);
}

double size_in_bytes(const Factors& factors, const LayerExtents& layer) {
  if (factors.empty()) return layer[Extent::working_set];
  double size = 1;
  bool is_bytes = false;
  for (const auto& factor : factors) {
    size *= started(factor, layer) * factor.step;
    is_bytes = is_bytes || is_in_bytes(factor.extent);
  }
  return is_bytes ? size : 4 * size;
}

}  // namespace

double FeatureTerm::steps(const LayerExtents& layer) const {
  double count = 1;
  for (const Factor& factor : factors) count *= started(factor, layer);
  if (to > 0) count *= std::clamp((size_in_bytes(of, layer) - from) / (to - from), 0.0, 1.0);
  return count;
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
  const auto& fitted = piece_for(layer).fitted;
  return std::any_of(fitted.begin(), fitted.end(), [&](const FeaturePiece::Span& span) {
    return layer[span.extent] < span.least || layer[span.extent] > span.most;
  });
}

}  // namespace tiercut::profiles
