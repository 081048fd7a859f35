// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/layer.hpp"

/// oneDNN as its users get the most of it: layouts of its own choice, weights and activations laid out beforehand.
namespace tiercut::benchmarks {

struct OnednnLayer {
  std::function<void()> run;
  std::string implementation;
  std::function<void(float* output)> copy_output;  ///< to plain C, H, W
};

bool has_onednn();
/// A Linear or Convolution layer on one thread, for weights as LayerWeights has them. The weights lie in huge pages, as
/// ours do.
OnednnLayer onednn_layer(const model::Layer& layer, const float* weights, const float* input);

}  // namespace tiercut::benchmarks
