// SPDX-License-Identifier: Apache-2.0
// What a network answers in training is what the deployment's kernels answer with its weights.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/forward.hpp"
#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

kernels::ForwardPass forward_pass(const model::Model& model, const Network& network, kernels::ThreadPool& threads) {
  std::vector<LayerId> layers(model.layers.size());
  std::iota(layers.begin(), layers.end(), 0);
  auto made = kernels::ForwardPass::make(model, layers, network.weights(), threads);
  if (!made) throw std::runtime_error(to_text(made.error()));
  return std::move(*made);
}

/// A layer's output for a sample, by the kernels.
std::vector<float> deployed(const model::Model& model, kernels::ForwardPass& pass, const Dataset& data,
                            std::size_t sample, LayerId layer) {
  const std::vector<LayerId> inputs = model.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::ranges::copy(data.inputs[i].sample(sample), pass.tensor(inputs[i]).floats());
  }
  pass.run();
  const float* values = pass.tensor(layer).floats();
  return {values, values + model.layer(layer).shape.elements()};
}

std::vector<float> softmax_of(const std::vector<float>& scores) {
  std::vector<float> probabilities;
  double sum = 0;
  for (const float score : scores) sum += std::exp(double{score});
  for (const float score : scores) probabilities.push_back(static_cast<float>(std::exp(double{score}) / sum));
  return probabilities;
}

void train(Network& network, const Dataset& data, int steps) {
  for (int i = 0; i < steps; ++i) {
    const auto samples = all_samples(data);
    const Result<StepResult> step = network.step({data, samples});
    ASSERT_TRUE(step) << to_text(step.error());
  }
}

/// `layer` gives scores, or probabilities when it is a Softmax.
void expect_agreement(const model::Model& model, Network& network, const Dataset& data, LayerId layer) {
  kernels::ThreadPool threads(1);
  kernels::ForwardPass pass = forward_pass(model, network, threads);
  const auto samples = all_samples(data);
  const std::vector<float> answers = network.probabilities({data, samples}, layer);
  const auto classes = static_cast<std::size_t>(model.layer(layer).shape.elements());
  ASSERT_EQ(answers.size(), samples.size() * classes);
  for (const std::size_t sample : samples) {
    std::vector<float> wanted = deployed(model, pass, data, sample, layer);
    if (model.layer(layer).type != LayerType::softmax) wanted = softmax_of(wanted);
    for (std::size_t k = 0; k < classes; ++k) {
      ASSERT_NEAR(answers[sample * classes + k], wanted[k], 1e-5) << "sample " << sample << " class " << k;
    }
  }
}

class DeploymentOf : public testing::TestWithParam<LayerType> {};

TEST_P(DeploymentOf, AnswersAsTheTrainedNetwork) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const TypeCase made = random_case_of(GetParam(), seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(made.model.layer(made.tested)));
    Network network = make_network(made.model, {{made.scores, 1, {}}}, {.rate = 0.05}, seed);
    const Dataset data = random_data(made.model, 24, 3, seed);
    train(network, data, 3);
    expect_agreement(made.model, network, data, made.scores);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryType, DeploymentOf, testing::ValuesIn(computed_types()),
                         [](const auto& type) { return std::string(to_text(type.param)); });

/// DDNN's evaluation network: float and packed binary blocks, both aggregations, two exits.
TEST(Deployment, OfDdnnAnswersAsTheTrainedNetwork) {
  const auto model = model::read_model(std::string(TIERCUT_SOURCE_DIR) + "/model/zoo/ddnn/evaluation-3.yaml");
  ASSERT_TRUE(model) << to_text(model.error());
  const LayerId local = (*model)->exits[0].layer, cloud = (*model)->answer_layer(1);
  Network network =
      make_network(**model, {{local, 1, {}}, {cloud, 1, {}}}, {.method = Optimizer::Method::adam, .rate = 1e-2});
  Dataset data = random_data(**model, 40, 3, 3);
  // Whole numbers, as from a camera, have exact sums: not one sign may differ.
  for (DataInput& input : data.inputs) {
    for (float& value : input.values) value = std::round(40 * value);
  }
  train(network, data, 5);
  expect_agreement(**model, network, data, local);
  expect_agreement(**model, network, data, cloud);
}

/// More samples than are answered at once, with another number in the last piece.
TEST(Deployment, AnswersAnyNumberOfSamples) {
  ModelBuilder builder;
  const LayerId scores = builder.linear(builder.add(LayerType::relu, {builder.linear(builder.input({5}), 6)}), 4);
  const model::Model model = builder.finish(scores);
  Network network = make_network(model, {{scores, 1, {}}});
  expect_agreement(model, network, random_data(model, 601, 4, 1), scores);
}

}  // namespace
}  // namespace tiercut::training
