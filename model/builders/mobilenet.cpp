// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/builders/graph_builder.hpp"
#include "model/builders/networks.hpp"

namespace tiercut::model::builders {

Model mobilenet_v1() {
  struct Pair {
    std::int64_t outputs;
    int stride;
  };
  constexpr Pair pairs[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                            {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  GraphBuilder builder;
  LayerId last = builder.input("image", {3, 224, 224}, Encoding::int8);
  last = builder.unit("stem", last, 32, {.kernel = 3, .stride = 2, .padding = 1});
  int number = 0;
  for (const Pair& pair : pairs) {
    const std::string name = fmt::format("pair{}", ++number);
    const auto channels = builder.channels(last);
    last = builder.unit(name + "/depthwise", last, channels,
                        {.kernel = 3, .stride = pair.stride, .padding = 1, .groups = static_cast<int>(channels)});
    last = builder.unit(name + "/pointwise", last, pair.outputs, {});
  }
  builder.classify(last, 1000);
  return builder.finish("mobilenet-v1", "MobileNet 1.0-224, 1000 classes.",
                        {"Source: Howard et al. 2017 (arXiv 1704.04861), Table 1."});
}

}  // namespace tiercut::model::builders
