// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/model.hpp"

namespace tiercut::cli {

/// What `init` writes: a scenario that explains its keys and runs as it is, with shipped model and profiles.
std::string_view starter_scenario();

/// What `init --model` writes beside the model: a camera on a board, a box beside it and a server, with shipped profiles.
/// `model_file` is named relative to the scenario.
std::string starter_scenario_for(const model::Model& model, const std::string& model_file);

}  // namespace tiercut::cli
