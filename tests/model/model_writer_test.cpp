// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "model/model_writer.hpp"
#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.description, b.description);
  EXPECT_EQ(a.notes, b.notes);
  ASSERT_EQ(a.layer_count(), b.layer_count());
  for (LayerId id = 0; id < a.layer_count(); ++id) {
    const Layer &x = a.layer(id), &y = b.layer(id);
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.type, y.type) << x.name;
    EXPECT_EQ(x.inputs, y.inputs) << x.name;
    EXPECT_EQ(x.shape, y.shape) << x.name;
    EXPECT_EQ(x.encoding, y.encoding) << x.name;
    EXPECT_EQ(x.weights, y.weights) << x.name;
    EXPECT_EQ(x.macs, y.macs) << x.name;
    EXPECT_EQ(x.parameters.threshold, y.parameters.threshold) << x.name;
    EXPECT_EQ(x.parameters.value, y.parameters.value) << x.name;
  }
  ASSERT_EQ(a.exits.size(), b.exits.size());
  for (std::size_t k = 0; k < a.exits.size(); ++k) {
    EXPECT_EQ(a.exits[k].name, b.exits[k].name);
    EXPECT_EQ(a.exits[k].layer, b.exits[k].layer);
    EXPECT_EQ(a.exits[k].confidence, b.exits[k].confidence);
    EXPECT_EQ(a.exits[k].answers, b.exits[k].answers);
    EXPECT_EQ(a.exits[k].class_map, b.exits[k].class_map);
  }
}

TEST(ModelWriter, EveryShippedModelSurvives) {
  int models = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_path("model/zoo"))) {
    if (entry.path().extension() != ".yaml") continue;
    const Result<ModelPointer> shipped = read_model(entry.path().string());
    ASSERT_TRUE(shipped) << entry.path();
    const ModelPointer again = model_of(to_yaml(**shipped));
    ASSERT_NE(again, nullptr) << entry.path();
    expect_same(**shipped, *again);
    ++models;
  }
  EXPECT_GT(models, 20);
}

TEST(ModelWriter, KeepsWhatIsUnusual) {
  const ModelPointer model = model_of(R"yaml(schema: tiercut/model/1
name: "odd \"names\""
layers:
  - {name: image, type: Input, shape: [4, 9, 8], encoding: int8}
  - {name: a, type: Convolution, input: image, outputs: 8, kernel: [3, 1], stride: [2, 1], padding: [1, 0], groups: 4, bias: false}
  - {name: b, type: AvgPooling, kernel: [2, 3], round: ceil}
  - {name: c, type: PReLU, input: a, slopes: channel}
  - {name: d, type: Flatten, input: [c]}
  - {name: e, type: Flatten, input: b}
  - {name: f, type: JoinConcatenate, input: [e, d]}
  - {name: g, type: JoinMax, input: [f]}
  - {name: h, type: Linear, outputs: 3, bias: false}
  - {name: answer, type: Output}
)yaml");
  ASSERT_NE(model, nullptr);
  const ModelPointer again = model_of(to_yaml(*model));
  ASSERT_NE(again, nullptr);
  expect_same(*model, *again);
}

}  // namespace
}  // namespace tiercut::model
