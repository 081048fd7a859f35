// SPDX-License-Identifier: Apache-2.0
#include "kernels/forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace tiercut::kernels {
namespace {

using model::LayerId;
using model::LayerType;

std::size_t index_of(LayerId id) { return static_cast<std::size_t>(id); }

}  // namespace

struct ForwardPass::State {
  struct Step {
    std::unique_ptr<Kernel> kernel;
    std::vector<const Buffer*> inputs;
    Buffer* output = nullptr;
  };
  std::vector<std::unique_ptr<Buffer>> owned;
  std::vector<Buffer*> tensors;  // by layer id; null where the segment has none
  std::vector<Step> steps;
  std::vector<const Backend*> used;
  std::size_t weight_bytes = 0;

  Buffer* add_tensor(const model::Layer& layer) {
    owned.push_back(std::make_unique<Buffer>(buffer_for(layer.shape, layer.encoding)));
    return owned.back().get();
  }

  Result<void> add_layer(const model::Model& model, LayerId id, const LayerWeights& weights, ThreadPool& threads,
                         std::string_view backend) {
    const model::Layer& layer = model.layer(id);
    std::vector<const model::Layer*> inputs;
    for (const LayerId input : layer.inputs) {
      inputs.push_back(&model.layer(input));
      Buffer*& tensor = tensors[index_of(input)];
      if (tensor == nullptr) tensor = add_tensor(model.layer(input));
    }
    if (layer.type == LayerType::flatten || layer.type == LayerType::output) {
      // The same elements in the same order: another name for the same memory.
      tensors[index_of(id)] = tensors[index_of(layer.inputs[0])];
      return {};
    }
    tensors[index_of(id)] = add_tensor(layer);
    if (layer.type == LayerType::input) return {};
    Result<MadeKernel> made = make_kernel(layer, inputs, weights, threads, backend);
    if (!made) return tl::unexpected(made.error());
    Step step{std::move(made->kernel), {}, tensors[index_of(id)]};
    for (const LayerId input : layer.inputs) step.inputs.push_back(tensors[index_of(input)]);
    steps.push_back(std::move(step));
    weight_bytes += weights.floats.size() * sizeof(float) + weights.bits.size() * sizeof(std::uint64_t);
    if (std::ranges::find(used, made->backend) == used.end()) used.push_back(made->backend);
    return {};
  }
};

ForwardPass::ForwardPass() : state_(std::make_unique<State>()) {}
ForwardPass::ForwardPass(ForwardPass&&) noexcept = default;
ForwardPass& ForwardPass::operator=(ForwardPass&&) noexcept = default;
ForwardPass::~ForwardPass() = default;

Result<ForwardPass> ForwardPass::make(const model::Model& model, std::vector<LayerId> layers,
                                      const std::vector<LayerWeights>& weights, ThreadPool& threads,
                                      std::string_view backend, std::uint64_t seed) {
  if (!backend.empty() && find_backend(backend) == nullptr) {
    return fail("backend-absent", fmt::format("no backend `{}` in this build on this machine", backend),
                "there are " + list_words(backend_names()));
  }
  if (!weights.empty() && weights.size() != index_of(model.layer_count())) {
    return fail("bad-weights",
                fmt::format("weights for {} layers given, the model has {}", weights.size(), model.layer_count()));
  }
  ForwardPass pass;
  pass.state_->tensors.resize(index_of(model.layer_count()));
  LayerId before = -1;
  for (const LayerId id : layers) {
    if (id <= before || id >= model.layer_count()) {
      throw std::invalid_argument("layers of a forward pass must be ascending ids of the model");
    }
    before = id;
    const LayerWeights own =
        weights.empty() ? random_weights(model.layer(id), seed + static_cast<std::uint64_t>(id)) : LayerWeights{};
    const Result<void> added =
        pass.state_->add_layer(model, id, weights.empty() ? own : weights[index_of(id)], threads, backend);
    if (!added) return tl::unexpected(added.error());
  }
  return pass;
}

Buffer& ForwardPass::tensor(LayerId producer) {
  Buffer* const tensor = state_->tensors.at(index_of(producer));
  if (tensor == nullptr) throw std::out_of_range("the forward pass has no such tensor");
  return *tensor;
}

void ForwardPass::run() {
  for (State::Step& step : state_->steps) step.kernel->run(step.inputs, *step.output);
}

std::string ForwardPass::backends_used() const {
  std::string names;
  for (const Backend* backend : backends()) {
    if (std::ranges::find(state_->used, backend) == state_->used.end()) continue;
    if (!names.empty()) names += ", ";
    names += backend->name();
  }
  return names;
}

std::size_t ForwardPass::bytes() const {
  std::size_t bytes = state_->weight_bytes;
  for (const auto& tensor : state_->owned) bytes += tensor->bytes();
  for (const State::Step& step : state_->steps) bytes += step.kernel->scratch_bytes();
  return bytes;
}

}  // namespace tiercut::kernels
