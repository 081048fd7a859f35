// SPDX-License-Identifier: Apache-2.0
#include "kernels/backends.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/highway/vector_target.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;

KernelPointer make_for_floats(const KernelRequest& request) {
  const model::Layer& layer = request.layer;
  switch (layer.type) {
    case LayerType::linear:
      return vector_linear(request);
    case LayerType::convolution:
      return layer.input_shape.extents[0] == layer.parameters.groups ? vector_depthwise(request)
                                                                     : vector_convolution(request);
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return vector_pooling(request);
    case LayerType::relu:
    case LayerType::sigmoid:
    case LayerType::tanh:
    case LayerType::threshold:
      return vector_activation(request);
    case LayerType::prelu:
    case LayerType::batch_normalization:
      return vector_slopes(request);
    case LayerType::softmax:
      return vector_softmax(request);
    case LayerType::join_max:
    case LayerType::join_average:
    case LayerType::join_add:
      return vector_join(request);
    case LayerType::binary_fc:
      return vector_binary_fc(request);
    case LayerType::binary_conv_p:
      return float_binary_conv(request);
    case LayerType::join_concatenate:
      return float_join(request);
    case LayerType::flatten:
    case LayerType::output:
      return plain_copy(request);
    case LayerType::input:
      return nullptr;
  }
  return nullptr;
}

KernelPointer make_for_bits(const KernelRequest& request) {
  switch (request.layer.type) {
    case LayerType::binary_fc:
      return vector_binary_fc(request);
    case LayerType::binary_conv_p:
      return packed_binary_conv(request);
    case LayerType::max_pooling:
      return bit_pooling(request);
    case LayerType::join_max:
    case LayerType::join_concatenate:
      return bit_join(request);
    case LayerType::flatten:
    case LayerType::output:
      return plain_copy(request);
    default:
      return nullptr;
  }
}

class HighwayBackend final : public Backend {
 public:
  std::string_view name() const override { return "highway"; }
  std::string version() const override { return vector_target_version(); }

  // The layers of the portable backend, some by its own kernels: vectors make copies and joins of bits no faster.
  bool supports(const model::Layer& layer, int inputs_as_bits) const override {
    return eigen_backend()->supports(layer, inputs_as_bits);
  }

  KernelPointer make(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                     const LayerWeights& weights, ThreadPool& threads) const override {
    const int bits = inputs_as_bits(inputs);
    if (!supports(layer, bits)) return nullptr;
    const KernelRequest request{layer, inputs, weights, threads};
    return bits != 0 ? make_for_bits(request) : make_for_floats(request);
  }
};

}  // namespace

const Backend* highway_backend() {
  static const HighwayBackend backend;
  return has_vectors() ? &backend : nullptr;
}

}  // namespace tiercut::kernels
