// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/builders/graph_builder.hpp"
#include "model/builders/networks.hpp"

namespace tiercut::model::builders {
namespace {

LayerId bottleneck(GraphBuilder& builder, const std::string& name, LayerId from, std::int64_t width, int stride) {
  LayerId last = builder.unit(name + "/reduce", from, width, {});
  last = builder.unit(name + "/middle", last, width, {.kernel = 3, .stride = stride, .padding = 1});
  last = builder.unit(name + "/expand", last, 4 * width, {}, false);
  const bool is_same = stride == 1 && builder.channels(from) == 4 * width;
  const LayerId shortcut =
      is_same ? from : builder.unit(name + "/shortcut", from, 4 * width, {.stride = stride}, false);
  last = builder.plain(name + "/add", LayerType::join_add, {last, shortcut});
  return builder.plain(name + "/relu", LayerType::relu, {last});
}

}  // namespace

Model resnet_50() {
  GraphBuilder builder;
  LayerId last = builder.input("image", {3, 224, 224}, Encoding::int8);
  last = builder.unit("stem", last, 64, {.kernel = 7, .stride = 2, .padding = 3});
  last = builder.pool("stem/pool", LayerType::max_pooling, last, {.kernel = 3, .stride = 2, .padding = 1});
  constexpr int blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    for (int block = 0; block < blocks[stage]; ++block) {
      last = bottleneck(builder, fmt::format("stage{}/block{}", stage + 2, block + 1), last, 64LL << stage,
                        stage > 0 && block == 0 ? 2 : 1);
    }
  }
  builder.classify(last, 1000);
  return builder.finish("resnet-50", "ResNet-50 (stride in the 3x3 convolutions), 1000 classes.",
                        {"Source: He et al., CVPR 2016, Table 1; stride as in torchvision."});
}

}  // namespace tiercut::model::builders
