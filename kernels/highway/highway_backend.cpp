// SPDX-License-Identifier: Apache-2.0
#include "kernels/backends.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/highway/vector_target.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;

class HighwayBackend final : public Backend {
 public:
  std::string_view name() const override { return "highway"; }
  std::string version() const override { return vector_target_version(); }

  bool supports(const model::Layer& layer, int inputs_as_bits) const override {
    return inputs_as_bits == 0 && (layer.type == LayerType::linear || layer.type == LayerType::convolution);
  }

  KernelPointer make(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                     const LayerWeights& weights, ThreadPool& threads) const override {
    if (!supports(layer, inputs_as_bits(inputs))) return nullptr;
    const KernelRequest request{layer, inputs, weights, threads};
    if (layer.type == LayerType::linear) return vector_linear(request);
    return layer.input_shape.extents[0] == layer.parameters.groups ? vector_depthwise(request)
                                                                   : vector_convolution(request);
  }
};

}  // namespace

const Backend* highway_backend() {
  static const HighwayBackend backend;
  return has_vectors() ? &backend : nullptr;
}

}  // namespace tiercut::kernels
