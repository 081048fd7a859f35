// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/model_cases.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tiercut::kernels {
namespace {

model::ModelPointer zoo(const std::string& name) {
  auto model = model::read_model(std::string(TIERCUT_SOURCE_DIR) + "/model/zoo/" + name + ".yaml");
  EXPECT_TRUE(model) << (model ? "" : to_text(model.error()));
  return *model;
}

std::vector<std::string> keys(const std::vector<BenchCase>& cases) {
  std::vector<std::string> all;
  for (const BenchCase& bench_case : cases) all.push_back(bench_case.key);
  return all;
}

TEST(CaseKey, SaysWhatTheTimeDependsOnAndNotTheName) {
  model::LayerParameters parameters;
  parameters.outputs = 96;
  parameters.window = {11, 11, 4, 4, 0, 0};
  const auto convolution = case_of(model::LayerType::convolution, parameters, {{{3, 231, 231}}});
  ASSERT_TRUE(convolution);
  EXPECT_EQ(convolution->key, "Convolution 3x231x231 -> 96x56x56 k11 s4");
  EXPECT_EQ(convolution->layer.macs, 96 * 3 * 121 * 56 * 56);
  const auto bits = case_of(model::LayerType::join_max, {}, {{{8}, model::Encoding::bit}, {{8}, model::Encoding::bit}});
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->key, "JoinMax 8 bits + 8 bits -> 8 bits");
  parameters.window.kernel_height = 300;
  EXPECT_FALSE(case_of(model::LayerType::convolution, parameters, {{{3, 231, 231}}}));
}

/// 784-1000-500-2 with tanh between: six layers; every tensor larger than the image but scores (2 floats) and what
/// follows, and 500 floats behind the second hidden layer, smaller than 784.
TEST(ModelCases, OfTheLittleNetwork) {
  const auto model = zoo("big-little/net1");
  const ModelCases cases = cases_of_model(model);
  EXPECT_EQ(keys(cases.layers),
            (std::vector<std::string>{"Linear 784 -> 1000", "Tanh 1000 -> 1000", "Linear 1000 -> 500",
                                      "Tanh 500 -> 500", "Linear 500 -> 2", "Softmax 2 -> 2"}));
  EXPECT_EQ(plausible_cuts(*model), (std::vector<model::LayerId>{model->find("hidden2"), model->find("scores")}));
  // The whole, before and behind each cut; behind `scores` only softmax is left.
  EXPECT_EQ(keys(cases.segments),
            (std::vector<std::string>{"segment big-little/net1 whole", "segment big-little/net1 up to hidden2",
                                      "segment big-little/net1 from behind hidden2",
                                      "segment big-little/net1 up to scores"}));
  EXPECT_EQ(cases.segments.front().layers.size(), 6U);
  EXPECT_EQ(cases.segments.front().layer.weights, 1286502);
  EXPECT_EQ(cases.segments[1].layers, (std::vector<model::LayerId>{1, 2, 3}));
}

TEST(ModelCases, MeasureEqualLayersOnce) {
  // Six cameras with the same two layers each.
  const ModelCases cases = cases_of_model(zoo("ddnn/evaluation-6"));
  EXPECT_EQ(
      std::ranges::count_if(
          cases.layers, [](const BenchCase& bench_case) { return bench_case.key.starts_with("BinaryConvP 3x32x32"); }),
      1);
}

TEST(ModelCases, CutsAreWhereOneTensorLeadsOn) {
  // Before the cameras' features are joined, several tensors and images are on their way.
  const auto model = zoo("ddnn/evaluation-6");
  for (const model::LayerId cut : plausible_cuts(*model)) EXPECT_GE(cut, model->find("cloud/aggregate"));
}

TEST(TypicalSeries, KeepsWithinMemory) {
  EXPECT_EQ(typical_series(1e9).size(), 9U);
  // 3072^2 and 2048^2 weights with copies of them are more.
  EXPECT_EQ(typical_series(7e7).size(), 7U);
  for (const ModelCases& cases : typical_series(1e9)) {
    ASSERT_EQ(cases.segments.size(), 1U);
    EXPECT_GE(cases.layers.size(), 4U);
  }
}

}  // namespace
}  // namespace tiercut::kernels
