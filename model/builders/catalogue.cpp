// SPDX-License-Identifier: Apache-2.0
#include "model/builders/catalogue.hpp"

#include <algorithm>
#include <array>

#include "model/builders/networks.hpp"

namespace tiercut::model {

std::span<const Architecture> architectures() {
  static constexpr std::array<Architecture, 5> all = {{
      {"bert-base", "BERT base encoder on 128 tokens: 12 layers, attention approximated", builders::bert_base},
      {"inception-v3", "Inception v3 at 299 x 299: blocks of up to six branches", builders::inception_v3},
      {"mobilenet-v1", "MobileNet 1.0-224: a chain of separable convolutions", builders::mobilenet_v1},
      {"nasnet-mobile", "NASNet-A (4 @ 1056) at 224 x 224: cells that see the two before", builders::nasnet_mobile},
      {"resnet-50", "ResNet-50 at 224 x 224: 16 residual blocks", builders::resnet_50},
  }};
  return all;
}

const Architecture* find_architecture(std::string_view name) {
  const auto all = architectures();
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace tiercut::model
