// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/builders/graph_builder.hpp"
#include "model/builders/networks.hpp"

namespace tiercut::model::builders {
namespace {

constexpr LayerType add = LayerType::join_add;

class NasNet {
 public:
  Model build() {
    constexpr std::int64_t filters = 1056 / 24;
    constexpr int cells_in_a_row = 4;
    here_ = builder_.input("image", {3, 224, 224}, Encoding::int8);
    here_ = builder_.convolution("stem/convolution", here_, 32, {.kernel = 3, .stride = 2});
    here_ = builder_.plain("stem/normalization", LayerType::batch_normalization, {here_});
    reduction_cell("stem1/", filters / 4);
    reduction_cell("stem2/", filters / 2);
    for (int stage = 0; stage < 3; ++stage) {
      if (stage > 0) reduction_cell(fmt::format("reduction{}/", stage), filters << stage);
      for (int cell = 0; cell < cells_in_a_row; ++cell)
        normal_cell(fmt::format("cell{}/", stage * cells_in_a_row + cell + 1), filters << stage);
    }
    builder_.classify(builder_.plain("last/relu", LayerType::relu, {here_}), 1000);
    return builder_.finish("nasnet-mobile", "NASNet-A (4 @ 1056), 1000 classes.",
                           {"Source: Zoph et al., CVPR 2018, Fig. 4, as in Keras; the one-pixel shift of factorised "
                            "reductions is left out."});
  }

 private:
  std::int64_t height(LayerId id) const { return builder_.shape(id).extents[1]; }
  LayerId relu(const std::string& name, LayerId from) {
    return builder_.plain(cell_ + name + "/relu", LayerType::relu, {from});
  }
  LayerId normalized(const std::string& name, LayerId from) {
    return builder_.plain(cell_ + name + "/normalization", LayerType::batch_normalization, {from});
  }

  /// ReLU, depthwise, pointwise, normalisation: twice, the stride in the first.
  LayerId separable(const std::string& name, LayerId from, int kernel, int stride = 1) {
    LayerId last = from;
    for (const char part : {'a', 'b'}) {
      const std::string own = name + "/" + part;
      last = relu(own, last);
      const auto channels = builder_.channels(last);
      last = builder_.convolution(cell_ + own + "/depthwise", last, channels,
                                  {.kernel = kernel,
                                   .stride = part == 'a' ? stride : 1,
                                   .padding = kernel / 2,
                                   .groups = static_cast<int>(channels)});
      last = builder_.convolution(cell_ + own + "/pointwise", last, filters_, {});
      last = normalized(own, last);
    }
    return last;
  }

  LayerId pool(const std::string& name, LayerType type, LayerId from, int stride) {
    return builder_.pool(cell_ + name, type, from, {.kernel = 3, .stride = stride, .padding = 1});
  }
  LayerId sum(const std::string& name, LayerId a, LayerId b) { return builder_.plain(cell_ + name, add, {a, b}); }

  /// The cell before the last, brought to the size of the last.
  LayerId adjusted() {
    if (before_ < 0) return here_;
    if (height(before_) != height(here_)) {
      const LayerId from = relu("adjust", before_);
      std::vector<LayerId> paths;
      for (const char path : {'a', 'b'}) {
        const std::string name = fmt::format("{}adjust/{}", cell_, path);
        const LayerId half = builder_.pool(name + "/pool", LayerType::avg_pooling, from, {.stride = 2});
        paths.push_back(builder_.convolution(name + "/convolution", half, filters_ / 2, {}));
      }
      return normalized("adjust", builder_.plain(cell_ + "adjust/join", LayerType::join_concatenate, paths));
    }
    if (builder_.channels(before_) == filters_) return before_;
    const LayerId from = relu("adjust", before_);
    return normalized("adjust", builder_.convolution(cell_ + "adjust/convolution", from, filters_, {}));
  }

  LayerId begin(const std::string& cell, std::int64_t filters) {
    cell_ = cell;
    filters_ = filters;
    return adjusted();
  }
  LayerId squeezed() {
    const LayerId from = relu("squeeze", here_);
    return normalized("squeeze", builder_.convolution(cell_ + "squeeze/convolution", from, filters_, {}));
  }
  void end(std::vector<LayerId> parts) {
    before_ = here_;
    here_ = builder_.plain(cell_ + "join", LayerType::join_concatenate, std::move(parts));
  }

  void normal_cell(const std::string& cell, std::int64_t filters) {
    const LayerId p = begin(cell, filters), h = squeezed();
    const LayerId x1 = sum("1", separable("1/left", h, 5), separable("1/right", p, 3));
    const LayerId x2 = sum("2", separable("2/left", p, 5), separable("2/right", p, 3));
    const LayerId x3 = sum("3", pool("3/left", LayerType::avg_pooling, h, 1), p);
    const LayerId x4 =
        sum("4", pool("4/left", LayerType::avg_pooling, p, 1), pool("4/right", LayerType::avg_pooling, p, 1));
    const LayerId x5 = sum("5", separable("5/left", h, 3), h);
    end({p, x1, x2, x3, x4, x5});
  }

  void reduction_cell(const std::string& cell, std::int64_t filters) {
    const LayerId p = begin(cell, filters), h = squeezed();
    const LayerId x1 = sum("1", separable("1/left", h, 5, 2), separable("1/right", p, 7, 2));
    const LayerId x2 = sum("2", pool("2/left", LayerType::max_pooling, h, 2), separable("2/right", p, 7, 2));
    const LayerId x3 = sum("3", pool("3/left", LayerType::avg_pooling, h, 2), separable("3/right", p, 5, 2));
    const LayerId x4 = sum("4", x2, pool("4/right", LayerType::avg_pooling, x1, 1));
    const LayerId x5 = sum("5", separable("5/left", x1, 3), pool("5/right", LayerType::max_pooling, h, 2));
    end({x2, x3, x4, x5});
  }

  GraphBuilder builder_;
  LayerId here_ = -1, before_ = -1;  // outputs of the last cell and of the one before it
  std::string cell_;
  std::int64_t filters_ = 0;
};

}  // namespace

Model nasnet_mobile() { return NasNet().build(); }

}  // namespace tiercut::model::builders
