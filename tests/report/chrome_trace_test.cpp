// SPDX-License-Identifier: Apache-2.0
// Traces of simulations whose times are known by hand.
#include "report/chrome_trace.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "deployment/lowering.hpp"
#include "planner/planner.hpp"

namespace tiercut::report {
namespace {

using nlohmann::json;

json trace_of(const std::string& scenario_name, const std::vector<std::string>& overrides, std::int64_t samples) {
  const auto scenario = scenarios::read_scenario(TIERCUT_SOURCE_DIR "/scenarios/" + scenario_name + ".yaml", overrides);
  EXPECT_TRUE(scenario) << to_text(scenario.error());
  const auto plan = planner::make_plan(**scenario, {.with_ways_out = false, .with_baselines = false});
  EXPECT_TRUE(plan);
  const std::string path = testing::TempDir() + "trace.json";
  auto trace = ChromeTrace::create(path, plan->graph);
  EXPECT_TRUE(trace);
  simulator::Options options;
  options.samples = samples;
  options.with_unanswered = true;
  options.on_fired = [&](const simulator::Firing& firing) { trace->fired(firing); };
  const auto result = simulator::simulate(plan->graph, options, [&](const auto& record) { trace->ended(record); });
  EXPECT_TRUE(result);
  EXPECT_TRUE(trace->commit(*result));
  return json::parse(*read_file(path));
}

/// Events of one phase and category.
std::vector<json> events(const json& trace, const std::string& phase, const std::string& category) {
  std::vector<json> found;
  for (const json& event : trace["traceEvents"])
    if (event["ph"] == phase && event.value("cat", "") == category) found.push_back(event);
  return found;
}

TEST(ChromeTrace, AUnitIsALaneOfSlicesOneBehindTheOther) {
  // Samples 20 ms apart that take 30 ms each: sample i from 30 i to 30 (i + 1) ms, a span from 20 i on.
  const json trace = trace_of("big-little/little-on-pi", {"workload.arrivals.period=20ms"}, 5);
  const auto slices = events(trace, "X", "compute");
  ASSERT_EQ(slices.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(slices[i]["args"]["sample"], i);
    EXPECT_DOUBLE_EQ(slices[i]["ts"].get<double>(), 30e3 * static_cast<double>(i));
    EXPECT_DOUBLE_EQ(slices[i]["dur"].get<double>(), 30e3);
    EXPECT_EQ(slices[i]["tid"], slices[0]["tid"]);
  }
  const auto begins = events(trace, "b", "sample"), ends = events(trace, "e", "sample");
  ASSERT_EQ(begins.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(begins[i]["ts"].get<double>(), 20e3 * static_cast<double>(i));
    EXPECT_DOUBLE_EQ(ends[i]["ts"].get<double>(), 30e3 * static_cast<double>(i + 1));
    EXPECT_EQ(begins[i]["id"], ends[i]["id"]);
    EXPECT_EQ(begins[i]["args"]["answered_by"], "final");
  }
  std::map<std::string, int> names;
  for (const json& event : trace["traceEvents"])
    if (event["ph"] == "M") ++names[event["args"]["name"]];
  EXPECT_EQ(names, (std::map<std::string, int>{{"units", 1}, {"links", 1}, {"samples", 1}, {"pi", 1}}));
}

TEST(ChromeTrace, MessagesSpanTheirWayAndFlowsJoinWhatIsComputed) {
  // Up from 0 to 15 ms, 16.42 ms in the cloud, down from 31.42 to 46.42 ms.
  const json trace = trace_of("big-little/big-in-cloud", {}, 1);
  const auto begins = events(trace, "b", "message"), ends = events(trace, "e", "message");
  ASSERT_EQ(begins.size(), 2u);
  EXPECT_DOUBLE_EQ(begins[0]["ts"].get<double>(), 0);
  EXPECT_DOUBLE_EQ(ends[0]["ts"].get<double>(), 15e3);
  EXPECT_EQ(begins[0]["args"]["bytes"], 3136);
  EXPECT_DOUBLE_EQ(begins[1]["ts"].get<double>(), 31.42e3);
  EXPECT_DOUBLE_EQ(ends[1]["ts"].get<double>(), 46.42e3);
  EXPECT_NE(begins[0]["tid"], begins[1]["tid"]) << "a track a link";
  const auto slices = events(trace, "X", "compute"), flows = events(trace, "s", "flow");
  ASSERT_EQ(slices.size(), 1u);
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_DOUBLE_EQ(slices[0]["ts"].get<double>(), 15e3);
  EXPECT_EQ(flows[0]["ts"], slices[0]["ts"]);
  EXPECT_EQ(flows[0]["tid"], slices[0]["tid"]);
}

TEST(ChromeTrace, EveryMemberOfAGroupHasItsLane) {
  const json trace = trace_of("ddnn/six-cameras", {}, 2);
  std::map<int, std::string> lanes;
  for (const json& event : trace["traceEvents"])
    if (event["ph"] == "M" && event["name"] == "thread_name" && event["pid"] == 1)
      lanes[event["tid"]] = event["args"]["name"];
  int cameras = 0;
  for (const auto& [lane, name] : lanes) cameras += name.starts_with("cameras.") ? 1 : 0;
  EXPECT_EQ(cameras, 6);
  for (const json& slice : events(trace, "X", "compute")) {
    EXPECT_TRUE(lanes.contains(slice["tid"].get<int>()));
    EXPECT_GE(slice["dur"].get<double>(), 0);
  }
}

}  // namespace
}  // namespace tiercut::report
