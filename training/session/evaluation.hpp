// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "profiles/exit_trace.hpp"
#include "training/learning_network.hpp"
#include "training/session/confusion_matrix.hpp"
#include "training/session/training_file.hpp"

namespace tiercut::training {

/// One answer over some samples.
struct AnswerMetrics {
  std::string name;               ///< an exit, `final`, or a layer of the loss
  std::vector<std::string> lost;  ///< inputs whose device is lost
  ConfusionMatrix confusion;      ///< of the branch's own classes; samples that do not count for it are left out
};

/// What a trained model says of samples that it was not trained on.
struct Evaluation {
  std::vector<AnswerMetrics> answers;  ///< the exits in order, `final`, then both again with inputs lost
  std::vector<AnswerMetrics> layers;   ///< of the loss's other terms, as the scores of single devices
  profiles::ExitTrace trace;           ///< of the answers; its provenance is the caller's to fill in
};

/// Called between pieces of long work; true: stop.
using StopQuestion = std::function<bool()>;

/// Empty when stopped.
std::optional<Evaluation> evaluate_network(Network& network, const Training& training, const Dataset& data,
                                           const StopQuestion& is_stopped = {});

/// Share of samples that a layer's largest score is right of, as data class by `class_map` (empty: the same).
double accuracy_of(Network& network, const Dataset& data, std::span<const std::size_t> samples, const LossTerm& term);

}  // namespace tiercut::training
