// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "core/schema.hpp"
#include "model/layer.hpp"

namespace tiercut::model {

/// What an exit's confidence is measured by (DDNN III-D; normalised entropy in [0, 1] exits at or below its
/// threshold, the two others at or above).
enum class Confidence { normalized_entropy, max_probability, margin };
std::string_view to_text(Confidence confidence);

/// A side branch that can answer early.
struct Exit {
  std::string name;
  LayerId layer = 0;  ///< the last layer of its branch; its tensor holds the class scores
  Confidence confidence = Confidence::normalized_entropy;
  std::vector<int> answers;    ///< classes of the branch that it may answer with; never empty
  std::vector<int> class_map;  ///< branch class -> model class, -1 for "none of the model's"
};

/// A neural network: a directed acyclic graph of layers joined by tensors (a tensor is named after the layer that
/// produces it), with one Output, at least one Input, and exits in the order in which they are asked.
class Model {
 public:
  std::string name;
  std::string description;
  std::vector<std::string> notes;  ///< slips of a source that the reader should know, as a printed weight count
  std::string file;
  std::string source;         ///< the bytes of the file, for hashes
  std::vector<Layer> layers;  ///< topological order, stable with respect to the file
  std::vector<Exit> exits;

  const Layer& layer(LayerId id) const { return layers[static_cast<std::size_t>(id)]; }
  int layer_count() const { return static_cast<int>(layers.size()); }
  LayerId find(std::string_view name) const;  ///< -1 when absent
  std::vector<LayerId> inputs() const;        ///< the Input layers
  LayerId output() const;                     ///< the Output layer
  std::vector<LayerId> consumers(LayerId id) const;

  /// The answer's index of the exit whose decision first needs the layer: 0 for what the first exit needs, ...,
  /// exits.size() for what only the final answer needs. Under escalation `after`, a layer of level k waits until the
  /// exits before k were asked in vain.
  const std::vector<int>& levels() const { return levels_; }
  int level(LayerId id) const { return levels_[static_cast<std::size_t>(id)]; }
  /// The layer whose tensor is the answer of a level: exits[k].layer, or the Output's input for the last.
  LayerId answer_layer(int level) const;

  std::int64_t total_weights() const;
  std::int64_t total_macs() const;
  Bytes total_weight_bytes() const;

  /// True when trunk and branches are chains: each layer has at most one input, and a tensor with several consumers
  /// only where a branch of an exit leaves the trunk.
  bool is_chain_with_exits() const;

  /// Checks the graph (one Output, acyclic, no dead layer, exits on distinct layers, class maps that fit) and derives
  /// shapes and levels. Layers must be in topological order with inputs set. Used by the reader and by builders.
  Result<void> finish();

 private:
  std::vector<int> levels_;
};

using ModelPointer = std::shared_ptr<const Model>;

/// The file format `tiercut/model/1`.
const Format& model_format();

/// Reads a model file; reports every error of the file: format errors, unknown layer, cyclic-model, shape-mismatch,
/// dead-layer, duplicate-name, bad-class-map, missing-output, ....
Result<ModelPointer> read_model(const std::string& path);
Result<ModelPointer> model_from(const Document& document);

}  // namespace tiercut::model
