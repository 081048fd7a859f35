// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <Eigen/Core>

#include "kernels/backends.hpp"
#include "kernels/eigen_kernels.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;

KernelPointer make_for_floats(const KernelRequest& request) {
  const model::Layer& layer = request.layer;
  switch (layer.type) {
    case LayerType::linear:
      return eigen_linear(request);
    case LayerType::convolution:
      return layer.input_shape.extents[0] == layer.parameters.groups ? depthwise_convolution(request)
                                                                     : eigen_convolution(request);
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return float_pooling(request);
    case LayerType::batch_normalization:
      return batch_normalization(request);
    case LayerType::relu:
    case LayerType::prelu:
    case LayerType::sigmoid:
    case LayerType::tanh:
    case LayerType::threshold:
      return eigen_activation(request);
    case LayerType::softmax:
      return eigen_softmax(request);
    case LayerType::join_max:
    case LayerType::join_average:
    case LayerType::join_add:
    case LayerType::join_concatenate:
      return float_join(request);
    case LayerType::flatten:
    case LayerType::output:
      return plain_copy(request);
    case LayerType::binary_fc:
      return binary_fc(request);
    case LayerType::binary_conv_p:
      return binary_conv_p(request);
    case LayerType::input:
      return nullptr;
  }
  return nullptr;
}

KernelPointer make_for_bits(const KernelRequest& request) {
  switch (request.layer.type) {
    case LayerType::max_pooling:
      return bit_pooling(request);
    case LayerType::join_max:
    case LayerType::join_concatenate:
      return bit_join(request);
    default:
      return make_for_floats(request);
  }
}

class EigenBackend final : public Backend {
 public:
  std::string_view name() const override { return "eigen"; }
  std::string version() const override {
    return fmt::format("{}.{}.{} {}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION,
                       Eigen::SimdInstructionSetsInUse());
  }

  bool supports(const model::Layer& layer, int inputs_as_bits) const override {
    const bool has_bits = inputs_as_bits != 0;
    switch (layer.type) {
      case LayerType::input:
        return false;
      case LayerType::binary_fc:
      case LayerType::binary_conv_p:
      case LayerType::flatten:
      case LayerType::output:
        return true;
      case LayerType::max_pooling:
        return has_bits == (layer.encoding == model::Encoding::bit);
      case LayerType::join_max:
      case LayerType::join_concatenate:
        // A join gives bits exactly when all its inputs are bits.
        return has_bits == (layer.encoding == model::Encoding::bit);
      default:
        return !has_bits;
    }
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

const Backend* eigen_backend() {
  static const EigenBackend backend;
  return &backend;
}

}  // namespace tiercut::kernels
