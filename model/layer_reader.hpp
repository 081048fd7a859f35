// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "core/document.hpp"
#include "model/layer.hpp"

/// One layer of a model file, before its inputs are looked up (internal to model/).
namespace tiercut::model {

struct LayerEntry {
  const Node* node = nullptr;
  Layer layer;                                ///< name, type, parameters; an Input's shape
  std::optional<TensorShape> asserted_shape;  ///< `shape` of a layer that derives its own
  std::vector<const Node*> references;        ///< the names under `input`
  bool takes_layer_before = false;            ///< no `input`, and the type wants one
  std::vector<int> inputs;                    ///< indices in the file, filled by the reader
  bool is_sound = true;                       ///< read without an error
};

/// `is_accepted`: the format check had nothing against the node; else only name, type and references are taken.
LayerEntry read_layer(const Node& node, bool is_accepted, Diagnostics& diagnostics);

}  // namespace tiercut::model
