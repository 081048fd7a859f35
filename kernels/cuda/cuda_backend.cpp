// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>

#include "kernels/backends.hpp"
#include "kernels/cuda/cuda_kernel.hpp"
#include "kernels/cuda/device.h"

namespace tiercut::kernels {
namespace {

using model::LayerType;

class CudaBackend final : public Backend {
 public:
  std::string_view name() const override { return "cuda"; }
  std::string version() const override {
    const int version = cuda::runtime_version();
    return fmt::format("{}.{} {}", version / 1000, version % 1000 / 10, cuda::device_name());
  }

  bool supports(const model::Layer& layer, int inputs_as_bits) const override {
    const bool is_binary = layer.type == LayerType::binary_fc || layer.type == LayerType::binary_conv_p;
    // The GPU's code counts by int.
    const bool is_countable = layer.shape.elements() <= std::numeric_limits<int>::max() &&
                              layer.input_shape.elements() <= std::numeric_limits<int>::max();
    return inputs_as_bits == 0 && !is_binary && layer.type != LayerType::input && is_countable &&
           layer.encoding != model::Encoding::bit;
  }

  std::unique_ptr<Kernel> make(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                               const LayerWeights& weights, ThreadPool&) const override {
    if (!supports(layer, inputs_as_bits(inputs))) return nullptr;
    return make_cuda_kernel(layer, inputs, weights);
  }
};

}  // namespace

const Backend* cuda_backend() {
  static const CudaBackend backend;
  static const bool is_present = cuda::has_device();
  return is_present ? &backend : nullptr;
}

}  // namespace tiercut::kernels
