// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

/// The same training in LibTorch, as one of its users would write it; absent from builds without it.
namespace tiercut::benchmarks {

struct TorchTraining {
  std::vector<std::int64_t> widths;  ///< inputs, hidden layers with a ReLU behind each, classes
  std::span<const float> values;     ///< samples x inputs
  std::span<const int> labels;
  double rate, momentum;
};

/// A training step on the samples of the given numbers, by one thread; empty where LibTorch is not built in.
std::function<void(std::span<const std::size_t>)> torch_step(const TorchTraining& training);

}  // namespace tiercut::benchmarks
