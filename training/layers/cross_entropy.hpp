// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/layers/vector_maths.hpp"
#include "training/learning_network.hpp"

namespace tiercut::training {

/// One loss term over a batch (internal to training/layers/).
struct TermOutcome {
  double loss = 0;  ///< mean over the samples that count; 0 where none does
  std::size_t correct = 0, counted = 0;
};

struct TermGradient {
  float* values = nullptr;  ///< of the scores; null where not wanted
  bool is_added = false;    ///< to what is there, or written
};

/// Softmax and cross entropy in one, in float64 a sample: nothing overflows, and no probability is rounded to 0.
TermOutcome cross_entropy(const LossTerm& term, const Batch& batch, Index classes, const float* scores,
                          const TermGradient& gradient);

/// Class probabilities from scores, sample by sample.
void softmax(Index samples, Index classes, const float* scores, float* probabilities);

/// Whether every sample has a class that the term can count or leave out; fails with label-out-of-range.
Result<void> check_labels(const LossTerm& term, const Batch& batch, Index classes, const std::string& layer);

}  // namespace tiercut::training
