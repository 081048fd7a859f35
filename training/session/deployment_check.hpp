// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "core/diagnostic.hpp"
#include "model/model.hpp"
#include "training/dataset.hpp"
#include "training/learning_network.hpp"

namespace tiercut::training {

/// How a trained network and the deployment kernels, fed from the written weights, agree.
struct DeploymentCheck {
  std::size_t answers = 0;    ///< compared: samples times exits and final answer
  std::size_t differing = 0;  ///< of these, how many name another class
  double largest_gap = 0;     ///< between two probabilities of the same class
  std::string backends;       ///< kernels that answered
};

/// Compares the first `samples` samples. Fails as read_weights does, and where kernels cannot be made.
Result<DeploymentCheck> check_deployment(Network& network, const model::Model& model, const Dataset& data,
                                         const std::string& weights_file, std::size_t samples);

/// For each Input of the model, the data's input that feeds it: by name when all are named so, else by order. Fails
/// with data-misfit.
Result<std::vector<std::size_t>> matched_inputs(const model::Model& model, const Dataset& data);

}  // namespace tiercut::training
