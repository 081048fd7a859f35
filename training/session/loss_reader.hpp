// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "training/session/training_file.hpp"

/// Parts of a training file that speak of the model's layers (internal to session/). Nodes have been checked.
namespace tiercut::training {

Optimizer optimizer_from(const Node& node);
std::vector<RateStep> schedule_from(const Node& node, Diagnostics& diagnostics);

/// Every exit and the final answer, with weight 1.
std::vector<LossTerm> default_loss(const model::Model& model);
std::vector<LossTerm> loss_from(const Node& node, const model::Model& model, Diagnostics& diagnostics);

/// What the branch of an exit says for a class of the data: the branch class that maps to it, else the one branch class
/// that maps to none, else -1, and the sample does not count.
std::vector<int> classes_for_exit(const model::Exit& exit, int data_classes);

/// Sets of inputs that are lost, each once, as `trace.losses` asks for.
std::vector<std::vector<std::string>> losses_from(const Node& node, const model::Model& model,
                                                  Diagnostics& diagnostics);

}  // namespace tiercut::training
