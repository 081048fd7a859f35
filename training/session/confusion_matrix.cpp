// SPDX-License-Identifier: Apache-2.0
#include "training/session/confusion_matrix.hpp"

#include <limits>
#include <numeric>
#include <stdexcept>

namespace tiercut::training {

ConfusionMatrix::ConfusionMatrix(int classes)
    : classes_(classes), counts_(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes)) {}

void ConfusionMatrix::add(int label, int predicted) {
  if (label < 0 || label >= classes_ || predicted < 0 || predicted >= classes_)
    throw std::out_of_range("a class taken for another that are not there");
  ++counts_[static_cast<std::size_t>(label * classes_ + predicted)];
}

std::int64_t ConfusionMatrix::count(int label, int predicted) const {
  return counts_.at(static_cast<std::size_t>(label * classes_ + predicted));
}

std::int64_t ConfusionMatrix::samples() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

double ConfusionMatrix::accuracy() const {
  std::int64_t right = 0;
  for (int i = 0; i < classes_; ++i) right += count(i, i);
  const std::int64_t all = samples();
  return all == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(right) / static_cast<double>(all);
}

profiles::Confusion ConfusionMatrix::against_rest(int positive) const {
  profiles::Confusion counts;
  counts.true_positive = count(positive, positive);
  for (int other = 0; other < classes_; ++other) {
    if (other == positive) continue;
    counts.false_negative += count(positive, other);
    counts.false_positive += count(other, positive);
  }
  counts.true_negative = samples() - counts.true_positive - counts.false_negative - counts.false_positive;
  return counts;
}

}  // namespace tiercut::training
