// SPDX-License-Identifier: Apache-2.0
#include "training/layers/cross_entropy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tiercut::training {
namespace {

int wanted_class(const LossTerm& term, const Batch& batch, std::size_t i) {
  const int label = batch.data.labels[batch.samples[i]];
  return term.class_map.empty() ? label : term.class_map[static_cast<std::size_t>(label)];
}

/// Logarithm of the sum of the scores' exponentials.
double log_sum(const float* scores, Index classes) {
  const double largest = *std::max_element(scores, scores + classes);
  double sum = 0;
  for (Index k = 0; k < classes; ++k) sum += std::exp(scores[k] - largest);
  return largest + std::log(sum);
}

}  // namespace

TermOutcome cross_entropy(const LossTerm& term, const Batch& batch, Index classes, const float* scores,
                          const TermGradient& gradient) {
  TermOutcome outcome;
  for (std::size_t i = 0; i < batch.samples.size(); ++i) outcome.counted += wanted_class(term, batch, i) >= 0 ? 1 : 0;
  const double factor = term.weight / static_cast<double>(std::max<std::size_t>(outcome.counted, 1));
  for (std::size_t i = 0; i < batch.samples.size(); ++i, scores += classes) {
    const int wanted = wanted_class(term, batch, i);
    float* row = gradient.values == nullptr ? nullptr : gradient.values + static_cast<Index>(i) * classes;
    if (row != nullptr && !gradient.is_added) std::fill_n(row, classes, 0.0F);
    if (wanted < 0) continue;
    const double all = log_sum(scores, classes);
    outcome.loss += all - scores[wanted];
    outcome.correct += std::max_element(scores, scores + classes) == scores + wanted ? 1 : 0;
    if (row == nullptr) continue;
    for (Index k = 0; k < classes; ++k) row[k] += static_cast<float>(factor * std::exp(scores[k] - all));
    row[wanted] -= static_cast<float>(factor);
  }
  if (outcome.counted > 0) outcome.loss /= static_cast<double>(outcome.counted);
  return outcome;
}

void softmax(Index samples, Index classes, const float* scores, float* probabilities) {
  for (Index i = 0; i < samples; ++i, scores += classes, probabilities += classes) {
    const double all = log_sum(scores, classes);
    for (Index k = 0; k < classes; ++k) probabilities[k] = static_cast<float>(std::exp(scores[k] - all));
  }
}

Result<void> check_labels(const LossTerm& term, const Batch& batch, Index classes, const std::string& layer) {
  const auto known = term.class_map.empty() ? classes : static_cast<Index>(term.class_map.size());
  for (const std::size_t sample : batch.samples) {
    const int label = sample < batch.data.labels.size() ? batch.data.labels[sample] : -1;
    if (label >= 0 && label < known) continue;
    return fail("label-out-of-range", fmt::format("sample {} of `{}` has class {}, the loss at `{}` knows 0 to {}",
                                                  sample, batch.data.name, label, layer, known - 1));
  }
  return {};
}

}  // namespace tiercut::training
