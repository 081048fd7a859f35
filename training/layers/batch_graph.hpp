// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {

/// A model's layers with the tensors of a batch, values and gradients, run along a path (internal to training/layers/).
class BatchGraph {
 public:
  explicit BatchGraph(const model::Model& model);

  /// Layers that compute what the targets need, and Inputs, ascending.
  std::vector<model::LayerId> path_to(const std::vector<model::LayerId>& targets) const;
  /// The layer in whose memory the tensor lies: itself, or behind Flatten and Output what they rename.
  model::LayerId holder(model::LayerId id) const;

  TrainableLayer* layer(model::LayerId id) const { return node(id).layer.get(); }  ///< null where nothing is computed
  float* values(model::LayerId id) { return node(holder(id)).values.data(); }
  const float* values(model::LayerId id) const { return node(holder(id)).values.data(); }
  float* gradient(model::LayerId id) { return node(holder(id)).gradient.data(); }
  bool is_absent(model::LayerId id) const { return node(holder(id)).is_absent; }
  /// Whether anything that the tensor is made from can learn.
  bool has_gradient(model::LayerId id) const { return node(holder(id)).learns; }

  void reserve(const std::vector<model::LayerId>& path, Index samples);
  /// Inputs on the path are filled before; `present` by Input in the model's order, empty: all are.
  void forward(const std::vector<model::LayerId>& path, Index samples, Mode mode,
               const std::vector<bool>& present = {});

  /// Decides once which consumer of a tensor writes its gradient and which add to it. `written` names the tensors whose
  /// gradients are there when the backward pass begins. Call it before reserve.
  void prepare_backward(const std::vector<model::LayerId>& path, const std::vector<model::LayerId>& written);
  void backward(const std::vector<model::LayerId>& path, Index samples);

 private:
  /// Where the gradient of one input of a layer goes: straight to the tensor, or to `apart`, to be added.
  struct Route {
    model::LayerId from;
    bool is_wanted = false, is_added = false;
    FloatBuffer apart;
  };
  struct Node {
    LayerPointer layer;
    FloatBuffer values, gradient;
    std::vector<Route> routes;
    std::vector<const float*> inputs;
    std::vector<float*> input_gradients;
    bool learns = false, is_absent = false;
  };
  Node& node(model::LayerId id) { return nodes_[static_cast<std::size_t>(id)]; }
  const Node& node(model::LayerId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  std::size_t elements(model::LayerId id) const { return static_cast<std::size_t>(model_.layer(id).shape.elements()); }
  void mark_absent(const std::vector<model::LayerId>& path, const std::vector<bool>& present);

  const model::Model& model_;
  std::vector<Node> nodes_;
  std::vector<model::LayerId> inputs_;
  bool has_backward_ = false;
};

}  // namespace tiercut::training
