// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kernels/kernel.hpp"

/// One layer with random weights and input, ready to run on one thread.
namespace tiercut::benchmarks {

class LayerCase {
 public:
  /// `input`: shape and encoding of what goes in. Throws when the shapes do not fit.
  LayerCase(model::Layer layer, model::Layer input);
  const model::Layer& layer() const { return layer_; }
  const kernels::LayerWeights& weights() const { return weights_; }
  const kernels::Buffer& input() const { return input_buffer_; }
  const kernels::Buffer& output() const { return output_; }

  /// Throws when the backend does not have the layer.
  std::unique_ptr<kernels::Kernel> kernel(std::string_view backend);
  void run(kernels::Kernel& kernel);

 private:
  model::Layer layer_, input_;
  kernels::LayerWeights weights_;
  kernels::ThreadPool threads_{1};
  kernels::Buffer input_buffer_, output_;
};

model::Layer linear_layer(std::int64_t outputs);
model::Layer input_layer(std::vector<std::int64_t> extents, model::Encoding encoding = model::Encoding::f32);

}  // namespace tiercut::benchmarks
