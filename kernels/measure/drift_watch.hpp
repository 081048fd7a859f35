// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/units.hpp"

namespace tiercut::kernels {

/// Timings of one piece of work that never changes: when it slows down, the machine does (it throttles, or somebody
/// else uses it), and what was measured meanwhile is not the layer's doing.
class DriftWatch {
 public:
  /// Slower than the median of the timings so far by more than this is slow; before there are `fewest` nothing is.
  static constexpr double tolerance = 0.05;
  static constexpr std::size_t fewest = 5;

  /// Adds a timing; true when the machine is slow.
  bool add(Seconds reference);

  std::size_t count() const { return timings_.size(); }
  std::size_t slow_count() const { return slow_count_; }
  Seconds median() const;  ///< 0 when there are none
  /// Last tenth of the timings against the first, by medians; 1 without drift or with fewer than 20 timings.
  double drift() const;

 private:
  std::vector<double> timings_;
  std::size_t slow_count_ = 0;
};

}  // namespace tiercut::kernels
