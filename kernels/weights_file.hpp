// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "kernels/kernel.hpp"
#include "model/model.hpp"

namespace tiercut::kernels {

/// Weights of a model as a file, `tiercut/weights/1` (kernels/README.md describes it byte by byte): little-endian, a
/// header with the model's name, every layer's name, type, shapes and offset, then the values, then SHA-256 of all
/// before it. Whole or not at all.
struct WeightsFile {
  std::string model;                 ///< name of the model they belong to
  std::string provenance;            ///< who made them: command, data set, seed, epochs
  std::vector<LayerWeights> layers;  ///< by layer id of the model
};

Result<void> write_weights(const std::string& path, const model::Model& model, const WeightsFile& weights);

/// Fails with file-not-found, bad-weights-file (another kind or version, truncated, checksum), weights-misfit (layer
/// absent or of another type or size; all of them at once, by layer name).
Result<WeightsFile> read_weights(const std::string& path, const model::Model& model);

}  // namespace tiercut::kernels
