// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tiercut::profiles {

/// Counts of one class against the rest, and the measures that follow from them (Sokolova and Lapalme 2009). A
/// measure whose denominator is zero is not a number.
struct Confusion {
  std::int64_t true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;

  void add(bool is_positive, bool is_called_positive);

  std::int64_t total() const { return true_positive + false_positive + true_negative + false_negative; }
  double precision() const;    ///< of those called positive, how many are
  double recall() const;       ///< of the positive, how many are called so; also sensitivity
  double specificity() const;  ///< of the negative, how many are called so
  double f1() const;           ///< harmonic mean of precision and recall
  double accuracy() const;
};

}  // namespace tiercut::profiles
