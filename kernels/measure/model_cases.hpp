// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernels/measure/bench_case.hpp"

namespace tiercut::kernels {

/// The distinct layers of a model, and segments of it run in series: the whole, and what stands before and behind each
/// plausible cut, if that is at least two layers.
struct ModelCases {
  std::vector<BenchCase> layers;
  std::vector<BenchCase> segments;
};
ModelCases cases_of_model(const model::ModelPointer& model, CacheState cache = CacheState::warm);

/// Layers after which a single tensor leads on that is smaller than every such tensor before it and than the model's
/// inputs: a cut at a larger one leaves less behind and sends more. At most `most`, the smallest tensors; ascending.
std::vector<model::LayerId> plausible_cuts(const model::Model& model, std::size_t most = 6);

/// Small networks as they are common, for what running in series changes where no model is given: four fully connected
/// (from 1 to 88 MB of weights), three convolutional, two with binary blocks; without those of more than `most_bytes`.
std::vector<ModelCases> typical_series(double most_bytes, CacheState cache = CacheState::warm);

}  // namespace tiercut::kernels
