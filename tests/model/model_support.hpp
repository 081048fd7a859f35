// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "model/model.hpp"

/// What the tests of model/ share.
namespace tiercut::model {

inline std::string source_path(const std::string& below) { return std::string(TIERCUT_SOURCE_DIR) + "/" + below; }

/// The model in the text; a test failure with the diagnostics, and null, when it is refused.
inline ModelPointer model_of(const std::string& text) {
  Result<Document> document = parse_document(text, "test.yaml");
  EXPECT_TRUE(document) << to_text(document.error());
  if (!document) return nullptr;
  Result<ModelPointer> model = model_from(*document);
  EXPECT_TRUE(model) << to_text(model.error());
  return model ? *model : nullptr;
}

inline ModelPointer zoo(const std::string& name) {
  Result<ModelPointer> model = read_model(source_path("model/zoo/" + name + ".yaml"));
  EXPECT_TRUE(model) << to_text(model.error());
  return model ? *model : nullptr;
}

/// A layer for builders of models in tests.
inline Layer make_layer(std::string name, LayerType type, std::vector<LayerId> inputs,
                        LayerParameters parameters = {}) {
  Layer layer;
  layer.name = std::move(name);
  layer.type = type;
  layer.inputs = std::move(inputs);
  layer.parameters = parameters;
  return layer;
}

inline Layer make_input(std::string name, std::vector<std::int64_t> extents, Encoding encoding = Encoding::f32) {
  Layer layer = make_layer(std::move(name), LayerType::input, {});
  layer.shape.extents = std::move(extents);
  layer.parameters.encoding = encoding;
  return layer;
}

inline LayerParameters with_outputs(std::int64_t outputs) {
  LayerParameters parameters;
  parameters.outputs = outputs;
  return parameters;
}

}  // namespace tiercut::model
