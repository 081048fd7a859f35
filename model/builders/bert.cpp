// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/builders/graph_builder.hpp"
#include "model/builders/networks.hpp"

namespace tiercut::model::builders {
namespace {

constexpr int hidden = 768, heads = 12, tokens = 128, layers = 12;
constexpr Sliding dense{.has_bias = true};

/// Scores and context stand as grouped convolutions that multiply as often as the products of queries, keys and values;
/// sums keep the graph's dependences.
LayerId attention(GraphBuilder& builder, const std::string& name, LayerId from) {
  const Sliding by_head{.groups = heads};
  const LayerId query = builder.convolution(name + "/query", from, hidden, dense);
  const LayerId key = builder.convolution(name + "/key", from, hidden, dense);
  const LayerId value = builder.convolution(name + "/value", from, hidden, dense);
  const LayerId both = builder.plain(name + "/query-key", LayerType::join_add, {query, key});
  const LayerId scores = builder.convolution(name + "/scores", both, heads * tokens, by_head);
  const LayerId shares = builder.plain(name + "/softmax", LayerType::softmax, {scores});
  const LayerId context = builder.convolution(name + "/context", shares, hidden, by_head);
  const LayerId mixed = builder.plain(name + "/context-value", LayerType::join_add, {context, value});
  return builder.convolution(name + "/output", mixed, hidden, dense);
}

LayerId with_residual(GraphBuilder& builder, const std::string& name, LayerId last, LayerId before) {
  last = builder.plain(name + "/add", LayerType::join_add, {last, before});
  return builder.plain(name + "/normalization", LayerType::batch_normalization, {last});
}

}  // namespace

Model bert_base() {
  GraphBuilder builder;
  LayerId last = builder.input("embedded", {hidden, tokens, 1}, Encoding::f32);
  for (int layer = 1; layer <= layers; ++layer) {
    const std::string name = fmt::format("layer{}", layer);
    last = with_residual(builder, name + "/attention", attention(builder, name + "/attention", last), last);
    LayerId inner = builder.convolution(name + "/intermediate", last, 4 * hidden, dense);
    inner = builder.plain(name + "/activation", LayerType::sigmoid, {inner});
    inner = builder.convolution(name + "/output", inner, hidden, dense);
    last = with_residual(builder, name, inner, last);
  }
  builder.classify(last, 2);
  return builder.finish("bert-base", "BERT base on 128 embedded tokens, two classes: for costs, not for executing.",
                        {"Source: Devlin et al., NAACL 2019; L = 12, H = 768, A = 12.",
                         "The embedding tables (23.8 M parameters, no multiply-accumulates) are left out: what arises "
                         "is embedded tokens.",
                         "Products of two tensors are grouped convolutions with as many multiply-accumulates; their "
                         "2.36 M weights do not exist.",
                         "Layer normalisation stands as BatchNormalization (four parameters a channel instead of two), "
                         "GELU as Sigmoid, the "
                         "pooler as a mean over tokens."});
}

}  // namespace tiercut::model::builders
