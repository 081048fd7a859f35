// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/layers/batch_graph.hpp"
#include "training/layers/cross_entropy.hpp"
#include "training/layers/optimizer_step.hpp"
#include "training/learning_network.hpp"

namespace tiercut::training {

/// What a Network holds (internal to training/layers/).
struct Network::State {
  const model::Model* model;
  std::vector<LossTerm> loss;
  Optimizer optimizer;
  BatchGraph graph;
  std::vector<Moments> moments;               // by layer
  std::vector<model::LayerId> score_layers;   // by loss term
  std::vector<model::LayerId> training_path;  // all that the losses need
  std::int64_t steps = 0;

  State(const model::Model& of, std::vector<LossTerm> terms, const Optimizer& by)
      : model(&of), loss(std::move(terms)), optimizer(by), graph(of) {}

  /// The layer whose values are a layer's class scores: what a softmax takes in, or what it is put behind.
  model::LayerId score_layer(model::LayerId id) const;
  Index classes(model::LayerId scores) const { return model->layer(scores).shape.elements(); }

  Result<void> prepare(std::uint64_t seed);
  Result<void> check_batch(const Batch& batch) const;
  void fill_inputs(const Batch& batch, const std::vector<model::LayerId>& path);
  /// Forward, losses and their gradients; `result` is filled.
  void run_forward(const Batch& batch, StepResult& result);
  Diagnostic explain_loss(double loss, const Batch& batch) const;
  Diagnostic explain_gradient(model::LayerId id) const;

 private:
  Result<void> check_terms() const;
  const DataInput* data_for(const Dataset& data, std::size_t input) const;
};

}  // namespace tiercut::training
