// SPDX-License-Identifier: Apache-2.0
#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

constexpr const char* head = "schema: tiercut/model/1\nname: test\nlayers:\n";

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Layer& layer : model.layers) names.push_back(layer.name);
  return names;
}

TEST(ModelReader, TakesTheLayerBeforeAsDefaultInput) {
  const ModelPointer model = model_of(std::string(head) +
                                      "  - {name: a, type: Input, shape: [4]}\n"
                                      "  - {name: b, type: Tanh}\n"
                                      "  - {name: c, type: Output}\n");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->layer(1).inputs, std::vector<LayerId>{0});
  EXPECT_EQ(model->layer(2).inputs, std::vector<LayerId>{1});
}

TEST(ModelReader, KeepsTheOrderOfAFileThatIsInOrder) {
  const ModelPointer model = model_of(std::string(head) +
                                      "  - {name: z, type: Input, shape: [4]}\n"
                                      "  - {name: m, type: Input, shape: [4]}\n"
                                      "  - {name: y, type: Tanh, input: z}\n"
                                      "  - {name: a, type: JoinAdd, input: [m, y]}\n"
                                      "  - {name: o, type: Output}\n");
  ASSERT_TRUE(model);
  EXPECT_EQ(names_of(*model), (std::vector<std::string>{"z", "m", "y", "a", "o"}));
}

TEST(ModelReader, SortsAFileThatIsNot) {
  const ModelPointer model = model_of(std::string(head) +
                                      "  - {name: o, type: Output, input: a}\n"
                                      "  - {name: a, type: JoinAdd, input: [m, y]}\n"
                                      "  - {name: y, type: Tanh, input: z}\n"
                                      "  - {name: z, type: Input, shape: [4]}\n"
                                      "  - {name: m, type: Input, shape: [4]}\n");
  ASSERT_TRUE(model);
  EXPECT_EQ(names_of(*model), (std::vector<std::string>{"z", "y", "m", "a", "o"}));
  EXPECT_EQ(model->layer(3).inputs, (std::vector<LayerId>{2, 1}));  // in the order in which the join names them
}

TEST(ModelReader, ReadsEveryParameter) {
  const ModelPointer model =
      model_of(std::string(head) +
               "  - {name: image, type: Input, shape: [4, 12, 12], encoding: int8}\n"
               "  - {name: conv, type: Convolution, outputs: 6, kernel: [3, 5], stride: 2, padding: [1, 0], groups: 2, "
               "bias: false}\n"
               "  - {name: slope, type: PReLU, slopes: channel}\n"
               "  - {name: pool, type: AvgPooling, kernel: 2, round: ceil}\n"
               "  - {name: step, type: Threshold, threshold: 0.5, value: -1}\n"
               "  - {name: both, type: JoinConcatenate, input: [step, pool], axis: 1}\n"
               "  - {name: bits, type: BinaryConvP, outputs: 8, kernel: 1, pool: {kernel: 2, stride: 1}}\n"
               "  - {name: scores, type: BinaryFC, outputs: 5}\n"
               "  - {name: answer, type: Output, shape: [5]}\n");
  ASSERT_TRUE(model);
  const auto parameters = [&](std::string_view name) { return model->layer(model->find(name)).parameters; };
  EXPECT_EQ(parameters("image").encoding, Encoding::int8);
  const LayerParameters conv = parameters("conv");
  EXPECT_EQ(conv.outputs, 6);
  EXPECT_FALSE(conv.has_bias);
  EXPECT_EQ(conv.groups, 2);
  EXPECT_EQ(conv.window.kernel_height, 3);
  EXPECT_EQ(conv.window.kernel_width, 5);
  EXPECT_EQ(conv.window.stride_height, 2);
  EXPECT_EQ(conv.window.pad_height, 1);
  EXPECT_EQ(conv.window.pad_width, 0);
  EXPECT_TRUE(parameters("slope").is_per_channel);
  EXPECT_TRUE(parameters("pool").is_ceil);
  EXPECT_EQ(parameters("pool").window.stride_width, 2);  // as the kernel
  EXPECT_EQ(parameters("step").threshold, 0.5);
  EXPECT_EQ(parameters("step").value, -1);
  EXPECT_EQ(parameters("both").axis, 1);
  EXPECT_EQ(parameters("bits").pool.stride_height, 1);
  // conv (12+2-3)/2+1 = 6 by (12-5)/2+1 = 4; pool 3x2; joined 6x2; convolved alike; pooled 5x1.
  EXPECT_EQ(to_text(model->layer(model->find("bits")).shape), "8x5x1");
}

TEST(ModelReader, ExitsKeepTheirOrderAndDefaults) {
  const ModelPointer model =
      model_of(std::string(head) +
               "  - {name: image, type: Input, shape: [4]}\n"
               "  - {name: first, type: Linear, outputs: 3}\n"
               "  - {name: second, type: Linear, outputs: 4}\n"
               "  - {name: third, type: Linear, outputs: 3}\n"
               "  - {name: answer, type: Output}\n"
               "exits:\n"
               "  z: {layer: first}\n"
               "  a: {layer: second, confidence: margin, answers: [2, 0], class_map: {3: none}}\n");
  ASSERT_TRUE(model);
  ASSERT_EQ(model->exits.size(), 2U);
  EXPECT_EQ(model->exits[0].name, "z");
  EXPECT_EQ(model->exits[0].confidence, Confidence::normalized_entropy);
  EXPECT_EQ(model->exits[0].answers, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(model->exits[0].class_map, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(model->exits[1].confidence, Confidence::margin);
  EXPECT_EQ(model->exits[1].answers, (std::vector<int>{2, 0}));
  EXPECT_EQ(model->exits[1].class_map, (std::vector<int>{0, 1, 2, -1}));
}

TEST(ModelReader, KeepsTheSourceForHashes) {
  const std::string text = std::string(head) + "  - {name: a, type: Input, shape: [4]}\n  - {name: c, type: Output}\n";
  const ModelPointer model = model_of(text);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->source, text);
  EXPECT_EQ(model->file, "test.yaml");
  EXPECT_EQ(model->name, "test");
}

TEST(ModelReader, RefusesAModelWithTooManyLayers) {
  std::string text = std::string(head) + "  - {name: a, type: Input, shape: [4]}\n";
  for (int i = 0; i < 10'000; ++i) text += "  - {name: t" + std::to_string(i) + ", type: Tanh}\n";
  const Result<Document> document = parse_document(text, "long.yaml");
  ASSERT_TRUE(document);
  const Result<ModelPointer> model = model_from(*document);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error()[0].code, "too-large");
}

Diagnostics refusal_of(const std::string& text) {
  const Result<Document> document = parse_document(text, "bad.yaml");
  EXPECT_TRUE(document);
  const Result<ModelPointer> model = model_from(*document);
  EXPECT_FALSE(model);
  return model ? Diagnostics{} : model.error();
}

TEST(ModelReader, LeavesAnotherKindOfFileAlone) {
  const Diagnostics found = refusal_of(
      "schema: tiercut/scenario/1\nname: test\nlayers:\n"
      "  - {name: a, type: Input}\n  - {name: b, type: Linear}\n  - {name: c, type: Output}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "wrong-schema");
}

TEST(ModelReader, EndsAtThousandsOfFormatErrors) {
  std::string text = std::string(head) + "  - {name: a, type: Input, shape: [4]}\n";
  for (int i = 0; i < 5000; ++i) text += "  - {name: t" + std::to_string(i) + ", type: Linear, colour: red}\n";
  EXPECT_GE(refusal_of(text).size(), 100U);
}

TEST(ModelFormat, NamesEveryLayerTypeInItsJsonSchema) {
  const std::string text = json_schema(model_format());
  for (int i = 0; i < layer_type_count; ++i) {
    std::string type = "\"";
    type.append(to_text(static_cast<LayerType>(i))).append("\"");
    EXPECT_NE(text.find(type), std::string::npos) << type;
  }
}

}  // namespace
}  // namespace tiercut::model
