// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "training_case.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::LayerType;

/// Three devices that pass on what they see, two values each, joined by `join`; scores are the joined values.
struct ThreeDevices {
  model::Model model;
  LayerId joined;
  std::vector<LayerId> devices;
  Dataset data;
  std::vector<std::size_t> samples = {0};

  explicit ThreeDevices(LayerType join) {
    ModelBuilder builder;
    std::vector<LayerId> inputs;
    for (int i = 0; i < 3; ++i) inputs.push_back(builder.input({2}));
    for (const LayerId input : inputs) devices.push_back(builder.linear(input, 2, false));
    joined = builder.add(join, devices);
    model = builder.finish(joined);
    data = random_data(model, 1, 2, 1);
    data.inputs[0].values = {1, 6};
    data.inputs[1].values = {2, 4};
    data.inputs[2].values = {6, -1};
  }

  /// The joined values less the first of them, as probabilities tell differences only.
  std::vector<double> differences(const std::vector<bool>& present) {
    Network network = make_network(model, {{joined, 1, {}}});
    for (const LayerId device : devices)
      std::ranges::copy(std::vector<float>{1, 0, 0, 1}, network.parameters(device).begin());
    const std::vector<float> answers = network.probabilities({data, samples}, joined, present);
    std::vector<double> values;
    for (const float p : answers) values.push_back(std::log(double{p} / double{answers[0]}));
    return values;
  }
};

void expect_near(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-4) << i;
}

TEST(LostDevice, IsLeftOutOfAMaximum) {
  ThreeDevices net(LayerType::join_max);
  expect_near(net.differences({}), {0, 0});                    // max 6, 6
  expect_near(net.differences({true, true, false}), {0, 4});   // max 2, 6
  expect_near(net.differences({false, true, true}), {0, -2});  // max 6, 4
}

TEST(LostDevice, IsLeftOutOfAnAverage) {
  ThreeDevices net(LayerType::join_average);
  expect_near(net.differences({}), {0, 0});                     // means 3, 3
  expect_near(net.differences({true, true, false}), {0, 3.5});  // means 1.5, 5
  expect_near(net.differences({false, false, true}), {0, -7});  // 6, -1 itself
}

TEST(LostDevice, IsLeftOutOfASum) {
  ThreeDevices net(LayerType::join_add);
  expect_near(net.differences({true, true, false}), {0, 7});  // sums 3, 10
}

TEST(LostDevice, IsZerosInAConcatenation) {
  ThreeDevices net(LayerType::join_concatenate);
  expect_near(net.differences({}), {0, 5, 1, 3, 5, -2});
  expect_near(net.differences({true, false, true}), {0, 5, -1, -1, 5, -2});
}

TEST(LostDevice, LeavesNothingToSayWhenAllAreLost) {
  ThreeDevices net(LayerType::join_max);
  expect_near(net.differences({false, false, false}), {0, 0});
  Network network = make_network(net.model, {{net.joined, 1, {}}});
  const auto answers = network.probabilities({net.data, net.samples}, net.devices[1], {true, false, true});
  EXPECT_EQ(answers, (std::vector<float>{0.5F, 0.5F}));
}

/// A group of devices joined first: when the whole group is lost, so is its join and what stands behind it.
TEST(LostDevice, TakesAlongLayersThatHaveNoOtherInput) {
  const auto build = [](bool has_group) {
    ModelBuilder builder;
    const LayerId a = builder.input({2}), b = builder.input({2}), c = builder.input({2});
    const LayerId alone = builder.linear(a, 3);
    const LayerId group = builder.linear(builder.add(LayerType::join_add, {b, c}), 3);
    const LayerId rest =
        builder.add(LayerType::join_average, has_group ? std::vector{alone, group} : std::vector{alone});
    return has_group ? builder.finish(rest) : builder.finish(rest, {group});
  };
  const model::Model with = build(true);
  Network network = make_network(with, {{with.output(), 1, {}}});
  const Dataset data = random_data(with, 6, 3, 1);
  const auto samples = all_samples(data);
  const auto lost = network.probabilities({data, samples}, with.output(), {true, false, false});
  EXPECT_EQ(lost, network.probabilities({data, samples}, 3));  // `alone` itself
  EXPECT_NE(lost, network.probabilities({data, samples}, with.output()));
  // Present again, nothing is left of the loss.
  EXPECT_EQ(network.probabilities({data, samples}, with.output(), {true, true, true}),
            network.probabilities({data, samples}, with.output()));
  EXPECT_THROW(network.probabilities({data, samples}, with.output(), {true}), std::invalid_argument);
}

}  // namespace
}  // namespace tiercut::training
