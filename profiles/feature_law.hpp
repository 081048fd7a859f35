// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <compare>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "profiles/layer_extents.hpp"

namespace tiercut::profiles {

/// What of an extent x a factor counts, with a step s. Loops over register tiles run whole tiles, and what is left over
/// takes a path of its own.
enum class Count {
  started,  ///< steps that x begins: 17 are 3 of 8
  whole,    ///< steps that x fills: 2
  near,     ///< whole steps, and one more for a rest of more than half a step: 2, but 21 are 3
  spare,    ///< a rest of at most half a step: 1, but none of 21
  rest,     ///< what is behind the whole steps: 1, of 21 are 5
  odd,      ///< 1 when the number of whole steps is odd: 0, of 8 to 15 is 1
  uneven,   ///< 1 when there is a rest: 1, of 16 is 0
};
inline constexpr int count_kinds = static_cast<int>(Count::uneven) + 1;
std::string_view to_text(Count count);  ///< `whole`, as in a file; of `started` it is `per`
/// Whether it never falls when the extent grows.
inline bool is_monotone(Count count) { return count <= Count::near; }

/// Time for every step of a product of extents: 0.5 ns for each started 8 filters of each started 16 pixels of each
/// product. Without factors a constant.
struct FeatureTerm {
  struct Factor {
    Extent extent = Extent::filters;
    double step = 1;  ///< 1 counts the extent itself
    Count count = Count::started;
    bool operator==(const Factor&) const = default;
  };
  std::vector<Factor> factors{};
  Seconds time{};  ///< a step; >= 0
  /// When `to` > 0: only what caches of `from` bytes no longer hold. Nothing of the term while the size is at most
  /// `from`, all of it from `to` on, in proportion between. 0 <= from < to.
  double from = 0, to = 0;
  /// The size: the product of extents, each rounded up to its step; floats of 4 bytes unless one of them is in bytes.
  /// Without factors the working set.
  std::vector<Factor> of{};

  /// The feature: how many steps the layer has, or the share of them that counts.
  double steps(const LayerExtents& layer) const;
  double all_steps(const LayerExtents& layer) const;  ///< without regard to `from` and `to`
  double share_beyond(double bytes) const { return std::clamp((bytes - from) / (to - from), 0.0, 1.0); }
  /// Whether its share follows from what is touched between two runs of the layer, so that a call may change it.
  bool is_of_footprint() const { return to > 0 && of == std::vector<Factor>{{Extent::footprint}}; }
};

/// How far predictions lie off, as shares of the true time: percentiles over layers
/// that the law was not fitted to; 0 when not stated.
struct PredictionError {
  double p50 = 0, p90 = 0, p99 = 0;
};

/// A sum of terms, for the layers that satisfy the condition.
struct FeaturePiece {
  struct Span {
    Extent extent = Extent::filters;
    double least = 0, most = 0;
  };
  Condition when{};
  std::vector<FeatureTerm> terms{};
  PredictionError error{};
  std::vector<Span> fitted{};  ///< what the observations reached over
  /// Kernel and stride of the windows observed, those over a whole image aside; any when empty.
  struct Window {
    int kernel = 1, stride = 1;
    bool operator==(const Window&) const = default;
    auto operator<=>(const Window&) const = default;
  };
  std::vector<Window> windows{};
};

/// Predicts a layer by what its kernel's loops do: the first piece whose condition holds prices it. The last has no
/// condition. Times are >= 0, so the law is non-negative; for layers of one piece it is monotone in every extent as far
/// as its terms count in monotone ways (what is left over behind whole steps falls where a further step begins).
/// Pieces with `below` may differ in cost where one ends. Laws of Linear are monotone: the reader refuses others, as
/// most_weights asks for their inverse.
struct FeatureLaw {
  std::vector<FeaturePiece> pieces;

  const FeaturePiece& piece_for(const LayerExtents& layer) const;
  Seconds cost(const LayerExtents& layer) const;
  bool is_extrapolated(const LayerExtents& layer) const;  ///< outside of what its piece was fitted to
};

}  // namespace tiercut::profiles
