// SPDX-License-Identifier: Apache-2.0
#include "training/session/training_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "made_digits.hpp"

namespace tiercut::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string name_of(const Training& training, const LossTerm& term) { return training.model->layer(term.layer).name; }

TEST(TrainingFile, HasTheDefaultsThatItsFormatStates) {
  const ScratchFolder folder;
  const auto training = make_training(folder, "epochs: 3\n");
  ASSERT_TRUE(training) << to_text(training.error());
  const Training& made = **training;
  EXPECT_EQ(made.seed, 1u);
  EXPECT_EQ(made.check_samples, 100u);
  ASSERT_EQ(made.stages.size(), 1u);
  EXPECT_EQ(made.stages[0].epochs, 3);
  EXPECT_EQ(made.stages[0].batch, 16u);
  ASSERT_EQ(made.stages[0].loss.size(), 2u);
  EXPECT_EQ(name_of(made, made.stages[0].loss[0]), "early/softmax");
  EXPECT_EQ(name_of(made, made.stages[0].loss[1]), "softmax");
  EXPECT_EQ(made.stages[0].loss[0].weight, 1);
  EXPECT_EQ(made.outputs.weights, "made-training.weights");
  EXPECT_EQ(made.outputs.metrics, "made-training.metrics.json");
  EXPECT_EQ(made.data.shape, std::vector<std::int64_t>{36});
  EXPECT_EQ(made.test_data().part, "test");
  EXPECT_THAT(made.test_data().files, ElementsAre("test.images", "test.labels"));
}

TEST(TrainingFile, StagesTakeWhatTheyDoNotSayFromTheFile) {
  const ScratchFolder folder;
  const auto training = make_training(folder, R"(
stages:
  - {name: trunk, epochs: 2, loss: [{layer: final}], optimizer: {method: adam, rate: 0.002, beta1: 0.8}}
  - {name: both, epochs: 5, batch: 32, schedule: [{epoch: 2, rate: 0.05}, {epoch: 4, rate: 0.01}]}
)");
  ASSERT_TRUE(training) << to_text(training.error());
  const auto& stages = (*training)->stages;
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ((*training)->epochs(), 7);
  EXPECT_EQ(stages[0].loss.size(), 1u);
  EXPECT_EQ(stages[0].optimizer.method, Optimizer::Method::adam);
  EXPECT_EQ(stages[0].optimizer.beta1, 0.8);
  EXPECT_EQ(stages[0].batch, 16u);
  EXPECT_EQ(stages[1].loss.size(), 2u);
  EXPECT_EQ(stages[1].optimizer.method, Optimizer::Method::sgd);
  EXPECT_EQ(stages[1].batch, 32u);
  const double rates[] = {0.1, 0.05, 0.05, 0.01, 0.01};
  for (int epoch = 1; epoch <= 5; ++epoch) EXPECT_EQ(stages[1].rate_in(epoch), rates[epoch - 1]) << epoch;
}

TEST(TrainingFile, LossNamesExitsLayersAndPatterns) {
  const ScratchFolder folder;
  const auto training = make_training(folder, R"(
epochs: 1
loss: [{layer: early, weight: 0.3}, {layer: "*scores", weight: 2}, {layer: final}]
)");
  ASSERT_TRUE(training) << to_text(training.error());
  std::vector<std::pair<std::string, double>> terms;
  for (const LossTerm& term : (*training)->stages[0].loss) terms.emplace_back(name_of(**training, term), term.weight);
  EXPECT_THAT(terms, ElementsAre(std::pair("early/softmax", 0.3), std::pair("early/scores", 2.0),
                                 std::pair("scores", 2.0), std::pair("softmax", 1.0)));
}

// The exit of Big-Little's pair says "8" or "no 8": class 8 of the data is its class 1, all others its class 0.
TEST(TrainingFile, ExitsLearnByTheirClassMap) {
  const ScratchFolder folder;
  const auto training = make_training(folder, "epochs: 1\n", {"model=big-little/big-little", "data={format: mnist}"});
  ASSERT_TRUE(training) << to_text(training.error());
  EXPECT_THAT((*training)->stages[0].loss[0].class_map, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 1, 0));
}

TEST(TrainingFile, LossesOfInputsAreSetsInTheModelsOrder) {
  const ScratchFolder folder;
  const auto training = make_training(
      folder, "epochs: 1\ntrace: {measure: margin, calibration: 25e-2, losses: [single, counts, [camera3, camera1]]}\n",
      {"model=ddnn-stand-in/mp-cc-3", "data={format: mnist-six}"});
  ASSERT_TRUE(training) << to_text(training.error());
  const TraceRequest& trace = (*training)->trace;
  EXPECT_EQ(trace.measure, model::Confidence::margin);
  EXPECT_EQ(trace.calibration, 0.25);
  using Lost = std::vector<std::string>;
  EXPECT_THAT(trace.losses, ElementsAre(Lost{"camera1"}, Lost{"camera2"}, Lost{"camera3"}, Lost{"camera2", "camera3"},
                                        Lost{"camera1", "camera3"}));
  EXPECT_THAT((*training)->data.devices, ElementsAre(1, 2, 3));
}

TEST(TrainingFile, TellsAllItsErrorsAtOnceWithTheirPlaces) {
  const ScratchFolder folder;
  const auto training = make_training(folder, R"(
loss: [{layer: erly}]
schedule: [{epoch: 3, rate: 0.1}, {epoch: 2, rate: 0.01}]
epochs: 0
trace: {losses: [[camera1]]}
seeds: 4
)");
  ASSERT_FALSE(training);
  std::vector<std::string> codes;
  for (const Diagnostic& diagnostic : training.error()) {
    codes.push_back(diagnostic.code);
    EXPECT_GT(diagnostic.where.line, 0) << diagnostic.message;
  }
  EXPECT_THAT(codes, ::testing::UnorderedElementsAre("unknown-layer", "bad-training", "out-of-range", "unknown-input",
                                                     "unknown-key"));
  EXPECT_THAT(to_text(training.error()), HasSubstr("did you mean 'early'?"));
}

std::string refusal_of(const std::string& more, const std::vector<std::string>& overrides = {}) {
  const ScratchFolder folder;
  const auto training = make_training(folder, more, overrides);
  return training ? "accepted" : to_text(training.error());
}

TEST(TrainingFile, SaysWhatContradictsItself) {
  EXPECT_THAT(refusal_of(""), HasSubstr("neither `epochs` nor `stages`"));
  EXPECT_THAT(refusal_of("epochs: 2\nstages: [{name: a, epochs: 1}]\n"), HasSubstr("`epochs` beside `stages`"));
  EXPECT_THAT(refusal_of("epochs: 1\n", {"data.held_out=0.5"}), HasSubstr("both test files and `held_out`"));
  EXPECT_THAT(refusal_of("epochs: 1\nloss: [{layer: final}, {layer: softmax}]\n"), HasSubstr("two terms of layer"));
  EXPECT_THAT(refusal_of("epochs: 1\n", {"model=big-little/net4"}), HasSubstr("reference-not-found"));
  EXPECT_THAT(refusal_of("epochs: 1\n", {"model=ddnn-stand-in/mp-cc", "data={format: mnist-six, devices: [1, 2]}"}),
              HasSubstr("data of 2 devices"));
  EXPECT_THAT(refusal_of("epochs: 1\n", {"model=ddnn-stand-in/mp-cc", "data={format: mnist-six, shift: 1}"}),
              HasSubstr("moves the images of one input"));
  EXPECT_THAT(refusal_of("epochs: 1\n", {"model=ddnn-stand-in/mp-cc-2", "data={format: mnist-six}",
                                         "trace.losses=[[camera1, camera2]]"}),
              HasSubstr("with every input lost"));
}

TEST(TrainingFile, SettingsDependOnWhatDecidesTheResult) {
  const ScratchFolder folder;
  const std::string settings = (*make_training(folder, "epochs: 1\n"))->settings;
  EXPECT_EQ((*make_training(folder, "epochs: 9\ndescription: longer\n"))->settings, settings);
  EXPECT_NE((*make_training(folder, "epochs: 1\nseed: 2\n"))->settings, settings);
  EXPECT_NE((*make_training(folder, "epochs: 1\n", {"batch=17"}))->settings, settings);
}

}  // namespace
}  // namespace tiercut::training
