// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/document.hpp"
#include "model/model.hpp"

/// What an exit of a model file says of classes (internal to model/).
namespace tiercut::model {

/// Fills `answers` and `class_map`, their defaults included, for a branch of so many classes; what is wrong within
/// the file's own words is reported here, what does not fit the model by check_exit. Returns whether all was read.
bool read_classes(const Node& node, int branch_classes, Exit& exit, Diagnostics& diagnostics);

}  // namespace tiercut::model
