// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "training/session/training_file.hpp"

/// Small made data, models and training files: four classes of 6 x 6 images, each bright in a quadrant of its own.
namespace tiercut::training {

/// A folder that is gone when the test is.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string path(const std::string& name = "") const;
  /// A folder in it, made.
  std::string folder(const std::string& name) const;

 private:
  std::string path_;
};

/// Writes four idx files: 240 samples to train on, 80 to test.
void write_made_digits(const std::string& folder);

/// A network of two hidden layers with an exit behind the first.
std::string made_model();

/// A training file of it; `more` are further lines. The folder holds the model and the data.
std::string made_training(const std::string& more);

/// Writes data, model and training file into a folder and reads the latter.
Result<TrainingPointer> make_training(const ScratchFolder& folder, const std::string& more,
                                      const std::vector<std::string>& overrides = {});

}  // namespace tiercut::training
