// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "kernels/forward.hpp"
#include "runtime/agent/stage_machine.hpp"
#include "runtime/agent/weights_store.hpp"

namespace tiercut::runtime {

/// A compute stage made ready: kernels with their weights. Used by the thread of its unit alone.
class CompiledStage {
 public:
  /// `weights` by layer of the model; null where a layer has none. Fails as kernels::ForwardPass::make does.
  static Result<std::unique_ptr<CompiledStage>> make(const Program& program, model::ModelPointer model, int stage,
                                                     const std::vector<WeightsPointer>& weights,
                                                     kernels::ThreadPool& threads);

  const std::vector<int>& inputs() const { return inputs_; }  ///< layers outside whose tensors it takes

  struct Outcome {
    std::map<int, TensorPointer> tensors;  ///< those that others need
    std::map<int, ExitScore> exits;
    Nanoseconds begun = 0, computed = 0, done = 0;
    std::string lost;  ///< why there is no outcome: `memory-exhausted`, `input-missing`
  };
  /// `tensors` in the order of inputs(). Null: one that a join does without, as its deadline has passed.
  Outcome run(const std::vector<TensorPointer>& tensors, const std::shared_ptr<MemoryBudget>& budget);

  std::string backends() const { return pass_.backends_used(); }
  std::size_t bytes() const { return pass_.bytes(); }

 private:
  struct AskedExit {
    int exit = -1;
    model::LayerId layer = 0;
    double threshold = 0;
  };
  CompiledStage(kernels::ForwardPass pass, model::ModelPointer model)
      : pass_(std::move(pass)), model_(std::move(model)) {}
  bool fill_missing(const std::vector<TensorPointer>& tensors);
  ExitScore score(const AskedExit& exit);

  kernels::ForwardPass pass_;
  model::ModelPointer model_;
  std::vector<std::int32_t> layers_;
  std::vector<int> inputs_, outputs_;
  std::vector<AskedExit> exits_;
};

}  // namespace tiercut::runtime
