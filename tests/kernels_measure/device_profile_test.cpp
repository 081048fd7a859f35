// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/device_profile.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/files.hpp"
#include "fake_bench.hpp"
#include "kernels/measure/profiler.hpp"
#include "planner/planner.hpp"

namespace tiercut::kernels {
namespace {

namespace fs = std::filesystem;

MachineFacts some_machine() {
  MachineFacts facts;
  facts.processor = "Test \"1\"";
  facts.slug = "test-1";
  facts.system = "Linux 6";
  facts.processors = 2;
  facts.clock = Hertz(2.5e9);
  facts.memory = Bytes(8.0 * (1 << 30));
  facts.available_memory = Bytes(6e9);
  facts.caches = {{1, Bytes(32768), "Data"}, {3, Bytes(32 << 20), "Unified"}};
  return facts;
}

MachineProbes some_probes() {
  MachineProbes probes;
  probes.bandwidth = {{Bytes(16384), BytesPerSecond(2e11)},
                      {Bytes(24576), BytesPerSecond(2e11)},
                      {Bytes(32768), BytesPerSecond(2e11)},
                      {Bytes(49152), BytesPerSecond(1e11)},
                      {Bytes(65536), BytesPerSecond(1e11)}};
  probes.overhead_per_call = Seconds(3e-9);
  probes.exit_check = Seconds(5e-8);
  probes.copy_rate = BytesPerSecond(8e9);
  probes.runtime_footprint = Bytes(9e6);
  probes.involuntary_switches = 17;
  return probes;
}

/// The whole way on a machine whose every time is known: 1 us a layer + 0.1 ns a multiply-accumulate + 0.02 ns a byte,
/// layers in series take 1.2 times that, and cold caches matter to Sigmoid only.
class DeviceProfile : public testing::Test {
 protected:
  DeviceProfile() : folder(fs::path(testing::TempDir()) / ("tiercut-device-" + std::to_string(::getpid()))) {
    fs::create_directories(folder);
    options.is_quick = true;
    options.grid_scale = 0.05;
    options.name = "test-1";
    options.tool = "tiercut 9.9";
    options.command = "tiercut profile --quick";
    options.date = "2030-02-03";
  }
  ~DeviceProfile() override { fs::remove_all(folder); }

  /// Fitting takes seconds, so what most tests look at is measured once.
  const MeasuredDevice& measured() {
    static const MeasuredDevice device = measure();
    return device;
  }

  MeasuredDevice measure() {
    const ProfilePlan plan = plan_profile(options, some_machine());
    test::FakeStopwatch stopwatch;
    test::FakeBench bench(stopwatch);
    bench.factor = [](const BenchCase& bench_case, int) {
      if (bench_case.cache == CacheState::cold) return bench_case.layer.type == model::LayerType::sigmoid ? 2.0 : 1.0;
      if (bench_case.segment.empty()) return 1.0;
      // The fake prices totals as one layer; the sum of the layers pays the 1 us for each.
      double sum = 0;
      for (const model::LayerId id : bench_case.layers) {
        if (!is_timed(bench_case.model->layer(id).type)) continue;
        sum += test::true_cost(case_of_layer(bench_case.model, id, CacheState::warm));
      }
      return 1.2 * sum / test::true_cost(bench_case);
    };
    const CampaignOutcome outcome = run_campaign(plan.cases, bench, stopwatch, plan.campaign, {});
    auto device = device_from(options, plan, some_machine(), some_probes(), outcome);
    EXPECT_TRUE(device) << (device ? "" : to_text(device.error()));
    return device ? *device : MeasuredDevice{};
  }

  profiles::ProfilePointer written(const MeasuredDevice& device) {
    path = (folder / "test-1.yaml").string();
    EXPECT_TRUE(write_file(path, to_yaml(device)));
    auto profile = profiles::read_profile(path);
    EXPECT_TRUE(profile) << (profile ? "" : to_text(profile.error()));
    return profile ? *profile : std::make_shared<profiles::Profile>();
  }

  fs::path folder;
  std::string path;
  ProfilerOptions options;
};

TEST_F(DeviceProfile, ReadsBackWithWhatWasMeasured) {
  const auto profile = written(measured());
  ASSERT_EQ(profile->units.size(), 1U);
  EXPECT_EQ(profile->name, "test-1");
  EXPECT_EQ(profile->provenance.origin, profiles::Origin::measured);
  for (const char* part : {"tiercut 9.9", "tiercut profile --quick", "2030-02-03", "repetitions", "spread"})
    EXPECT_NE(profile->provenance.how.find(part), std::string::npos) << part;
  ASSERT_TRUE(profile->machine);
  EXPECT_EQ(profile->machine->processor, "Test \"1\"");
  EXPECT_EQ(profile->machine->threads, 1);
  ASSERT_EQ(profile->machine->read_bandwidth.size(), 5U);
  EXPECT_EQ(profile->machine->read_bandwidth[3].working_set, Bytes(49152));
  EXPECT_EQ(profile->machine->read_bandwidth[3].bandwidth, BytesPerSecond(1e11));
  EXPECT_EQ(profile->machine->cache_knees, (std::vector<Bytes>{Bytes(32768)}));
  const profiles::Unit& unit = profile->units.front();
  EXPECT_EQ(unit.cores, 2);
  EXPECT_DOUBLE_EQ(unit.overhead_per_call.value(), 3e-9);
  EXPECT_DOUBLE_EQ(unit.exit_check.value(), 5e-8);
  EXPECT_NEAR(unit.series_correction, 1.2, 0.002);
  EXPECT_EQ(profile->pools.front().usable, Bytes(6e9));
  EXPECT_EQ(profile->pools.front().runtime_footprint, Bytes(9e6));
  EXPECT_EQ(profile->serialise, BytesPerSecond(8e9));
  for (const profiles::CostLaw& law : unit.laws) EXPECT_EQ(law.provenance.origin, profiles::Origin::measured);
}

TEST_F(DeviceProfile, HasALawForEveryTypeThatAModelMayHold) {
  const auto profile = written(measured());
  ASSERT_EQ(profile->units.size(), 1U);
  for (int i = 0; i < model::layer_type_count; ++i) {
    const auto type = static_cast<model::LayerType>(i);
    if (type == model::LayerType::input || type == model::LayerType::output) continue;
    const auto& laws = profile->units.front().laws;
    EXPECT_EQ(std::ranges::count_if(laws, [&](const auto& law) { return law.covers(type); }), 1) << to_text(type);
  }
}

/// What the laws say of layers that are in no grid, against the machine's own formula.
TEST_F(DeviceProfile, PricesUnseenLayersAsTheMachineRunsThem) {
  const auto profile = written(measured());
  ASSERT_EQ(profile->units.size(), 1U);
  for (const auto& [inputs, outputs] : {std::pair{300, 700}, {2000, 50}, {4000, 1000}}) {
    model::LayerParameters parameters;
    parameters.outputs = outputs;
    const auto bench_case = case_of(model::LayerType::linear, parameters, {{{inputs}}});
    const auto price = price_layer(*profile, profile->units.front(), bench_case->layer);
    ASSERT_TRUE(price);
    EXPECT_NEAR(price->cost.value() / test::true_cost(*bench_case), 1, 0.05) << bench_case->key;
  }
}

TEST_F(DeviceProfile, SaysWhatDisturbedAndWhatColdCachesCost) {
  const MeasuredDevice& device = measured();
  std::string notes;
  for (const std::string& note : device.notes) notes += note + "\n";
  EXPECT_NE(notes.find("made to wait for others 17 times"), std::string::npos) << notes;
  EXPECT_NE(notes.find("Sigmoid 2 (2 to 2)"), std::string::npos) << notes;
  EXPECT_NE(notes.find("small fully connected whole 1.2"), std::string::npos) << notes;
}

TEST_F(DeviceProfile, PlansAScenario) {
  written(measured());
  const auto scenario = scenarios::read_scenario(
      "big-little/after", {"devices.pi=" + path, "devices.cloud=" + path, "pins=[]", "exits.little.source=test"});
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  const auto result = planner::make_plan(**scenario);
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_GT(result->objective_s, 0);
  EXPECT_FALSE(result->plan.placement.empty());
}

TEST_F(DeviceProfile, OfAModelPricesItsLayersByTheTable) {
  auto model = model::read_model(std::string(TIERCUT_SOURCE_DIR) + "/model/zoo/big-little/net1.yaml");
  ASSERT_TRUE(model);
  options.model = *model;
  const MeasuredDevice device = measure();
  const auto profile = written(device);
  ASSERT_EQ(profile->units.size(), 1U);
  const profiles::Unit& unit = profile->units.front();
  ASSERT_EQ(unit.table.size(), 6U);
  EXPECT_NEAR(unit.series_correction, 1.2, 0.002);
  const model::Layer& hidden = (*model)->layer((*model)->find("hidden1"));
  const BenchCase own = case_of_layer(*model, (*model)->find("hidden1"), CacheState::warm);
  EXPECT_EQ(unit.table.front().input, hidden.input_shape);
  // Four digits are written.
  EXPECT_NEAR(unit.table.front().cost.value() / test::true_cost(own), 1, 1e-3);
  EXPECT_EQ(unit.table.front().provenance.origin, profiles::Origin::measured);
  EXPECT_NE(unit.table.front().provenance.how.find("p99"), std::string::npos);
}

TEST_F(DeviceProfile, WithoutMeasurementsIsRefused) {
  const ProfilePlan plan = plan_profile(options, some_machine());
  const auto device = device_from(options, plan, some_machine(), some_probes(), CampaignOutcome{});
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().front().code, "too-few-observations");
}

}  // namespace
}  // namespace tiercut::kernels
