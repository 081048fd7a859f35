// SPDX-License-Identifier: Apache-2.0
#include "training/learning_network.hpp"

#include <cmath>
#include <stdexcept>

#include "training/layers/network_state.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;

// Enough rows for products at full speed; beyond it only memory grows.
constexpr std::size_t samples_answered_at_once = 256;

}  // namespace

Network::Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

Result<Network> Network::make(const model::Model& model, std::vector<LossTerm> loss, const Optimizer& optimizer,
                              std::uint64_t seed) {
  if (const Result<void> right = check(optimizer); !right) return tl::unexpected(right.error());
  Network network;
  network.state_ = std::make_unique<State>(model, std::move(loss), optimizer);
  if (const Result<void> ready = network.state_->prepare(seed); !ready) return tl::unexpected(ready.error());
  return network;
}

Result<StepResult> Network::step(const Batch& batch) {
  State& state = *state_;
  if (const Result<void> right = state.check_batch(batch); !right) return tl::unexpected(right.error());
  StepResult result;
  state.run_forward(batch, result);
  if (!std::isfinite(result.loss)) return tl::unexpected(Diagnostics{state.explain_loss(result.loss, batch)});
  state.graph.backward(state.training_path, static_cast<Index>(batch.samples.size()));
  for (const LayerId id : state.training_path) {
    TrainableLayer* layer = state.graph.layer(id);
    if (layer == nullptr) continue;
    const FloatBuffer& gradient = layer->parameters().gradient;
    if (!vector_maths().is_finite(gradient.data(), static_cast<Index>(gradient.size()))) {
      return tl::unexpected(Diagnostics{state.explain_gradient(id)});
    }
  }
  ++state.steps;
  for (const LayerId id : state.training_path) {
    TrainableLayer* layer = state.graph.layer(id);
    if (layer == nullptr) continue;
    take_step(state.optimizer, state.steps, layer->parameters(), state.moments[static_cast<std::size_t>(id)]);
    layer->update_statistics();
  }
  return result;
}

std::vector<float> Network::gradient(const Batch& batch, LayerId layer) {
  if (const Result<void> right = state_->check_batch(batch); !right) {
    throw std::invalid_argument(to_text(right.error()));
  }
  TrainableLayer* of = state_->graph.layer(layer);
  if (of == nullptr) return {};
  StepResult result;
  state_->run_forward(batch, result);
  state_->graph.backward(state_->training_path, static_cast<Index>(batch.samples.size()));
  const std::span<const float> values = of->parameters().gradient.all();
  return {values.begin(), values.end()};
}

std::span<float> Network::parameters(LayerId layer) {
  TrainableLayer* of = state_->graph.layer(layer);
  return of == nullptr ? std::span<float>() : of->parameters().values.all();
}

void Network::set_rate(double rate) {
  if (!std::isfinite(rate) || rate < 0) throw std::invalid_argument("a learning rate must be a number of at least 0");
  state_->optimizer.rate = rate;
}

std::vector<float> Network::probabilities(const Batch& batch, LayerId layer, const std::vector<bool>& present) {
  State& state = *state_;
  if (!present.empty() && present.size() != state.model->inputs().size()) {
    throw std::invalid_argument("as many inputs must be present or absent as the model has");
  }
  const LayerId scores = state.score_layer(layer);
  const std::vector<LayerId> path = state.graph.path_to({scores});
  const auto classes = static_cast<std::size_t>(state.classes(scores));
  std::vector<float> answers(batch.samples.size() * classes);
  for (std::size_t first = 0; first < batch.samples.size(); first += samples_answered_at_once) {
    const std::size_t count = std::min(samples_answered_at_once, batch.samples.size() - first);
    const auto samples = static_cast<Index>(count);
    state.graph.reserve(path, samples);
    state.fill_inputs({batch.data, batch.samples.subspan(first, count)}, path);
    state.graph.forward(path, samples, Mode::answering, present);
    float* to = answers.data() + first * classes;
    if (state.graph.is_absent(scores)) {
      std::fill_n(to, count * classes, 1.0F / static_cast<float>(classes));
    } else {
      softmax(samples, static_cast<Index>(classes), state.graph.values(scores), to);
    }
  }
  return answers;
}

}  // namespace tiercut::training
