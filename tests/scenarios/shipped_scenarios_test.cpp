// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {
namespace {

using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;

Scenario shipped(const std::string& name) {
  const auto scenario = read_scenario(name);
  EXPECT_TRUE(scenario) << to_text(scenario.error());
  return scenario ? **scenario : Scenario();
}

double price_ms(const Scenario& scenario, const std::string& device, const std::string& prefix) {
  const profiles::Profile& profile = *scenario.devices[static_cast<std::size_t>(scenario.find_device(device))].profile;
  std::vector<const model::Layer*> layers;
  for (const model::Layer& layer : scenario.model->layers) {
    if (layer.name.starts_with(prefix)) layers.push_back(&layer);
  }
  const auto price = profiles::price_call(profile, profile.units[0], layers);
  EXPECT_TRUE(price) << to_text(price.error());
  return price ? price->cost.value() * 1e3 : 0;
}

double latency_ms(const Scenario& scenario, const std::string& from, const std::string& to) {
  double sum = 0;
  const auto route = scenario.route(*scenario.find_ref(from), *scenario.find_ref(to));
  EXPECT_TRUE(route);
  for (const Hop& hop : route.value_or(std::vector<Hop>{})) {
    sum += scenario.links[static_cast<std::size_t>(hop.link)].latency.value() * 1e3;
  }
  return sum;
}

TEST(ShippedScenarios, AllReadWithoutErrorsOrWarnings) {
  const std::vector<std::string> names = shipped_names("scenarios");
  EXPECT_THAT(names, IsSupersetOf({"big-little/after", "big-little/big-in-cloud", "big-little/big-in-cloud-ethernet",
                                   "big-little/budget-40ms", "big-little/eager", "big-little/little-on-pi",
                                   "ddnn/six-cameras"}));
  for (const std::string& name : names) {
    const Scenario scenario = shipped(name);
    EXPECT_THAT(scenario.warnings, IsEmpty()) << name << '\n' << to_text(scenario.warnings);
    EXPECT_TRUE(name.ends_with("/" + scenario.name)) << name;
    EXPECT_FALSE(scenario.description.empty()) << name;
    // DIANNE promises no latency; it asks how long it takes.
    EXPECT_EQ(scenario.requirement.latency.has_value(), !name.starts_with("dianne/")) << name;
  }
}

// Big-Little, 4.1 and 4.2: the figures that the comments at the head of the files put together.
TEST(ShippedScenarios, HaveThePapersTimes) {
  for (const std::string name : {"big-little/little-on-pi", "big-little/big-in-cloud", "big-little/after",
                                 "big-little/eager", "big-little/budget-40ms", "big-little/big-in-cloud-ethernet"}) {
    const Scenario scenario = shipped(name);
    EXPECT_EQ(scenario.requirement.latency->at_most, Seconds(40e-3)) << name;
    EXPECT_EQ(scenario.requirement.latency->statistic, Statistic::max) << name;
    EXPECT_DOUBLE_EQ(latency_ms(scenario, "pi", "cloud"), 15) << name;
    EXPECT_DOUBLE_EQ(latency_ms(scenario, "cloud", "pi"), 15) << name;
  }
  EXPECT_NEAR(price_ms(shipped("big-little/little-on-pi"), "pi", ""), 30, 1e-9);
  EXPECT_NEAR(price_ms(shipped("big-little/little-on-pi"), "cloud", ""), 0.98, 1e-9);
  EXPECT_NEAR(price_ms(shipped("big-little/big-in-cloud"), "cloud", ""), 16.42, 1e-9);
  EXPECT_NEAR(price_ms(shipped("big-little/after"), "pi", "little/"), 30, 1e-9);
  EXPECT_NEAR(price_ms(shipped("big-little/eager"), "cloud", "big/"), 16.42, 1e-9);
}

TEST(ShippedScenarios, AfterAndEagerDifferInTheirPolicyOnly) {
  const Scenario after = shipped("big-little/after");
  const Scenario eager = shipped("big-little/eager");
  EXPECT_THAT(after.policy.escalation, testing::ElementsAre(Escalation::after));
  EXPECT_THAT(eager.policy.escalation, testing::ElementsAre(Escalation::eager));
  // 939 + 22 of 10,000 images.
  for (const Scenario* scenario : {&after, &eager}) {
    EXPECT_NEAR(scenario->exits.at(0)->probability, 961.0 / 10000, 1e-15);
    ASSERT_EQ(scenario->pins.size(), 2u);
    EXPECT_THAT(scenario->pins[0].layers, SizeIs(6));   // three Linear, two Tanh, Softmax
    EXPECT_THAT(scenario->pins[1].layers, SizeIs(12));  // six Linear, five Tanh, Softmax
  }
}

TEST(ShippedScenarios, EthernetOfThePiTakesTheTimeItsCommentSays) {
  const Scenario scenario = shipped("big-little/big-in-cloud-ethernet");
  const model::Model& model = *scenario.model;
  const Bytes image = model.layer(model.inputs()[0]).output_bytes;
  const Bytes answer = model.layer(model.output()).output_bytes;
  EXPECT_EQ(image, Bytes(3136));
  EXPECT_EQ(answer, Bytes(40));
  EXPECT_NEAR((image / scenario.links[0].bandwidth).value() * 1e3, 0.26576, 5e-6);
  EXPECT_NEAR((answer / scenario.links[1].bandwidth).value() * 1e3, 0.00339, 5e-6);
}

TEST(ShippedScenarios, CamerasShareOneUplink) {
  const Scenario scenario = shipped("ddnn/six-cameras");
  EXPECT_EQ(scenario.workload.source_members, 1);
  ASSERT_EQ(scenario.workload.inputs.size(), 6u);
  const auto cloud = *scenario.find_ref("cloud");
  for (int camera = 1; camera <= 6; ++camera) {
    const DeviceRef ref = *scenario.find_ref("cameras." + std::to_string(camera));
    EXPECT_EQ(scenario.workload.inputs[static_cast<std::size_t>(camera - 1)].device, ref);
    const auto route = scenario.route(ref, cloud);
    ASSERT_TRUE(route);
    ASSERT_EQ(route->size(), 2u);
    EXPECT_EQ((*route)[0].member, camera);  // a cable each
    EXPECT_EQ((*route)[1].member, 0);       // one uplink
    EXPECT_EQ(scenario.links[static_cast<std::size_t>((*route)[1].link)].name, "uplink");
  }
  // Eq. 1 of DDNN at 104 of 171 samples: 12 + (1 - 0.6082) x 128 = 62.15 B.
  const model::Model& model = *scenario.model;
  const double features = model.layer(model.find("device1/features")).output_bytes.value();
  const double scores = model.layer(model.find("device1/scores")).output_bytes.value();
  EXPECT_NEAR(scores + (1 - scenario.exits[0]->probability) * features, 62.15, 0.005);
  // Roofline of the camera: (110,592 + 3,072) x 2 FLOP / 1.8 GFLOP/s + 2 x 1 us.
  EXPECT_NEAR(price_ms(scenario, "cameras", "device1/") * 1e3, (110592 + 3072) * 2 / 1.8e3 + 2, 1e-6);
  // Every layer but the Inputs and the Output has its place.
  std::size_t pinned = 0;
  for (const Pin& pin : scenario.pins) pinned += pin.layers.size();
  EXPECT_EQ(pinned, model.layers.size() - 7);
}

}  // namespace
}  // namespace tiercut::scenarios
