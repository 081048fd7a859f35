// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/units.hpp"
#include "model/layer.hpp"

namespace tiercut::kernels {

/// How the caches stood when a layer was timed: `warm`, run again and again; `cold`, its weights and tensors evicted
/// before each run, as when other layers ran in between.
enum class CacheState { warm, cold };

/// What was measured of one layer (or of a segment run in series, then `layer` holds its totals and `segment` its
/// name).
struct Observation {
  model::Layer layer;
  std::string segment;  ///< empty for a single layer
  CacheState cache = CacheState::warm;
  Seconds median{};             ///< of the quietest visit
  Seconds p10{}, p90{}, p99{};  ///< over all visits
  int repetitions = 0;
  bool is_settled = true;  ///< the spread of the median was small enough when measuring stopped
  std::string backend;     ///< `highway`
  int threads = 1;

  double spread() const { return median.value() > 0 ? (p90 - p10).value() / median.value() : 0; }
};

}  // namespace tiercut::kernels
