// SPDX-License-Identifier: Apache-2.0
#include "training/session/evaluation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "made_digits.hpp"
#include "training/session/loss_reader.hpp"

namespace tiercut::training {
namespace {

using ::testing::ElementsAre;

/// Two cameras of one value each; scores are sums of what the cameras say.
const char* const two_cameras = R"(schema: tiercut/model/1
name: two
layers:
  - {name: camera1, type: Input, shape: [2]}
  - {name: camera2, type: Input, shape: [2]}
  - {name: local/mean, type: JoinMax, input: [camera1, camera2]}
  - {name: local/scores, type: Linear, outputs: 2}
  - {name: all, type: JoinConcatenate, input: [camera1, camera2]}
  - {name: scores, type: Linear, outputs: 3}
  - {name: answer, type: Output}
exits:
  local: {layer: local/scores, answers: [1], class_map: {0: none, 1: 2}}
)";

struct Prepared {
  Training training;
  Dataset data;
};

Prepared prepared() {
  Prepared made;
  made.training.model = *model::model_from(*parse_document(two_cameras, "two.yaml"));
  made.training.name = "made";
  Stage stage;
  stage.loss = default_loss(*made.training.model);
  made.training.stages = {stage};
  made.training.trace.losses = {{"camera2"}};
  made.training.trace.calibration = 0.5;
  made.data.name = "by hand";
  made.data.classes = 3;
  made.data.labels = {0, 2, 1, 2};
  made.data.inputs = {{"camera1", {{2}}, {0, 0, 0, 3, 1, 0, 0, 0}}, {"camera2", {{2}}, {2, 0, 0, 0, 0, 0, 0, 1}}};
  return made;
}

/// local: scores (0, second value of the larger); final: (camera2[0], camera1[0], camera1[1] + camera2[1]).
Network network_for(const Prepared& made) {
  auto network = Network::make(*made.training.model, made.training.stages[0].loss, {}, 1);
  EXPECT_TRUE(network);
  std::vector<kernels::LayerWeights> weights(7);
  weights[static_cast<std::size_t>(made.training.model->find("local/scores"))].floats = {0, 0, 0, 1, 0.5F, 0};
  weights[static_cast<std::size_t>(made.training.model->find("scores"))].floats = {0, 0, 1, 0, 1, 0, 0, 0,
                                                                                   0, 1, 0, 1, 0, 0, 0};
  EXPECT_TRUE(network->set_weights(weights));
  return std::move(*network);
}

// By hand. Scores of the four samples, local: (.5,0) (.5,3) (.5,0) (.5,1): classes 0 1 0 1, and 0 1 0 0 without
// camera2; wanted by the class map: 0 1 0 1. Final: (2,0,0) (0,0,3) (0,1,0) (0,0,1): all right; without camera2 sample
// 0 and 3 are ties of zeros, which the first class wins: right for 0, wrong for 3.
TEST(Evaluation, CountsByHandWithAndWithoutLosses) {
  const Prepared made = prepared();
  Network network = network_for(made);
  const auto evaluation = evaluate_network(network, made.training, made.data);
  ASSERT_TRUE(evaluation);
  ASSERT_EQ(evaluation->answers.size(), 4u);
  const double accuracies[] = {1, 1, 0.75, 0.75};
  const char* const names[] = {"local", "final", "local", "final"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(evaluation->answers[i].name, names[i]);
    EXPECT_EQ(evaluation->answers[i].lost.size(), i / 2);
    EXPECT_EQ(evaluation->answers[i].confusion.accuracy(), accuracies[i]) << i;
  }
  const profiles::ExitTrace& trace = evaluation->trace;
  EXPECT_THAT(trace.labels, ElementsAre(0, 2, 1, 2));
  EXPECT_THAT(trace.answers[0].answers, ElementsAre(1));
  EXPECT_THAT(trace.answers[0].class_map, ElementsAre(-1, 2));
  EXPECT_EQ(std::count(trace.parts.begin(), trace.parts.end(), profiles::TracePart::calibration), 2);
  // Sample 1: softmax of (.5, 3) is (1, e^2.5) / (1 + e^2.5).
  const double p = std::exp(2.5) / (1 + std::exp(2.5));
  EXPECT_EQ(trace.scores[0][1].predicted, 1);
  EXPECT_NEAR(trace.scores[0][1].max_probability, p, 1e-6);
  EXPECT_NEAR(trace.scores[0][1].margin, 2 * p - 1, 1e-6);
  EXPECT_NEAR(trace.scores[0][1].normalized_entropy, -(p * std::log(p) + (1 - p) * std::log(1 - p)) / std::log(2.0),
              1e-6);
}

TEST(Evaluation, StopsWhenAsked) {
  const Prepared made = prepared();
  Network network = network_for(made);
  EXPECT_FALSE(evaluate_network(network, made.training, made.data, [] { return true; }));
}

TEST(ClassesForExit, SendWhatMapsNowhereToTheOneClassOfNone) {
  model::Exit exit;
  exit.class_map = {-1, 2};
  EXPECT_THAT(classes_for_exit(exit, 4), ElementsAre(0, 0, 1, 0));
  exit.class_map = {3, 2};  // no class of none: what the branch cannot say does not count
  EXPECT_THAT(classes_for_exit(exit, 4), ElementsAre(-1, -1, 1, 0));
  exit.class_map = {-1, 2, -1};  // two of them: which one would be right is not known
  EXPECT_THAT(classes_for_exit(exit, 4), ElementsAre(-1, -1, 1, -1));
}

}  // namespace
}  // namespace tiercut::training
