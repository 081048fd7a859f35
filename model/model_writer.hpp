// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/model.hpp"

namespace tiercut::model {

/// The model as a file of format `tiercut/model/1`, a line a layer; read back it gives the same layers and exits. What
/// follows from types and parameters is not written.
std::string to_yaml(const Model& model);

}  // namespace tiercut::model
