// SPDX-License-Identifier: Apache-2.0
#include "layer_case.hpp"

#include <random>
#include <stdexcept>

namespace tiercut::benchmarks {

LayerCase::LayerCase(model::Layer layer, model::Layer input) : layer_(std::move(layer)), input_(std::move(input)) {
  layer_.inputs = {0};
  const std::string misfit = model::derive(layer_, {&input_});
  if (!misfit.empty()) throw std::invalid_argument(misfit);
  weights_ = kernels::random_weights(layer_, 1);
  input_buffer_ = kernels::buffer_for(input_.shape, input_.encoding);
  output_ = kernels::buffer_for(layer_.shape, layer_.encoding);
  std::mt19937_64 random(2);
  const auto elements = static_cast<std::size_t>(input_.shape.elements());
  if (input_.encoding == model::Encoding::bit) {
    for (std::size_t i = 0; i < elements; ++i) input_buffer_.words()[i / 64] |= (random() & 1) << i % 64;
  } else {
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (std::size_t i = 0; i < elements; ++i) input_buffer_.floats()[i] = uniform(random);
  }
}

std::unique_ptr<kernels::Kernel> LayerCase::kernel(std::string_view backend) {
  const model::Layer* inputs[] = {&input_};
  auto made = kernels::make_kernel(layer_, inputs, weights_, threads_, backend);
  if (!made) throw std::runtime_error(made.error().front().message);
  return std::move(made->kernel);
}

void LayerCase::run(kernels::Kernel& kernel) {
  const kernels::Buffer* inputs[] = {&input_buffer_};
  kernel.run(inputs, output_);
}

model::Layer linear_layer(std::int64_t outputs) {
  model::Layer layer;
  layer.name = "linear";
  layer.type = model::LayerType::linear;
  layer.parameters.outputs = outputs;
  return layer;
}

model::Layer input_layer(std::vector<std::int64_t> extents, model::Encoding encoding) {
  model::Layer layer;
  layer.name = "input";
  layer.shape.extents = std::move(extents);
  layer.encoding = encoding;
  return layer;
}

}  // namespace tiercut::benchmarks
