// SPDX-License-Identifier: Apache-2.0
#include "model/builders/graph_builder.hpp"

#include <stdexcept>

namespace tiercut::model::builders {
namespace {

Window window_of(const Sliding& sliding) {
  return {sliding.kernel.height, sliding.kernel.width,   sliding.stride,
          sliding.stride,        sliding.padding.height, sliding.padding.width};
}

}  // namespace

LayerId GraphBuilder::add(const std::string& name, LayerType type, std::vector<LayerId> from,
                          const LayerParameters& parameters) {
  Layer layer;
  layer.name = name;
  layer.type = type;
  layer.parameters = parameters;
  layer.inputs = std::move(from);
  std::vector<const Layer*> inputs;
  for (const LayerId id : layer.inputs) inputs.push_back(&model_.layer(id));
  if (const std::string misfit = derive(layer, inputs); !misfit.empty())
    throw std::logic_error("layer `" + name + "`: " + misfit);
  model_.layers.push_back(std::move(layer));
  return model_.layer_count() - 1;
}

LayerId GraphBuilder::input(const std::string& name, std::vector<std::int64_t> extents, Encoding encoding) {
  Layer layer;
  layer.name = name;
  layer.shape.extents = std::move(extents);
  layer.parameters.encoding = encoding;
  if (const std::string misfit = derive(layer, {}); !misfit.empty()) throw std::logic_error(name + ": " + misfit);
  model_.layers.push_back(std::move(layer));
  return model_.layer_count() - 1;
}

LayerId GraphBuilder::convolution(const std::string& name, LayerId from, std::int64_t outputs, const Sliding& window) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  parameters.has_bias = window.has_bias;
  parameters.groups = window.groups;
  parameters.window = window_of(window);
  return add(name, LayerType::convolution, {from}, parameters);
}

LayerId GraphBuilder::pool(const std::string& name, LayerType type, LayerId from, const Sliding& window) {
  LayerParameters parameters;
  parameters.window = window_of(window);
  return add(name, type, {from}, parameters);
}

LayerId GraphBuilder::linear(const std::string& name, LayerId from, std::int64_t outputs) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  return add(name, LayerType::linear, {from}, parameters);
}

LayerId GraphBuilder::plain(const std::string& name, LayerType type, std::vector<LayerId> from) {
  return add(name, type, std::move(from), {});
}

LayerId GraphBuilder::unit(const std::string& name, LayerId from, std::int64_t outputs, const Sliding& window,
                           bool has_relu) {
  LayerId last = convolution(name + "/convolution", from, outputs, window);
  last = plain(name + "/normalization", LayerType::batch_normalization, {last});
  return has_relu ? plain(name + "/relu", LayerType::relu, {last}) : last;
}

void GraphBuilder::classify(LayerId from, std::int64_t classes) {
  const auto& image = shape(from).extents;
  LayerId last =
      pool("pool", LayerType::avg_pooling, from, {.kernel = {static_cast<int>(image[1]), static_cast<int>(image[2])}});
  last = plain("flatten", LayerType::flatten, {last});
  last = linear("classes", last, classes);
  last = plain("softmax", LayerType::softmax, {last});
  plain("answer", LayerType::output, {last});
}

Model GraphBuilder::finish(std::string name, std::string description, std::vector<std::string> notes) {
  model_.name = std::move(name);
  model_.description = std::move(description);
  model_.notes = std::move(notes);
  if (const auto finished = model_.finish(); !finished) throw std::logic_error(to_text(finished.error()));
  return std::move(model_);
}

}  // namespace tiercut::model::builders
