// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/calibration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "cli/prediction.hpp"
#include "core/random.hpp"
#include "deployment/lowering.hpp"
#include "runtime/validation/calibration_fit.hpp"

namespace tiercut::validation {
namespace {

QuantilePointer lognormal(double coefficient) {
  std::vector<double> values;
  RandomStream stream(7, entity_id("shape"), 0);
  for (int i = 0; i < 20'000; ++i) values.push_back(stream.lognormal_with(1, coefficient));
  std::sort(values.begin(), values.end());
  const auto table = QuantileTable::of(values);
  return std::make_shared<QuantileTable>(table.moved(1 / table.mean(), 0));
}

QuantilePointer centred(double shape) {
  std::vector<double> values;
  RandomStream stream(8, entity_id("shape"), 0);
  for (int i = 0; i < 20'000; ++i) values.push_back(stream.gamma(shape, 1));
  std::sort(values.begin(), values.end());
  const auto table = QuantileTable::of(values);
  return std::make_shared<QuantileTable>(table.moved(1 / table.deviation(), -table.mean() / table.deviation()));
}

struct Truth {
  scenarios::ScenarioPointer scenario;
  deployment::Plan plan;
  deployment::StageGraph graph;  // as the scenario says
  Calibration calibration;
};

/// big-little/after with calls, tensors and links that cost what `seed` draws.
Truth draw_truth(std::uint64_t seed) {
  Truth truth;
  truth.scenario = scenarios::read_scenario("big-little/after").value();
  truth.plan = deployment::pinned(*truth.scenario).value();
  truth.graph = deployment::lower(*truth.scenario, truth.plan).value();
  RandomStream draw(seed, entity_id("truth"), 0);
  const auto between = [&](double from, double to) { return from + (to - from) * draw.uniform(); };
  for (const deployment::Stage& stage : truth.graph.stages) {
    const auto* compute = std::get_if<deployment::Compute>(&stage.work);
    if (compute == nullptr) continue;
    CalibratedDevice device;
    device.name = truth.scenario->device(truth.graph.resource(compute->unit.resource).device).name;
    device.serialise = between(20e-6, 80e-6);
    device.deserialise = between(20e-6, 80e-6);
    CalibratedCall call;
    for (const model::LayerId layer : compute->layers) {
      call.layers.push_back(truth.scenario->model->layer(layer).name);
    }
    call.time = between(1e-3, 8e-3);
    call.shape = lognormal(between(0.02, 0.2));
    CalibratedUnit unit;
    unit.name = truth.scenario->device(truth.graph.resource(compute->unit.resource).device).profile->units[0].name;
    if (device.name == "pi") unit.exit_check = between(1e-6, 20e-6);
    unit.calls.push_back(call);
    device.units.push_back(unit);
    truth.calibration.devices.push_back(device);
  }
  for (const char* link : {"up", "down"}) {
    truth.calibration.links.push_back({link, between(0, 1e-3), 0, 0, 0, between(0.05e-3, 0.4e-3), centred(2)});
  }
  return truth;
}

double of_device(const Truth& truth, scenarios::DeviceRef ref, double CalibratedDevice::*what) {
  for (const auto& device : truth.calibration.devices) {
    if (device.name == truth.scenario->device(ref).name) return device.*what;
  }
  return 0;
}

/// The run that a machine like this would have recorded: simulated, then told as agents tell it.
RecordedRun synthetic_run(const Truth& truth, std::int64_t samples, std::uint64_t seed) {
  const auto changed = calibrated(*truth.scenario, truth.calibration);
  const auto graph = deployment::lower(changed, truth.plan).value();
  RecordedRun run;
  run.path = "synthetic";
  run.answers = {"little", "final"};
  std::vector<std::vector<double>> wholes(graph.stages.size());
  simulator::Options options;
  options.samples = samples;
  options.seed = seed;
  std::vector<Instant> fired(graph.stages.size() * static_cast<std::size_t>(samples), Instant::never());
  options.on_fired = [&](const simulator::Firing& firing) {
    Instant* const of_sample = fired.data() + graph.stages.size() * static_cast<std::size_t>(firing.sample);
    of_sample[firing.stage] = firing.fired;
    Instant ready;
    for (const auto& input : graph.stage(firing.stage).inputs) {
      if (of_sample[input.from] < Instant::never()) ready = std::max(ready, of_sample[input.from]);
    }
    wholes[static_cast<std::size_t>(firing.stage)].push_back((firing.fired - ready).seconds().value());
  };
  const auto result = simulator::simulate(graph, options, [&](const simulator::Record& record) {
    RecordedSample sample;
    sample.arrival = record.arrival.since_start().value();
    sample.latency = record.latency.seconds().value();
    sample.answer = record.answered_by;
    run.samples.push_back(sample);
  });
  EXPECT_TRUE(result);
  for (std::size_t id = 0; id < graph.stages.size(); ++id) {
    const auto* compute = std::get_if<deployment::Compute>(&graph.stages[id].work);
    const auto* transfer = std::get_if<deployment::Transfer>(&graph.stages[id].work);
    const auto* control = std::get_if<deployment::Control>(&graph.stages[id].work);
    if (wholes[id].empty() || (compute == nullptr && transfer == nullptr && control == nullptr)) continue;
    std::vector<double> sorted = wholes[id];
    std::sort(sorted.begin(), sorted.end());
    RecordedStage stage;
    stage.stage = static_cast<int>(id);
    stage.name = graph.stages[id].name;
    stage.samples = static_cast<std::int64_t>(sorted.size());
    for (const double whole : sorted) stage.whole += whole / static_cast<double>(sorted.size());
    // Nobody waits at one sample a second.
    if (compute != nullptr) {
      stage.check = compute->exit_check.seconds().value();
    } else if (transfer != nullptr) {
      stage.send = of_device(truth, transfer->message.from, &CalibratedDevice::serialise);
      stage.receive = of_device(truth, transfer->message.to, &CalibratedDevice::deserialise);
    }
    stage.work = stage.whole - stage.check - stage.send - stage.receive;
    stage.whole_quantiles = std::make_shared<QuantileTable>(QuantileTable::of(sorted));
    stage.work_quantiles = std::make_shared<QuantileTable>(stage.whole_quantiles->moved(1, stage.work - stage.whole));
    run.stages.push_back(stage);
  }
  return run;
}

const CalibratedCall& only_call(const Calibration& calibration, const std::string& device) {
  for (const auto& each : calibration.devices) {
    if (each.name == device) return each.units.at(0).calls.at(0);
  }
  throw std::logic_error("no device " + device);
}
const CalibratedLink& link_of(const Calibration& calibration, const std::string& name) {
  for (const auto& link : calibration.links) {
    if (link.name == name) return link;
  }
  throw std::logic_error("no link " + name);
}

void expect_recovered(std::uint64_t seed) {
  const Truth truth = draw_truth(seed);
  const RecordedRun run = synthetic_run(truth, 4000, seed);
  const auto fitted = fit({{&run, truth.scenario, truth.plan}}, cli::replay_stages);
  ASSERT_TRUE(fitted) << to_text(fitted.error());
  // Four standard errors of a mean; of scatter a tenth, as tables cut the tails.
  for (const char* device : {"pi", "cloud"}) {
    const CalibratedCall& wanted = only_call(truth.calibration, device);
    const CalibratedCall& found = only_call(*fitted, device);
    EXPECT_EQ(found.layers, wanted.layers);
    const double scatter = wanted.shape->deviation();
    EXPECT_NEAR(found.time / wanted.time, 1, 4 * scatter / std::sqrt(static_cast<double>(found.samples)) + 1e-6);
    EXPECT_NEAR(found.shape->deviation() / scatter, 1, 0.1);
    for (const double p : {0.1, 0.5, 0.9, 0.99}) EXPECT_NEAR(found.shape->at(p), wanted.shape->at(p), 4 * scatter / 10);
  }
  for (const char* name : {"up", "down"}) {
    const CalibratedLink& wanted = link_of(truth.calibration, name);
    const CalibratedLink& found = link_of(*fitted, name);
    EXPECT_NEAR(found.added, wanted.added, 4 * wanted.deviation / std::sqrt(3500.0) + 1e-7);
    EXPECT_NEAR(found.deviation / wanted.deviation, 1, 0.1);
  }
  for (const auto& device : truth.calibration.devices) {
    for (const auto& found : fitted->devices) {
      if (found.name != device.name || device.name == "pi") continue;
      EXPECT_NEAR(found.serialise, device.serialise, 1e-9);
      EXPECT_NEAR(found.deserialise, device.deserialise, 1e-9);
    }
  }
  // The next prediction, of other luck, is what the machine shows then.
  const RecordedRun next = synthetic_run(truth, 4000, seed + 1000);
  cli::PredictionRequest request;
  request.scenario = truth.scenario.get();
  request.plan = &truth.plan;
  request.calibration = &*fitted;
  request.samples = 4000;
  request.replayed = &next;
  const auto prediction = cli::predict(request);
  ASSERT_TRUE(prediction) << to_text(prediction.error());
  Tolerances tolerances;
  tolerances = {0.005, 0.005, 0.005, 0.005, 0.01, {}};
  const Comparison comparison = compare(*prediction, {&next}, tolerances);
  EXPECT_TRUE(comparison.is_within());
}

TEST(Calibration, RecoversWhatARunWasMadeWith) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) expect_recovered(seed);
}

TEST(Calibration, IntervalsCoverNineOfTenRuns) {
  // The machine drifts by 3 % from run to run; the calibration says so. Of many new runs, 90 % of the means must lie
  // within: 100 runs, so 80..98 with a chance of 0.998 (binomial).
  Truth truth = draw_truth(11);
  for (auto& device : truth.calibration.devices) device.units[0].calls[0].drift = 0.03;
  cli::PredictionRequest request;
  request.scenario = truth.scenario.get();
  request.plan = &truth.plan;
  request.calibration = &truth.calibration;
  request.samples = 100;
  const auto prediction = cli::predict(request);
  ASSERT_TRUE(prediction);
  const auto [low, high] = prediction->intervals->front();
  int covered = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Truth drifted = truth;
    drifted.calibration = redrawn(truth.calibration, 5000 + i);
    const RecordedRun run = synthetic_run(drifted, 100, 5000 + i);
    const double mean = summarise(counted_latencies(run)).mean;
    if (mean >= low && mean <= high) ++covered;
  }
  EXPECT_GE(covered, 80);
  EXPECT_LE(covered, 98);
}

TEST(Calibration, DriftOfSeveralRunsIsTheScatterOfTheirMeans) {
  const Truth truth = draw_truth(5);
  std::vector<RecordedRun> runs;
  std::vector<double> factors{0.9, 1.0, 1.1};
  for (const double factor : factors) {
    Truth moved = truth;
    for (auto& device : moved.calibration.devices) device.units[0].calls[0].time *= factor;
    runs.push_back(synthetic_run(moved, 2000, 5));
  }
  std::vector<FitRun> inputs;
  for (const auto& run : runs) inputs.push_back({&run, truth.scenario, truth.plan});
  const auto fitted = fit(inputs, cli::replay_stages);
  ASSERT_TRUE(fitted) << to_text(fitted.error());
  // Of 0.9, 1, 1.1 the deviation is 0.1; of one run more about their mean, times sqrt(1 + 1/3).
  const CalibratedCall& call = only_call(*fitted, "cloud");
  EXPECT_NEAR(call.drift, 0.1 * std::sqrt(4.0 / 3), 0.005);
  EXPECT_NEAR(call.time / only_call(truth.calibration, "cloud").time, 1, 0.01);
}

TEST(Calibration, ScatterThatDiffersBetweenRunsIsSaid) {
  const Truth truth = draw_truth(6);
  std::vector<RecordedRun> runs;
  for (const double factor : {0.5, 1.0, 2.0}) {
    Truth moved = truth;
    for (auto& link : moved.calibration.links)
      if (link.name == "up") link.deviation *= factor;
    runs.push_back(synthetic_run(moved, 2000, 5));
  }
  std::vector<FitRun> inputs;
  for (const auto& run : runs) inputs.push_back({&run, truth.scenario, truth.plan});
  const auto fitted = fit(inputs, cli::replay_stages);
  ASSERT_TRUE(fitted) << to_text(fitted.error());
  // Logarithms of 1/2, 1 and 2 deviate by v = ln(2)^2 with two degrees of freedom, those of the other link by none with
  // two: together by v / 2, which counts as three degrees more. Of one run more, times sqrt(1 + 1/3).
  const double v = std::pow(std::log(2.0), 2);
  EXPECT_NEAR(link_of(*fitted, "up").spread_drift, std::sqrt((2 * v + 3 * v / 2) / 5 * 4 / 3), 0.05);
  EXPECT_NEAR(link_of(*fitted, "down").spread_drift, std::sqrt(3 * v / 2 / 5 * 4 / 3), 0.05);

  // What is drawn anew scatters more or less, about the same mean.
  Calibration calibration = truth.calibration;
  CalibratedCall& call = calibration.devices[0].units[0].calls[0];
  call.spread_drift = 0.5;
  RunningMean logarithms;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Calibration other = redrawn(calibration, seed);
    const QuantilePointer& shape = other.devices[0].units[0].calls[0].shape;
    EXPECT_NEAR(shape->mean(), 1, 1e-9);
    logarithms.add(std::log(shape->deviation() / call.shape->deviation()));
  }
  EXPECT_NEAR(std::sqrt(logarithms.variance()), 0.5, 0.1);
}

TEST(Calibration, AFileComesBackAsItWas) {
  const Truth truth = draw_truth(3);
  Calibration calibration = truth.calibration;
  calibration.how = "measured: \"by hand\"";
  calibration.runs = {"one"};
  for (auto& device : calibration.devices) device.units[0].calls[0].samples = 17;
  calibration.devices[0].serialise_byte = 2.5e-9;
  calibration.links[0].byte = 1e-12;
  calibration.links[0].spread_drift = 0.25;
  calibration.devices[0].units[0].calls[0].spread_drift = 0.5;
  const auto path = std::filesystem::temp_directory_path() / ("calibration-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << to_yaml(calibration);
  const auto read = read_calibration(path.string());
  std::filesystem::remove(path);
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(read->how, calibration.how);
  EXPECT_NEAR(*read->devices[0].serialise_byte, 2.5e-9, 1e-17);
  EXPECT_NEAR(read->links[0].byte, 1e-12, 1e-17);
  EXPECT_EQ(to_yaml(*read), to_yaml(calibration));
}

TEST(Calibration, ARunWithoutStagesIsRefused) {
  const Truth truth = draw_truth(3);
  RecordedRun run = synthetic_run(truth, 50, 1);
  RecordedRun other = run;
  other.stages[0].name = "elsewhere";
  run.stages.clear();
  EXPECT_EQ(fit({{&run, truth.scenario, truth.plan}}, cli::replay_stages).error().front().code, "not-calibratable");
  EXPECT_EQ(fit({{&other, truth.scenario, truth.plan}}, cli::replay_stages).error().front().code, "bad-run");
}

TEST(Calibration, ACallThatWasNotMeasuredIsScaled) {
  const Truth truth = draw_truth(3);
  Calibration calibration;
  CalibratedDevice device;
  device.name = "pi";
  CalibratedUnit unit;
  unit.name = truth.scenario->devices[0].profile->units[0].name;
  unit.scale = 0.5;
  device.units.push_back(unit);
  calibration.devices.push_back(device);
  const auto changed = calibrated(*truth.scenario, calibration);
  const auto graph = deployment::lower(changed, truth.plan).value();
  const auto cost_on = [](const deployment::StageGraph& of, const char* name) {
    for (const auto& stage : of.stages) {
      const auto* compute = std::get_if<deployment::Compute>(&stage.work);
      if (compute != nullptr && stage.name.starts_with(name)) return compute->cost.seconds().value();
    }
    return 0.0;
  };
  EXPECT_NEAR(cost_on(graph, "pi:") / cost_on(truth.graph, "pi:"), 0.5, 1e-9);
  EXPECT_EQ(cost_on(graph, "cloud:"), cost_on(truth.graph, "cloud:"));
}

TEST(Calibration, WhatScattersOnALinkScattersByMessage) {
  // Six cameras send their scores at once over cables that scatter by 5 ms: of six independent times, normal ones for
  // instance, the last comes 2.5 deviations behind the first.
  const auto scenario = scenarios::read_scenario("ddnn/six-cameras").value();
  Calibration calibration;
  CalibratedLink cable{"cable", 0, 0, 0, 0, 5e-3, centred(2)};
  cable.added = 8e-3;
  calibration.links.push_back(cable);
  const auto changed = calibrated(*scenario, calibration);
  const auto graph = deployment::lower(changed, deployment::pinned(*scenario).value()).value();
  std::vector<std::vector<double>> delivered(200);
  simulator::Options options;
  options.samples = 200;
  options.on_fired = [&](const simulator::Firing& firing) {
    if (!graph.stage(firing.stage).name.ends_with("/scores -> gateway")) return;
    delivered[static_cast<std::size_t>(firing.sample)].push_back(firing.fired.since_start().value() -
                                                                 static_cast<double>(firing.sample));
  };
  ASSERT_TRUE(simulator::simulate(graph, options));
  RunningMean range;
  for (const auto& times : delivered) {
    ASSERT_EQ(times.size(), 6u);
    const auto [first, last] = std::ranges::minmax(times);
    range.add(last - first);
  }
  EXPECT_GT(range.mean(), 1.5 * 5e-3);
  EXPECT_LT(range.mean(), 4 * 5e-3);
}

}  // namespace
}  // namespace tiercut::validation
