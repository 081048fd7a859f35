// SPDX-License-Identifier: Apache-2.0
#include "training/layers/batch_graph.hpp"

namespace tiercut::training {

using model::LayerId;
using model::LayerType;

BatchGraph::BatchGraph(const model::Model& model)
    : model_(model), nodes_(model.layers.size()), inputs_(model.inputs()) {
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const model::Layer& layer = model.layer(id);
    std::vector<const model::Layer*> inputs;
    for (const LayerId input : layer.inputs) inputs.push_back(&model.layer(input));
    Node& made = node(id);
    made.layer = make_layer(layer, inputs);
    made.learns = made.layer && made.layer->parameters().values.size() > 0;
    for (const LayerId input : layer.inputs) {
      const LayerId from = holder(input);
      made.learns = made.learns || node(from).learns;
      made.routes.push_back({from, false, false, {}});
    }
    made.inputs.resize(inputs.size());
    made.input_gradients.resize(inputs.size());
  }
}

LayerId BatchGraph::holder(LayerId id) const {
  while (is_renaming(model_.layer(id).type)) id = model_.layer(id).inputs[0];
  return id;
}

std::vector<LayerId> BatchGraph::path_to(const std::vector<LayerId>& targets) const {
  std::vector<bool> is_needed(nodes_.size(), false);
  for (const LayerId target : targets) is_needed[static_cast<std::size_t>(holder(target))] = true;
  std::vector<LayerId> path;
  for (LayerId id = model_.layer_count() - 1; id >= 0; --id) {
    if (!is_needed[static_cast<std::size_t>(id)]) continue;
    path.push_back(id);
    for (const Route& route : node(id).routes) is_needed[static_cast<std::size_t>(route.from)] = true;
  }
  std::ranges::reverse(path);
  return path;
}

void BatchGraph::reserve(const std::vector<LayerId>& path, Index samples) {
  for (const LayerId id : path) {
    Node& at = node(id);
    const auto count = static_cast<std::size_t>(samples);
    at.values.reserve(count * elements(id));
    if (at.layer) at.layer->reserve(samples);
    if (!has_backward_) continue;
    if (at.learns) at.gradient.reserve(count * elements(id));
    for (Route& route : at.routes) {
      if (route.is_added) route.apart.reserve(count * elements(route.from));
    }
  }
}

void BatchGraph::mark_absent(const std::vector<LayerId>& path, const std::vector<bool>& present) {
  for (const LayerId id : path) node(id).is_absent = false;
  if (present.empty()) return;
  for (std::size_t i = 0; i < inputs_.size(); ++i) node(inputs_[i]).is_absent = !present[i];
  for (const LayerId id : path) {
    Node& at = node(id);
    if (at.routes.empty()) continue;
    at.is_absent = std::ranges::all_of(at.routes, [&](const Route& route) { return node(route.from).is_absent; });
  }
}

void BatchGraph::forward(const std::vector<LayerId>& path, Index samples, Mode mode, const std::vector<bool>& present) {
  mark_absent(path, present);
  for (const LayerId id : path) {
    Node& at = node(id);
    if (!at.layer || at.is_absent) continue;
    for (std::size_t i = 0; i < at.routes.size(); ++i) {
      const Node& from = node(at.routes[i].from);
      at.inputs[i] = from.is_absent ? nullptr : from.values.data();
    }
    at.layer->forward({samples, mode, at.inputs, at.values.data()});
  }
}

void BatchGraph::prepare_backward(const std::vector<LayerId>& path, const std::vector<LayerId>& written) {
  std::vector<bool> is_written(nodes_.size(), false);
  for (const LayerId id : written) is_written[static_cast<std::size_t>(holder(id))] = true;
  for (auto at = path.rbegin(); at != path.rend(); ++at) {
    for (Route& route : node(*at).routes) {
      route.is_wanted = node(route.from).learns;
      if (!route.is_wanted) continue;
      route.is_added = is_written[static_cast<std::size_t>(route.from)];
      is_written[static_cast<std::size_t>(route.from)] = true;
    }
  }
  has_backward_ = true;
}

void BatchGraph::backward(const std::vector<LayerId>& path, Index samples) {
  for (auto last = path.rbegin(); last != path.rend(); ++last) {
    Node& at = node(*last);
    if (!at.layer || !at.learns) continue;
    for (std::size_t i = 0; i < at.routes.size(); ++i) {
      Route& route = at.routes[i];
      float* straight = node(route.from).gradient.data();
      at.input_gradients[i] = !route.is_wanted ? nullptr : route.is_added ? route.apart.data() : straight;
    }
    at.layer->backward({samples, at.inputs, at.values.data(), at.gradient.data(), at.input_gradients});
    for (const Route& route : at.routes) {
      if (!route.is_wanted || !route.is_added) continue;
      float* __restrict sum = node(route.from).gradient.data();
      const float* __restrict part = route.apart.data();
      const std::size_t count = static_cast<std::size_t>(samples) * elements(route.from);
      for (std::size_t i = 0; i < count; ++i) sum[i] += part[i];
    }
  }
}

}  // namespace tiercut::training
