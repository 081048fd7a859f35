// SPDX-License-Identifier: Apache-2.0
#include "training/layers/trainable_layer.hpp"

namespace tiercut::training {

using model::LayerType;

LayerPointer make_layer(const model::Layer& layer, LayerInputs inputs) {
  switch (layer.type) {
    case LayerType::input:
    case LayerType::flatten:
    case LayerType::output:
      return nullptr;
    case LayerType::linear:
      return make_linear(layer);
    case LayerType::convolution:
      return make_convolution(layer);
    case LayerType::max_pooling:
    case LayerType::avg_pooling:
      return make_pooling(layer);
    case LayerType::batch_normalization:
      return make_normalization(layer);
    case LayerType::relu:
    case LayerType::prelu:
    case LayerType::sigmoid:
    case LayerType::tanh:
    case LayerType::threshold:
      return make_activation(layer);
    case LayerType::softmax:
      return make_softmax(layer);
    case LayerType::join_max:
    case LayerType::join_average:
    case LayerType::join_concatenate:
    case LayerType::join_add:
      return make_join(layer, inputs);
    case LayerType::binary_fc:
      return make_binary_fc(layer);
    case LayerType::binary_conv_p:
      return make_binary_conv_p(layer);
  }
  return nullptr;
}

}  // namespace tiercut::training
