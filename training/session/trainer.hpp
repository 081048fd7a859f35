// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "training/session/deployment_check.hpp"
#include "training/session/evaluation.hpp"
#include "training/session/training_file.hpp"

namespace tiercut::training {

struct TrainingOptions {
  std::string data_directory;  ///< goes before the training file's; may be empty
  std::string out_directory = ".";
  bool is_resumed = false;
  std::string command;  ///< for provenance: what repeats this training
};

/// How far training is.
struct TrainingProgress {
  std::size_t done = 0, total = 0;  ///< samples of all epochs
  int epoch = 1, epochs = 1;        ///< of all stages
  double loss = 0;                  ///< mean of this epoch so far
  double accuracy = 0;  ///< of the final answer, or the last term of the loss; on samples as they are trained on
};

struct TrainingHooks {
  StopQuestion is_stopped = {};
  std::function<void(const TrainingProgress&)> progress = {};
  std::function<void(const std::string&)> say = {};
};

struct TrainingOutcome {
  bool is_interrupted = false;  ///< then nothing but the log and the checkpoint is there
  int epochs_done = 0;
  double seconds = 0;  ///< of training, over all calls
  std::optional<Evaluation> evaluation;
  DeploymentCheck check;
  OutputNames files;  ///< with their folder
  Diagnostics warnings;
};

/// Trains, writes a line of log and a checkpoint after each epoch, and at the end weights, metrics and exit trace of
/// the test part, each file whole or not at all. The result depends on the training file and the data alone, and not on
/// how often it was interrupted. Fails with data-misfit, loss-not-finite (weights of the last whole epoch are written),
/// nothing-to-resume, other-settings, bad-checkpoint, output-failed, or as load_dataset and Network::make do.
Result<TrainingOutcome> train(const Training& training, const TrainingOptions& options, const TrainingHooks& hooks);

}  // namespace tiercut::training
