// SPDX-License-Identifier: Apache-2.0
#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

/// image -> a -> b -> answer, with a branch a -> side.
Model with_branch() {
  Model model;
  model.name = "branch";
  model.layers = {make_input("image", {6}), make_layer("a", LayerType::linear, {0}, with_outputs(5)),
                  make_layer("side", LayerType::linear, {1}, with_outputs(2)),
                  make_layer("b", LayerType::linear, {1}, with_outputs(4)),
                  make_layer("answer", LayerType::output, {3})};
  model.exits = {{"side", 2, Confidence::normalized_entropy, {0, 1}, {0, 1}}};
  return model;
}

std::vector<std::string> codes(const Result<void>& result) {
  std::vector<std::string> found;
  if (result) return found;
  for (const Diagnostic& diagnostic : result.error()) found.push_back(diagnostic.code);
  return found;
}

TEST(Model, AnswersQuestionsOfItsGraph) {
  Model model = with_branch();
  ASSERT_TRUE(model.finish());
  EXPECT_EQ(model.inputs(), std::vector<LayerId>{0});
  EXPECT_EQ(model.output(), 4);
  EXPECT_EQ(model.consumers(1), (std::vector<LayerId>{2, 3}));
  EXPECT_EQ(model.find("b"), 3);
  EXPECT_EQ(model.find("c"), -1);
  EXPECT_EQ(model.levels(), (std::vector<int>{0, 0, 0, 1, 1}));
  EXPECT_EQ(model.answer_layer(0), 2);
  EXPECT_EQ(model.answer_layer(1), 3);
  EXPECT_EQ(model.total_weights(), 35 + 12 + 24);  // (6+1)*5 + (5+1)*2 + (5+1)*4
  EXPECT_EQ(model.total_macs(), 30 + 10 + 20);
  EXPECT_EQ(model.total_weight_bytes(), Bytes(284));
}

TEST(Model, LevelIsThatOfTheExitThatIsAskedFirst) {
  // The exit of the later layer is asked first, so it makes all before it its own.
  Model model = with_branch();
  model.layers = {make_input("image", {6}), make_layer("a", LayerType::linear, {0}, with_outputs(5)),
                  make_layer("b", LayerType::linear, {1}, with_outputs(4)),
                  make_layer("c", LayerType::linear, {2}, with_outputs(4)),
                  make_layer("answer", LayerType::output, {3})};
  model.exits = {{"late", 2, Confidence::margin, {0}, {0, 1, 2, 3}},
                 {"early", 1, Confidence::margin, {0}, {0, 1, 2, 3, -1}}};
  const Result<void> finished = model.finish();
  ASSERT_TRUE(finished) << to_text(finished.error());
  EXPECT_EQ(model.levels(), (std::vector<int>{0, 0, 0, 2, 2}));
}

TEST(Model, KnowsAChainWithExits) {
  Model model = with_branch();
  ASSERT_TRUE(model.finish());
  EXPECT_TRUE(model.is_chain_with_exits());
}

TEST(Model, ABranchThatBranchesIsNoChain) {
  Model model = with_branch();
  model.layers.push_back(make_layer("left", LayerType::linear, {2}, with_outputs(2)));
  model.layers.push_back(make_layer("right", LayerType::linear, {2}, with_outputs(2)));
  model.exits = {{"left", 5, Confidence::margin, {0}, {0, 1}}, {"right", 6, Confidence::margin, {0}, {0, 1}}};
  const Result<void> finished = model.finish();
  ASSERT_TRUE(finished) << to_text(finished.error());
  EXPECT_FALSE(model.is_chain_with_exits());
}

TEST(Model, AJoinOfTwoIsNoChain) {
  Model model;
  model.layers = {make_input("image", {6}), make_layer("a", LayerType::tanh, {0}),
                  make_layer("sum", LayerType::join_add, {0, 1}), make_layer("answer", LayerType::output, {2})};
  ASSERT_TRUE(model.finish());
  EXPECT_FALSE(model.is_chain_with_exits());
}

TEST(Model, TwoInputsThatNeverMeetAreNoChain) {
  Model model;
  model.layers = {make_input("first", {6}), make_input("second", {6}),
                  make_layer("side", LayerType::linear, {0}, with_outputs(2)),
                  make_layer("answer", LayerType::output, {1})};
  model.exits = {{"side", 2, Confidence::margin, {0, 1}, {0, 1}}};
  ASSERT_TRUE(model.finish());
  EXPECT_FALSE(model.is_chain_with_exits());
}

TEST(ModelFinish, RefusesAnInputThatStandsLater) {
  Model model = with_branch();
  model.layers[1].inputs = {3};
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"cyclic-model"});
}

TEST(ModelFinish, RefusesEqualNames) {
  Model model = with_branch();
  model.layers[3].name = "a";
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"duplicate-name"});
}

TEST(ModelFinish, RefusesAModelWithoutOutputOrInput) {
  Model model;
  EXPECT_EQ(codes(model.finish()), (std::vector<std::string>{"missing-input", "missing-output"}));
}

TEST(ModelFinish, RefusesClassesThatDoNotFit) {
  Model model = with_branch();
  model.exits[0].class_map = {0, 4};  // the model has classes 0 to 3
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"bad-class-map"});
  model.exits[0].class_map = {0};
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"bad-class-map"});
  model.exits[0].class_map = {-1, 1};
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"bad-class-map"});
  model.exits[0].answers = {1};
  EXPECT_TRUE(model.finish());
  model.exits[0].answers = {1, 1};
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"bad-class-map"});
  model.exits[0].answers = {};
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"bad-class-map"});
}

TEST(ModelFinish, RefusesAnExitWithoutAChoice) {
  Model model = with_branch();
  model.layers[2].parameters.outputs = 1;
  model.exits[0].answers = {0};
  model.exits[0].class_map = {0};
  EXPECT_EQ(codes(model.finish()), std::vector<std::string>{"bad-exit"});
}

TEST(ModelFinish, NamesTheLayerItRefuses) {
  Model model = with_branch();
  model.layers.push_back(make_layer("loose", LayerType::tanh, {0}));
  const Result<void> finished = model.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error()[0].code, "dead-layer");
  EXPECT_EQ(finished.error()[0].where.path, "layers.loose");
}

}  // namespace
}  // namespace tiercut::model
