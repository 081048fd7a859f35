// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "core/schema.hpp"
#include "model/model.hpp"
#include "training/data/data_request.hpp"
#include "training/learning_network.hpp"

namespace tiercut::training {

/// From this epoch of a stage on (the first is 1), the learning rate is this.
struct RateStep {
  int epoch = 1;
  double rate = 0;
};

/// Epochs that minimise one loss with one optimiser. BranchyNet, for one, trains the trunk first and then all exits.
struct Stage {
  std::string name;
  int epochs = 1;
  std::size_t batch = 1;
  std::vector<LossTerm> loss;
  Optimizer optimizer;
  std::vector<RateStep> schedule;  ///< ascending epochs

  double rate_in(int epoch) const;  ///< epoch of the stage, from 1
};

/// What the exit trace records beside every exit and the final answer with all inputs there.
struct TraceRequest {
  model::Confidence measure = model::Confidence::normalized_entropy;
  double calibration = 0.5;                      ///< share of the test samples; the others are for testing
  std::vector<std::vector<std::string>> losses;  ///< sets of Input layers whose device is lost
};

/// Names of files, relative to the folder that is written to.
struct OutputNames {
  std::string weights, trace, metrics, log, checkpoint;
};

/// A training file, checked and with everything it refers to.
struct Training {
  std::string name, description, file;
  model::ModelPointer model;
  DataRequest data;                     ///< of the part `train`; `directory` as written, or empty
  std::vector<std::string> test_files;  ///< where the test part lies in files of its own
  double validation = 0;                ///< share of the training samples that only measures
  int shift = 0;                        ///< training images move up to so many pixels each way, anew each epoch
  std::uint64_t seed = 1;
  std::vector<Stage> stages;
  TraceRequest trace;
  std::size_t check_samples = 0;  ///< test samples that the deployment kernels answer too
  OutputNames outputs;
  std::string settings;  ///< SHA-256 over what decides the result, but for the number of epochs

  DataRequest test_data() const;
  int epochs() const;  ///< of all stages
};
using TrainingPointer = std::shared_ptr<const Training>;

/// The file format `tiercut/training/1`.
const Format& training_format();

/// Reads a training file (a path, or the name of a shipped recipe) with `overrides` as of --set. Fails with every error
/// of the file: of its format, of its model, unknown-layer, unknown-input, bad-training, .... Data is not looked at.
Result<TrainingPointer> read_training(const std::string& path, const std::vector<std::string>& overrides = {});
Result<TrainingPointer> training_from(const Document& document);

}  // namespace tiercut::training
