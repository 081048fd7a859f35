// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/compiled_stage.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <span>

#include "kernels/confidence.hpp"
#include "profiles/exit_trace.hpp"

namespace tiercut::runtime {
namespace {

using model::LayerType;

std::vector<int> outside_inputs(const ProgramStage& stage, const model::Model& net) {
  std::set<int> outside;
  for (const std::int32_t layer : stage.layers) {
    for (const model::LayerId input : net.layer(layer).inputs) {
      if (!std::binary_search(stage.layers.begin(), stage.layers.end(), input)) outside.insert(input);
    }
  }
  return {outside.begin(), outside.end()};
}

/// Layers whose tensors somebody takes from where they were made: messages, other stages, exits, the answer.
std::set<int> wanted_tensors(const Program& program, const model::Model& net) {
  std::set<int> wanted{net.answer_layer(static_cast<int>(net.exits.size()))};
  for (const ProgramStage& stage : program.stages) {
    if (stage.kind == StageKind::transfer) wanted.insert(stage.tensor);
    if (stage.kind == StageKind::decision) wanted.insert(program.exits[static_cast<std::size_t>(stage.exit)].layer);
    if (stage.kind != StageKind::compute) continue;
    for (const int input : outside_inputs(stage, net)) wanted.insert(input);
  }
  return wanted;
}

std::size_t elements_of(const model::Layer& layer) { return static_cast<std::size_t>(layer.shape.elements()); }

}  // namespace

Result<std::unique_ptr<CompiledStage>> CompiledStage::make(const Program& program, model::ModelPointer model, int stage,
                                                           const std::vector<WeightsPointer>& weights,
                                                           kernels::ThreadPool& threads) {
  const ProgramStage& work = program.stage(stage);
  const model::Model& net = *model;
  std::vector<kernels::LayerWeights> own(static_cast<std::size_t>(net.layer_count()));
  bool is_random = true;
  for (const std::int32_t layer : work.layers) {
    const WeightsPointer& given = weights[static_cast<std::size_t>(layer)];
    if (given == nullptr) continue;
    own[static_cast<std::size_t>(layer)] = *given;
    is_random = false;
  }
  if (is_random) own.clear();
  auto pass =
      kernels::ForwardPass::make(net, {work.layers.begin(), work.layers.end()}, own, threads, {}, program.weights_seed);
  if (!pass) return tl::unexpected(std::move(pass.error()));
  std::unique_ptr<CompiledStage> made(new CompiledStage(std::move(*pass), std::move(model)));
  made->layers_ = work.layers;
  made->inputs_ = outside_inputs(work, net);
  const std::set<int> wanted = wanted_tensors(program, net);
  std::copy_if(work.layers.begin(), work.layers.end(), std::back_inserter(made->outputs_),
               [&](int layer) { return wanted.contains(layer); });
  for (const ProgramStage& asked : program.stages) {
    if (asked.kind != StageKind::decision) continue;
    const ProgramExit& exit = program.exits[static_cast<std::size_t>(asked.exit)];
    if (!std::binary_search(work.layers.begin(), work.layers.end(), exit.layer)) continue;
    if (net.layer(exit.layer).encoding == model::Encoding::bit) continue;
    made->exits_.push_back({asked.exit, exit.layer, exit.threshold});
  }
  return made;
}

/// A join that goes on without some of its inputs: a maximum is not changed by another copy of an input that is there,
/// an average not by their average; concatenations and sums get zeros. False when no join asks for what is missing.
bool CompiledStage::fill_missing(const std::vector<TensorPointer>& tensors) {
  const auto given = [&](model::LayerId input) -> const Tensor* {
    const auto found = std::lower_bound(inputs_.begin(), inputs_.end(), input);
    if (found == inputs_.end() || *found != input) return nullptr;
    return tensors[static_cast<std::size_t>(found - inputs_.begin())].get();
  };
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (tensors[i] != nullptr) continue;
    const model::Layer& missing = model_->layer(inputs_[i]);
    kernels::Buffer& buffer = pass_.tensor(inputs_[i]);
    std::memset(buffer.data(), 0, buffer.bytes());
    for (const std::int32_t id : layers_) {
      const model::Layer& layer = model_->layer(id);
      if (std::find(layer.inputs.begin(), layer.inputs.end(), inputs_[i]) == layer.inputs.end()) continue;
      if (!model::is_join(layer.type)) return false;
      std::vector<const Tensor*> there;
      for (const model::LayerId input : layer.inputs) {
        if (const Tensor* tensor = given(input)) there.push_back(tensor);
      }
      if (there.empty()) continue;
      if (layer.type == LayerType::join_average && missing.encoding != model::Encoding::bit) {
        for (std::size_t e = 0; e < elements_of(missing); ++e) {
          float sum = 0;
          for (const Tensor* tensor : there) sum += tensor->buffer.floats()[e];
          buffer.floats()[e] = sum / static_cast<float>(there.size());
        }
      } else if (layer.type == LayerType::join_max || layer.type == LayerType::join_average) {
        std::memcpy(buffer.data(), there.front()->buffer.data(), buffer.bytes());
      }
    }
  }
  return true;
}

ExitScore CompiledStage::score(const AskedExit& asked) {
  const model::Exit& exit = model_->exits[static_cast<std::size_t>(asked.exit)];
  const std::span<const float> scores(pass_.tensor(asked.layer).floats(), elements_of(model_->layer(asked.layer)));
  ExitScore score;
  score.confidence = kernels::confidence(exit.confidence, scores);
  const auto answer = static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  score.is_conclusive = profiles::is_confident(exit.confidence, score.confidence, asked.threshold) &&
                        std::find(exit.answers.begin(), exit.answers.end(), answer) != exit.answers.end();
  return score;
}

CompiledStage::Outcome CompiledStage::run(const std::vector<TensorPointer>& tensors,
                                          const std::shared_ptr<MemoryBudget>& budget) {
  Outcome outcome;
  outcome.begun = monotonic_now();
  bool is_whole = true;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    is_whole = is_whole && tensors[i] != nullptr;
    if (tensors[i] == nullptr) continue;
    std::memcpy(pass_.tensor(inputs_[i]).data(), tensors[i]->buffer.data(), tensors[i]->buffer.bytes());
  }
  if (!is_whole && !fill_missing(tensors)) {
    outcome.lost = "input-missing";
    return outcome;
  }
  pass_.run();
  for (const int layer : outputs_) {
    const std::shared_ptr<Tensor> out = Tensor::make(model_->layer(layer), budget);
    if (out == nullptr) {
      outcome.lost = "memory-exhausted";
      return outcome;
    }
    std::memcpy(out->buffer.data(), pass_.tensor(layer).data(), out->buffer.bytes());
    outcome.tensors[layer] = out;
  }
  outcome.computed = monotonic_now();
  for (const AskedExit& exit : exits_) outcome.exits[exit.exit] = score(exit);
  outcome.done = monotonic_now();
  return outcome;
}

}  // namespace tiercut::runtime
