// SPDX-License-Identifier: Apache-2.0
#include "training/layers/network_state.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "training/layers/initial_values.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

bool is_finite(const float* values, std::size_t count) {
  return vector_maths().is_finite(values, static_cast<Index>(count));
}

Diagnostic not_finite(std::string message, std::string hint) {
  return {Severity::error, "loss-not-finite", {}, std::move(message), std::move(hint)};
}

}  // namespace

LayerId Network::State::score_layer(LayerId id) const {
  const LayerId holder = graph.holder(id);
  return model->layer(holder).type == LayerType::softmax ? graph.holder(model->layer(holder).inputs[0]) : holder;
}

Result<void> Network::State::check_terms() const {
  if (loss.empty()) return fail("bad-loss-term", "there is nothing to minimise: no loss term");
  for (std::size_t i = 0; i < loss.size(); ++i) {
    const LossTerm& term = loss[i];
    if (term.layer < 0 || term.layer >= model->layer_count()) {
      return fail("bad-loss-term", fmt::format("loss term {} is at layer {}, the model has {}", i + 1, term.layer,
                                               model->layer_count()));
    }
    const std::string& name = model->layer(term.layer).name;
    if (!std::isfinite(term.weight) || term.weight < 0) {
      return fail("bad-loss-term",
                  fmt::format("the loss at `{}` has weight {}, not a number of at least 0", name, term.weight));
    }
    const LayerId scores = score_layer(term.layer);
    for (const int to : term.class_map) {
      if (to >= -1 && to < classes(scores)) continue;
      return fail("bad-loss-term",
                  fmt::format("the loss at `{}` maps a class to {}, the layer has {}", name, to, classes(scores)));
    }
    if (!graph.has_gradient(scores)) {
      return fail("not-trainable", fmt::format("nothing that `{}` is computed from has weights to learn", name));
    }
  }
  return {};
}

Result<void> Network::State::prepare(std::uint64_t seed) {
  if (const Result<void> right = check_terms(); !right) return right;
  for (const LossTerm& term : loss) score_layers.push_back(score_layer(term.layer));
  training_path = graph.path_to(score_layers);
  graph.prepare_backward(training_path, score_layers);
  for (LayerId id = 0; id < model->layer_count(); ++id) {
    TrainableLayer* layer = graph.layer(id);
    moments.push_back(layer == nullptr ? Moments{} : make_moments(optimizer, layer->parameters()));
    if (layer != nullptr) set_initial_values(*model, id, seed, *layer);
  }
  return {};
}

const DataInput* Network::State::data_for(const Dataset& data, std::size_t input) const {
  const std::vector<LayerId> ids = model->inputs();
  const auto named = [&](LayerId id) {
    return std::ranges::find(data.inputs, model->layer(id).name, &DataInput::name);
  };
  const bool are_all_named = std::ranges::all_of(ids, [&](LayerId id) { return named(id) != data.inputs.end(); });
  if (are_all_named) return &*named(ids[input]);
  return input < data.inputs.size() ? &data.inputs[input] : nullptr;
}

Result<void> Network::State::check_batch(const Batch& batch) const {
  if (batch.samples.empty()) return fail("empty-batch", "a batch needs at least one sample");
  const std::vector<LayerId> ids = model->inputs();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const model::Layer& layer = model->layer(ids[i]);
    const DataInput* from = data_for(batch.data, i);
    if (from != nullptr && from->shape.elements() == layer.shape.elements()) continue;
    return fail("data-misfit",
                fmt::format("data set `{}` has {} for input `{}` of {}", batch.data.name,
                            from == nullptr ? "nothing" : fmt::format("`{}` of {}", from->name, to_text(from->shape)),
                            layer.name, to_text(layer.shape)));
  }
  for (std::size_t i = 0; i < loss.size(); ++i) {
    const Result<void> right = check_labels(loss[i], batch, classes(score_layers[i]), model->layer(loss[i].layer).name);
    if (!right) return right;
  }
  return {};
}

void Network::State::fill_inputs(const Batch& batch, const std::vector<LayerId>& path) {
  const std::vector<LayerId> ids = model->inputs();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!std::ranges::binary_search(path, ids[i])) continue;
    const DataInput* from = data_for(batch.data, i);
    const auto elements = static_cast<std::size_t>(model->layer(ids[i]).shape.elements());
    if (from == nullptr || static_cast<std::size_t>(from->shape.elements()) != elements) {
      throw std::invalid_argument("the data set does not fit the model's inputs");
    }
    float* to = graph.values(ids[i]);
    for (const std::size_t sample : batch.samples) to = std::copy_n(from->sample(sample).data(), elements, to);
  }
}

void Network::State::run_forward(const Batch& batch, StepResult& result) {
  const auto samples = static_cast<Index>(batch.samples.size());
  graph.reserve(training_path, samples);
  fill_inputs(batch, training_path);
  graph.forward(training_path, samples, Mode::training);
  for (std::size_t i = 0; i < loss.size(); ++i) {
    const LayerId scores = score_layers[i];
    const bool is_added = std::find(score_layers.begin(), score_layers.begin() + static_cast<Index>(i), scores) !=
                          score_layers.begin() + static_cast<Index>(i);
    const TermOutcome outcome =
        cross_entropy(loss[i], batch, classes(scores), graph.values(scores), {graph.gradient(scores), is_added});
    result.loss += loss[i].weight * outcome.loss;
    result.term_loss.push_back(outcome.loss);
    result.correct.push_back(outcome.correct);
    result.counted.push_back(outcome.counted);
  }
}

Diagnostic Network::State::explain_loss(double loss_value, const Batch& batch) const {
  for (const LayerId id : training_path) {
    const model::Layer& layer = model->layer(id);
    const auto elements = static_cast<std::size_t>(layer.shape.elements());
    const float* values = graph.values(id);
    if (is_finite(values, batch.samples.size() * elements)) continue;
    if (layer.type != LayerType::input) {
      return not_finite(
          fmt::format("the loss is {} in step {}: `{}` ({}) is the first layer whose output is not finite", loss_value,
                      steps + 1, layer.name, to_text(layer.type)),
          fmt::format("take a smaller learning rate than {}, or put a BatchNormalization before it", optimizer.rate));
    }
    std::size_t i = 0;
    while (is_finite(values + i * elements, elements)) ++i;
    return not_finite(fmt::format("the loss is {} in step {}: sample {} of input `{}` is not finite", loss_value,
                                  steps + 1, batch.samples[i], layer.name),
                      "check the data set");
  }
  return not_finite(
      fmt::format("the loss is {} in step {}, though all layers' outputs are finite", loss_value, steps + 1),
      fmt::format("take a smaller learning rate than {}, or smaller loss weights", optimizer.rate));
}

Diagnostic Network::State::explain_gradient(LayerId id) const {
  const model::Layer& layer = model->layer(id);
  return not_finite(
      fmt::format("the gradient of `{}` ({}) is not finite in step {}", layer.name, to_text(layer.type), steps + 1),
      fmt::format("take a smaller learning rate than {}, or put a BatchNormalization before it", optimizer.rate));
}

}  // namespace tiercut::training
