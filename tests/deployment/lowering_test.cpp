// SPDX-License-Identifier: Apache-2.0
#include "deployment/lowering.hpp"

#include <gmock/gmock.h>

#include "tests/deployment/platform_builder.hpp"

// Graphs are worked out by hand from the rules in docs/lowering.md; costs are 1 us a weight.
namespace tiercut::deployment {
namespace {

using model::LayerType;
using scenarios::Escalation;
using namespace tiercut::testing;

constexpr DeviceRef pi{0, 0};
constexpr DeviceRef cloud{1, 0};

Plan little_on_pi(const scenarios::Scenario& scenario) {
  return placed(scenario, {{"little", {pi, 0}}, {"big", {cloud, 0}}});
}

TEST(Lowering, BigLittleAfterStageByStage) {
  const auto scenario = big_little();
  const StageGraph graph = value_of(lower(scenario, little_on_pi(scenario)));
  EXPECT_EQ(outline(graph),
            "0 source image\n"
            "1 pi: little/fc..little/softmax <- 0\n"
            "2 decision little <- 1\n"
            "3 image -> cloud <- 0 2!\n"
            "4 cloud: big/fc1..big/fc2 <- 3\n"
            "5 final answer -> pi <- 4\n"
            "6 first conclusive <- 2? 5\n"
            "7 answer <- 6\n");
  EXPECT_EQ(graph.answer, 7);
  EXPECT_EQ(work_of<Compute>(graph, "pi: little/fc..little/softmax").cost, Span(8'000'000));  // 8 weights
  EXPECT_EQ(work_of<Compute>(graph, "cloud: big/fc1..big/fc2").cost, Span(48'000'000));       // 32 + 16 weights
  EXPECT_EQ(work_of<Transfer>(graph, "image -> cloud").message.size, Bytes(16));              // 4 floats
  const Message& answer = work_of<Transfer>(graph, "final answer -> pi").message;
  EXPECT_EQ(answer.size, Bytes(8));  // 2 floats
  EXPECT_TRUE(answer.is_return);
}

TEST(Lowering, BigLittleEagerSendsAtOnce) {
  const auto scenario = big_little();
  Plan plan = little_on_pi(scenario);
  plan.escalation[0] = Escalation::eager;
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image\n"
            "1 pi: little/fc..little/softmax <- 0\n"
            "2 decision little <- 1\n"
            "3 image -> cloud <- 0\n"
            "4 cloud: big/fc1..big/fc2 <- 3\n"
            "5 final answer -> pi <- 4\n"
            "6 first conclusive <- 2? 5\n"
            "7 answer <- 6\n");
}

TEST(Lowering, CancelReachesEveryDeviceWithLaterWork) {
  const auto scenario = big_little();
  Plan plan = little_on_pi(scenario);
  plan.escalation[0] = Escalation::eager;
  plan.cancel = true;
  const StageGraph graph = value_of(lower(scenario, plan));
  EXPECT_EQ(outline(graph),
            "0 source image\n"
            "1 pi: little/fc..little/softmax <- 0\n"
            "2 decision little <- 1\n"
            "3 little cancels -> cloud <- 2?\n"
            "4 image -> cloud <- 0\n"
            "5 cloud: big/fc1..big/fc2 <- 4\n"
            "6 final answer -> pi <- 5\n"
            "7 first conclusive <- 2? 6\n"
            "8 answer <- 7\n");
  EXPECT_THAT(work_of<Decision>(graph, "decision little").cancels, ::testing::ElementsAre(4));
  const Control& cancel = work_of<Control>(graph, "little cancels -> cloud");
  EXPECT_THAT(cancel.cancels, ::testing::ElementsAre(5, 6));
  EXPECT_EQ(cancel.message.size, Bytes(8));  // Policy::control_size
}

TEST(Lowering, UnusedExitDropsItsBranch) {
  const auto scenario = big_little();
  Plan plan = little_on_pi(scenario);
  plan.uses_exit[0] = false;
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image\n"
            "1 image -> cloud <- 0\n"
            "2 cloud: big/fc1..big/fc2 <- 1\n"
            "3 final answer -> pi <- 2\n"
            "4 answer <- 3\n");
}

TEST(Lowering, GuardedStageOnTheOwnersDeviceWaitsForTheDecision) {
  const auto scenario = big_little();
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {pi, 0})))),
            "0 source image\n"
            "1 pi: little/fc..little/softmax <- 0\n"
            "2 decision little <- 1\n"
            "3 pi: big/fc1..big/fc2 <- 0 2!\n"
            "4 first conclusive <- 2? 3\n"
            "5 answer <- 4\n");
}

TEST(Lowering, TwoConsumersOnOneDeviceGetOneTransferForTheEarliestLevel) {
  const auto scenario = big_little();
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {cloud, 0})))),
            "0 source image\n"
            "1 image -> cloud <- 0\n"
            "2 cloud: little/fc..little/softmax <- 1\n"
            "3 decision little <- 2\n"
            "4 answer of little -> pi <- 3?\n"
            "5 cloud: big/fc1..big/fc2 <- 1 3!\n"
            "6 final answer -> pi <- 5\n"
            "7 first conclusive <- 4 6\n"
            "8 answer <- 7\n");
}

TEST(Lowering, StageFarFromItsGuardIsToldByControl) {
  const auto scenario = big_little();
  const Plan plan = placed(scenario, {{"little", {cloud, 0}}, {"big", {pi, 0}}});
  const StageGraph graph = value_of(lower(scenario, plan));
  EXPECT_EQ(outline(graph),
            "0 source image\n"
            "1 image -> cloud <- 0\n"
            "2 cloud: little/fc..little/softmax <- 1\n"
            "3 decision little <- 2\n"
            "4 answer of little -> pi <- 3?\n"
            "5 little escalates -> pi <- 3!\n"
            "6 pi: big/fc1..big/fc2 <- 0 5\n"
            "7 first conclusive <- 4 6\n"
            "8 answer <- 7\n");
  const Message& told = work_of<Control>(graph, "little escalates -> pi").message;
  EXPECT_EQ(told.tensor, -1);
  EXPECT_EQ(told.from, cloud);
  EXPECT_EQ(told.to, pi);
}

TEST(Lowering, OwnerThatHoldsTheTensorForwardsIt) {
  auto scenario = big_little();
  scenarios::Device sensor;
  sensor.name = "camera";
  scenario.devices.insert(scenario.devices.begin(), sensor);
  for (auto& link : scenario.links) {
    for (auto* ends : {&link.from, &link.to}) ends->front().device += 1;
  }
  PlatformBuilder builder(scenario.model);
  builder.scenario = scenario;
  const DeviceRef camera{0, 0};
  builder.link(camera, {1, 0});
  builder.scenario.workload.inputs[0].device = camera;
  scenario = builder.finish(camera);
  const StageGraph graph = value_of(lower(scenario, placed(scenario, {{"little", {{1, 0}, 0}}, {"big", {{2, 0}, 0}}})));
  EXPECT_EQ(outline(graph),
            "0 source image\n"
            "1 image -> pi <- 0\n"
            "2 pi: little/fc..little/softmax <- 1\n"
            "3 decision little <- 2\n"
            "4 answer of little -> camera <- 3?\n"
            "5 image -> cloud <- 1 3!\n"
            "6 cloud: big/fc1..big/fc2 <- 5\n"
            "7 final answer -> camera <- 6\n"
            "8 first conclusive <- 4 7\n"
            "9 answer <- 8\n");
  const Message& forwarded = work_of<Transfer>(graph, "image -> cloud").message;
  EXPECT_EQ(forwarded.from, (DeviceRef{1, 0}));
  EXPECT_EQ(forwarded.hops.size(), 1U);
  EXPECT_EQ(work_of<Transfer>(graph, "final answer -> camera").message.hops.size(), 2U);
}

TEST(Lowering, ExitBehindAGuardedExitIsAskedOnlyThen) {
  NetBuilder net;
  const auto image = net.input("image");
  const auto a = net.add("a", LayerType::linear, {image}, 4);
  const auto a_exit = net.add("a_exit", LayerType::linear, {a}, 2);
  const auto b = net.add("b", LayerType::linear, {a}, 4);
  const auto b_exit = net.add("b_exit", LayerType::linear, {b}, 2);
  const auto c = net.add("c", LayerType::linear, {b}, 2);
  net.add("output", LayerType::output, {c});
  net.exit("first", a_exit);
  net.exit("second", b_exit);
  PlatformBuilder platform(net.finish());
  const DeviceRef only = platform.device("pi");
  platform.source("image", only);
  const auto scenario = platform.finish(only);
  Plan plan = undivided(scenario, {only, 0});
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image\n"
            "1 pi: a..a_exit <- 0\n"
            "2 decision first <- 1\n"
            "3 pi: b..b_exit <- 1 2!\n"
            "4 decision second <- 3\n"
            "5 pi: c <- 3 4!\n"
            "6 first conclusive <- 2? 4? 5\n"
            "7 answer <- 6\n");
  plan.escalation[0] = Escalation::eager;
  EXPECT_EQ(outline(value_of(lower(scenario, plan))),
            "0 source image\n"
            "1 pi: a..a_exit <- 0\n"
            "2 decision first <- 1\n"
            "3 pi: b..b_exit <- 1\n"
            "4 decision second <- 3\n"
            "5 pi: c <- 3 4!\n"
            "6 first conclusive <- 2? 4? 5\n"
            "7 answer <- 6\n");
}

TEST(Lowering, AnswerLayerThatAlsoServesAnExitWaitsForTheOutcome) {
  NetBuilder net;
  const auto image = net.input("image");
  const auto scores = net.add("scores", LayerType::linear, {image}, 2);
  const auto check = net.add("check", LayerType::softmax, {scores});
  net.add("output", LayerType::output, {scores});
  net.exit("sure", check);
  PlatformBuilder platform(net.finish());
  const DeviceRef only = platform.device("pi");
  platform.source("image", only);
  const auto scenario = platform.finish(only);
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {only, 0})))),
            "0 source image\n"
            "1 pi: scores..check <- 0\n"
            "2 decision sure <- 1\n"
            "3 join answer <- 1 2!\n"
            "4 first conclusive <- 2? 3\n"
            "5 answer <- 4\n");
}

TEST(Lowering, FinalAnswerFromAnEarlierLevelIsSentOnlyAfterTheOutcome) {
  NetBuilder net;
  const auto image = net.input("image");
  const auto scores = net.add("scores", LayerType::linear, {image}, 2);
  const auto check = net.add("check", LayerType::softmax, {scores});
  net.add("output", LayerType::output, {scores});
  net.exit("sure", check);
  PlatformBuilder platform(net.finish());
  const DeviceRef there = platform.device("pi");
  const DeviceRef screen = platform.device("screen", nullptr);
  platform.link(there, screen);
  platform.source("image", there);
  const auto scenario = platform.finish(screen);
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {there, 0})))),
            "0 source image\n"
            "1 pi: scores..check <- 0\n"
            "2 decision sure <- 1\n"
            "3 answer of sure -> screen <- 2?\n"
            "4 final answer -> screen <- 1 2!\n"
            "5 first conclusive <- 3 4\n"
            "6 answer <- 5\n");
}

TEST(Lowering, ExitWhoseScoresAnEarlierExitNeedsIsAskedInItsTurn) {
  NetBuilder net;
  const auto image = net.input("image");
  const auto a = net.add("a", LayerType::linear, {image}, 2);
  const auto b = net.add("b", LayerType::linear, {a}, 2);
  const auto c = net.add("c", LayerType::linear, {a}, 2);
  net.add("output", LayerType::output, {c});
  net.exit("first", b);
  net.exit("second", a);
  PlatformBuilder platform(net.finish());
  const DeviceRef only = platform.device("pi");
  platform.source("image", only);
  const auto scenario = platform.finish(only);
  EXPECT_EQ(outline(value_of(lower(scenario, undivided(scenario, {only, 0})))),
            "0 source image\n"
            "1 pi: a..b <- 0\n"
            "2 decision first <- 1\n"
            "3 decision second <- 1 2!\n"
            "4 pi: c <- 1 3!\n"
            "5 first conclusive <- 2? 3? 4\n"
            "6 answer <- 5\n");
}

TEST(Lowering, LayerModeMakesAStageALayer) {
  auto scenario = big_little();
  scenario.devices[1].execution = profiles::Execution::layer;
  const StageGraph graph = value_of(lower(scenario, little_on_pi(scenario)));
  EXPECT_EQ(work_of<Compute>(graph, "cloud: big/fc1").cost, Span(32'000'000));
  EXPECT_EQ(work_of<Compute>(graph, "cloud: big/fc2").cost, Span(16'000'000));
  EXPECT_EQ(work_of<Compute>(graph, "cloud: big/fc2").execution, profiles::Execution::layer);
  EXPECT_EQ(graph.stage(find_stage(graph, "cloud: big/fc2")).inputs[0].from, find_stage(graph, "cloud: big/fc1"));
}

TEST(Lowering, ExitCheckBelongsToTheStageOfTheExit) {
  auto scenario = big_little();
  profiles::Unit cpu = unit_of("cpu", "cpu");
  cpu.exit_check = Seconds(0.002);
  cpu.overhead_per_call = Seconds(0.001);
  scenario.devices[0].profile = scenario.devices[1].profile = profile_of({cpu});
  const StageGraph graph = value_of(lower(scenario, little_on_pi(scenario)));
  EXPECT_EQ(work_of<Compute>(graph, "pi: little/fc..little/softmax").exit_check, Span(2'000'000'000));
  EXPECT_EQ(work_of<Compute>(graph, "cloud: big/fc1..big/fc2").exit_check, Span(0));
  EXPECT_EQ(work_of<Compute>(graph, "pi: little/fc..little/softmax").cost, Span(1'008'000'000));
}

TEST(Lowering, CollectsAllErrors) {
  auto scenario = big_little();
  scenario.exits[0].reset();
  scenario.links.pop_back();  // the way back
  profiles::Unit deaf = unit_of("cpu", "cpu");
  deaf.laws[0].types = {LayerType::convolution};
  scenario.devices[1].profile = profile_of({deaf});
  scenario.prepare();
  Plan plan = little_on_pi(scenario);
  plan.uses_exit[0] = true;
  const auto graph = lower(scenario, plan);
  ASSERT_FALSE(graph);
  EXPECT_THAT(codes_of(graph.error()),
              ::testing::UnorderedElementsAre("missing-exit-probability", "no-route", "no-cost"));
}

TEST(Lowering, RefusesLayerModeUnderAStageLaw) {
  auto scenario = big_little();
  profiles::Unit whole = unit_of("cpu", "cpu");
  whole.laws[0].scope = profiles::Scope::stage;
  whole.execution = profiles::Execution::layer;
  scenario.devices[1].profile = profile_of({whole});
  const auto graph = lower(scenario, little_on_pi(scenario));
  ASSERT_FALSE(graph);
  EXPECT_THAT(codes_of(graph.error()), ::testing::ElementsAre("stage-law-needs-calls"));
}

TEST(Lowering, RefusesLayersOnADeviceWithoutProfile) {
  auto scenario = big_little();
  scenario.devices[1].profile = nullptr;
  const auto graph = lower(scenario, little_on_pi(scenario));
  ASSERT_FALSE(graph);
  EXPECT_THAT(codes_of(graph.error()), ::testing::ElementsAre("unplaceable-layer", "unplaceable-layer"));
}

TEST(Lowering, NotesAnExtrapolatedLawOnce) {
  auto scenario = big_little();
  profiles::Unit small = unit_of("cpu", "cpu");
  small.laws[0].form = profiles::PiecewiseLaw{profiles::Axis::weights, {{0, Seconds(0)}, {10, Seconds(1e-5)}}};
  small.execution = profiles::Execution::layer;
  scenario.devices[1].profile = profile_of({small});
  const StageGraph graph = value_of(lower(scenario, little_on_pi(scenario)));
  EXPECT_THAT(codes_of(graph.notes), ::testing::ElementsAre("extrapolated-law"));
}

}  // namespace
}  // namespace tiercut::deployment
