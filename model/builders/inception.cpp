// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/builders/graph_builder.hpp"
#include "model/builders/networks.hpp"

namespace tiercut::model::builders {
namespace {

/// The blocks of the paper's figures 5 to 7 and 10, named as torchvision names them.
class Inception {
 public:
  Model build() {
    last_ = builder_.input("image", {3, 299, 299}, Encoding::int8);
    last_ = builder_.unit("stem1", last_, 32, {.kernel = 3, .stride = 2});
    last_ = builder_.unit("stem2", last_, 32, {.kernel = 3});
    last_ = builder_.unit("stem3", last_, 64, {.kernel = 3, .padding = 1});
    last_ = builder_.pool("stem3/pool", LayerType::max_pooling, last_, {.kernel = 3, .stride = 2});
    last_ = builder_.unit("stem4", last_, 80, {});
    last_ = builder_.unit("stem5", last_, 192, {.kernel = 3});
    last_ = builder_.pool("stem5/pool", LayerType::max_pooling, last_, {.kernel = 3, .stride = 2});
    for (const int pooled : {32, 64, 64}) block_a(pooled);
    block_b();
    for (const int narrow : {128, 160, 160, 192}) block_c(narrow);
    block_d();
    block_e();
    block_e();
    builder_.classify(last_, 1000);
    return builder_.finish("inception-v3", "Inception v3 without its auxiliary classifier, 1000 classes.",
                           {"Source: Szegedy et al., CVPR 2016, as in torchvision."});
  }

 private:
  void begin() { name_ = fmt::format("block{}/", ++number_); }
  LayerId unit(const std::string& name, LayerId from, std::int64_t outputs, const Sliding& window = {}) {
    return builder_.unit(name_ + name, from, outputs, window);
  }
  LayerId pooled(std::int64_t outputs) {
    const LayerId pool =
        builder_.pool(name_ + "pool/average", LayerType::avg_pooling, last_, {.kernel = 3, .padding = 1});
    return unit("pool", pool, outputs);
  }
  LayerId halved() { return builder_.pool(name_ + "pool", LayerType::max_pooling, last_, {.kernel = 3, .stride = 2}); }
  void join(std::vector<LayerId> branches) {
    last_ = builder_.plain(name_ + "join", LayerType::join_concatenate, std::move(branches));
  }

  void block_a(std::int64_t pool_outputs) {
    begin();
    const LayerId one = unit("1x1", last_, 64);
    const LayerId five = unit("5x5/b", unit("5x5/a", last_, 48), 64, {.kernel = 5, .padding = 2});
    LayerId twice = unit("3x3/b", unit("3x3/a", last_, 64), 96, {.kernel = 3, .padding = 1});
    twice = unit("3x3/c", twice, 96, {.kernel = 3, .padding = 1});
    join({one, five, twice, pooled(pool_outputs)});
  }
  void block_b() {
    begin();
    const LayerId three = unit("3x3", last_, 384, {.kernel = 3, .stride = 2});
    LayerId twice = unit("double/b", unit("double/a", last_, 64), 96, {.kernel = 3, .padding = 1});
    twice = unit("double/c", twice, 96, {.kernel = 3, .stride = 2});
    join({three, twice, halved()});
  }
  void block_c(std::int64_t narrow) {
    begin();
    const Sliding wide{.kernel = {1, 7}, .padding = {0, 3}}, tall{.kernel = {7, 1}, .padding = {3, 0}};
    const LayerId one = unit("1x1", last_, 192);
    LayerId once = unit("7x7/b", unit("7x7/a", last_, narrow), narrow, wide);
    once = unit("7x7/c", once, 192, tall);
    LayerId twice = unit("double/b", unit("double/a", last_, narrow), narrow, tall);
    twice = unit("double/d", unit("double/c", twice, narrow, wide), narrow, tall);
    twice = unit("double/e", twice, 192, wide);
    join({one, once, twice, pooled(192)});
  }
  void block_d() {
    begin();
    const LayerId three = unit("3x3/b", unit("3x3/a", last_, 192), 320, {.kernel = 3, .stride = 2});
    LayerId seven = unit("7x7/b", unit("7x7/a", last_, 192), 192, {.kernel = {1, 7}, .padding = {0, 3}});
    seven = unit("7x7/c", seven, 192, {.kernel = {7, 1}, .padding = {3, 0}});
    seven = unit("7x7/d", seven, 192, {.kernel = 3, .stride = 2});
    join({three, seven, halved()});
  }
  void block_e() {
    begin();
    const Sliding wide{.kernel = {1, 3}, .padding = {0, 1}}, tall{.kernel = {3, 1}, .padding = {1, 0}};
    const LayerId one = unit("1x1", last_, 320);
    const LayerId three = unit("3x3/a", last_, 384);
    const LayerId three_wide = unit("3x3/b", three, 384, wide), three_tall = unit("3x3/c", three, 384, tall);
    const LayerId twice = unit("double/b", unit("double/a", last_, 448), 384, {.kernel = 3, .padding = 1});
    const LayerId twice_wide = unit("double/c", twice, 384, wide), twice_tall = unit("double/d", twice, 384, tall);
    join({one, three_wide, three_tall, twice_wide, twice_tall, pooled(192)});
  }

  GraphBuilder builder_;
  LayerId last_ = -1;
  std::string name_;
  int number_ = 0;
};

}  // namespace

Model inception_v3() { return Inception().build(); }

}  // namespace tiercut::model::builders
