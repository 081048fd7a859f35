// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "training/session/evaluation.hpp"
#include "training/session/training_file.hpp"

/// What training writes for people and programs to read (internal to session/).
namespace tiercut::training {

/// One epoch, as a line of the log.
struct EpochRecord {
  int epoch = 1;  ///< of all stages
  std::string stage;
  int stage_epoch = 1;
  double rate = 0;
  std::size_t samples = 0;
  double loss = 0;
  struct Term {
    std::string layer;
    double loss = 0, accuracy = 0;
    std::optional<double> validation;  ///< accuracy on the samples that only measure
  };
  std::vector<Term> terms;
  double seconds = 0;
};
std::string to_json_line(const EpochRecord& record);

/// Who made weights and trace: command, data, seed, epochs; the same for the same training.
std::string provenance_of(const Training& training, const std::string& command, const std::string& data_origin,
                          int epochs_done);

/// `tiercut/metrics/1`: accuracy, confusion and measures of each class, for every answer.
std::string metrics_json(const Training& training, const Evaluation& evaluation, const std::string& command,
                         const std::string& data_origin);

}  // namespace tiercut::training
