// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/confusion.hpp"

namespace tiercut::training {

/// How often each class was taken for which.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes);

  void add(int label, int predicted);
  int classes() const { return classes_; }
  std::int64_t count(int label, int predicted) const;
  std::int64_t samples() const;
  double accuracy() const;  ///< not a number without samples
  profiles::Confusion against_rest(int positive) const;

 private:
  int classes_;
  std::vector<std::int64_t> counts_;  // [label][predicted]
};

}  // namespace tiercut::training
