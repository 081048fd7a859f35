// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/command.hpp"

// Figures: links of 15 ms each way, 30 ms for the little network on the Pi and 16.42 ms for the big one on the server
// (Big-Little, 4.1 and Table 2), so 46.42 ms for the big one and 30 ms for the little one.
namespace tiercut::cli {
namespace {

using nlohmann::json;

class VerbsTest : public test::CommandTest {
 protected:
  static void expect_keys(const json& object, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) EXPECT_TRUE(object.contains(key)) << key << " in " << object.dump(1);
  }
};

TEST_F(VerbsTest, PlanThatKeepsThePromiseSaysYes) {
  const test::Outcome outcome = run({"plan", "big-little/little-on-pi", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = outcome.json();
  expect_keys(result, {"status", "objective_s", "lower_bound_s", "gap", "method", "placement", "thresholds",
                       "predicted", "baselines", "conflict", "ways_out", "scenario_hash", "version"});
  EXPECT_EQ(result["status"], "optimal");
  EXPECT_DOUBLE_EQ(result["objective_s"].get<double>(), 0.03);
  expect_keys(result["predicted"]["latency_s"], {"mean", "p50", "p90", "p95", "p99", "max"});
  EXPECT_TRUE(result["predicted"]["requirement"]["met"].get<bool>());
  EXPECT_TRUE(result["scenario_hash"].get<std::string>().starts_with("sha256:"));
  for (const auto& [layer, device] : result["placement"].items()) EXPECT_EQ(device, "pi") << layer;
}

TEST_F(VerbsTest, PlanThatCannotKeepItSaysNoAndNamesWaysOut) {
  const test::Outcome outcome = run({"plan", "big-little/big-in-cloud", "--json"});
  ASSERT_EQ(outcome.status, 1) << outcome.err;
  const json result = outcome.json();
  EXPECT_EQ(result["status"], "infeasible");
  EXPECT_FALSE(result["conflict"].empty());
  std::map<std::string, double> needed;
  for (const json& way : result["ways_out"]) needed[way["what"]] = way["needed"];
  EXPECT_NEAR(needed["budget"], 0.04642, 1e-11);
  EXPECT_NEAR(needed["link latency"], 0.01179, 1e-11);  // (40 - 16.42) / 2
  EXPECT_NEAR(needed["network weights"], 6.5e6, 1);
}

TEST_F(VerbsTest, SetChangesTheAnswer) {
  const std::vector<std::string> fast = {
      "plan", "big-little/big-in-cloud", "--set", "links.up.latency=11ms", "--set=links.down.latency=11ms", "--json"};
  const test::Outcome outcome = run(fast);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NEAR(outcome.json()["objective_s"].get<double>(), 0.03842, 1e-12);
  EXPECT_NE(outcome.json()["scenario_hash"],
            run({"plan", "big-little/big-in-cloud", "--json"}).json()["scenario_hash"]);
}

TEST_F(VerbsTest, SetOfNothingIsRefused) {
  for (const char* assignment : {"links.up.latency", "links.upp.latency=1ms", "links.up.latency=15", "colour=red"}) {
    const test::Outcome outcome = run({"plan", "big-little/after", "--set", assignment});
    EXPECT_EQ(outcome.status, 2) << assignment;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("error["), std::string::npos) << outcome.err;
  }
}

TEST_F(VerbsTest, SimulationAgreesWithTheArithmetic) {
  const test::Outcome outcome = run({"simulate", "big-little/after", "--samples", "500", "--json"});
  ASSERT_EQ(outcome.status, 1) << outcome.err;  // 76.42 ms misses 40 ms
  const json result = outcome.json();
  expect_keys(result, {"samples", "latency_s", "exits", "utilisation", "links", "network_model", "engine", "seed",
                       "scenario_hash", "requirement", "version"});
  EXPECT_EQ(result["samples"], 500);
  EXPECT_NEAR(result["latency_s"]["max"].get<double>(), 0.07642, 1e-12);
  EXPECT_FALSE(result["requirement"]["met"].get<bool>());
  const int early = result["exits"]["little"]["samples"], late = result["exits"]["final"]["samples"];
  EXPECT_EQ(early + late, 500);
  EXPECT_NEAR(result["latency_s"]["mean"].get<double>(), (early * 0.03 + late * 0.07642) / 500, 1e-12);
  expect_keys(result["links"]["up"], {"payload_bytes", "control_bytes"});
  EXPECT_EQ(result["links"]["up"]["payload_bytes"], late * 784 * 4);
}

TEST_F(VerbsTest, WarmUpIsLeftOut) {
  const test::Outcome outcome =
      run({"simulate", "big-little/little-on-pi", "--samples", "100", "--warm-up", "40", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.json()["samples"], 60);
  EXPECT_EQ(run({"simulate", "big-little/little-on-pi", "--samples", "40", "--warm-up", "40"}).status, 2);
}

TEST_F(VerbsTest, OverloadIsToldBeforeTheRun) {
  const test::Outcome outcome = run(
      {"simulate", "big-little/little-on-pi", "--samples", "100", "--set", "workload.arrivals.period=20ms", "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("unit pi gets 1.500 times the work"), std::string::npos) << outcome.err;  // 30 / 20
}

TEST_F(VerbsTest, ExplainedTermsSumToTheLatency) {
  const test::Outcome outcome = run({"explain", "big-little/after", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  double probability = 0;
  const json result = outcome.json();
  for (const json& course : result["outcomes"]) {
    probability += course["probability"].get<double>();
    double sum = 0;
    for (const auto& [term, time] : course["terms"].items()) sum += time.get<double>();
    EXPECT_NEAR(sum, course["latency_s"].get<double>(), 1e-12);
    EXPECT_FALSE(course["path"].empty());
  }
  EXPECT_NEAR(probability, 1, 1e-12);
}

TEST_F(VerbsTest, ExplainedSampleIsTheSimulatedOne) {
  const std::vector<std::string> common = {"big-little/after", "--seed", "5", "--set", "workload.arrivals.period=50ms"};
  std::vector<std::string> words = {"simulate", "--samples", "300", "--records", "r.jsonl"};
  words.insert(words.end(), common.begin(), common.end());
  run(words);
  std::istringstream lines(text_of(work() / "r.jsonl"));
  std::map<int, json> records;
  for (std::string line; std::getline(lines, line);) {
    const json record = json::parse(line);
    if (record.contains("sample")) records[record["sample"]] = record;
  }
  ASSERT_EQ(records.size(), 300u);
  for (const int sample : {0, 17, 250}) {
    words = {"explain", "--json", "--sample", std::to_string(sample)};
    words.insert(words.end(), common.begin(), common.end());
    const test::Outcome outcome = run(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["latency_s"], records[sample]["latency_s"]) << sample;
    EXPECT_EQ(outcome.json()["terms"]["queue_s"], records[sample]["queue_s"]) << sample;
  }
}

TEST_F(VerbsTest, CapacityGivesThePapersNumbers) {
  const test::Outcome outcome = run({"capacity", "big-little/budget-40ms", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json devices = outcome.json()["devices"];
  EXPECT_NEAR(devices["cloud"]["compute_budget_s"].get<double>(), 0.010, 1e-12);  // 40 - 2 x 15
  EXPECT_NEAR(devices["cloud"]["max_weights"].get<double>(), 6.5e6, 1);
  EXPECT_NEAR(devices["pi"]["compute_budget_s"].get<double>(), 0.040, 1e-12);
  EXPECT_NEAR(devices["pi"]["max_weights"].get<double>(), 2.0e6, 1);
}

TEST_F(VerbsTest, SchemasAreJson) {
  const json list = run({"schema", "--json"}).json();
  ASSERT_EQ(list["formats"].size(), 8u);
  for (const json& format : list["formats"]) {
    const test::Outcome outcome = run({"schema", format["name"]});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["$schema"], "http://json-schema.org/draft-07/schema#");
  }
  const test::Outcome outcome = run({"schema", "scenaro"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("did you mean scenario"), std::string::npos) << outcome.err;
}

TEST_F(VerbsTest, InitWritesAScenarioThatRuns) {
  ASSERT_EQ(run({"init", "mine.yaml"}).status, 0);
  const test::Outcome check = run({"check", "mine.yaml"});
  EXPECT_EQ(check.status, 0) << check.err;
  EXPECT_EQ(run({"plan", "mine.yaml"}).status, 0);
  EXPECT_EQ(run({"simulate", "mine.yaml", "--samples", "200"}).status, 0);
  EXPECT_EQ(run({"capacity", "mine.yaml"}).status, 0);
  EXPECT_EQ(run({"explain", "mine.yaml"}).status, 0);
}

TEST_F(VerbsTest, InitDoesNotOverwrite) {
  write("tiercut.yaml", "mine\n");
  EXPECT_EQ(run({"init"}).status, 2);
  EXPECT_EQ(text_of(work() / "tiercut.yaml"), "mine\n");
  EXPECT_EQ(run({"init", "--force"}).status, 0);
  EXPECT_NE(text_of(work() / "tiercut.yaml"), "mine\n");
}

TEST_F(VerbsTest, CompareSetsResultsAndPlansSideBySide) {
  write("after.json", run({"simulate", "big-little/after", "--samples", "200", "--json"}).out);
  write("eager.json", run({"simulate", "big-little/eager", "--samples", "200", "--json"}).out);
  const test::Outcome outcome = run({"compare", "after.json", "eager.json", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json values = outcome.json()["values"];
  EXPECT_NEAR(values["latency_s.max"]["difference"].get<double>(), -0.03, 1e-12);
  EXPECT_EQ(values["links.up.payload_bytes"]["b"], 200 * 784 * 4);  // eager sends every image
  ASSERT_EQ(run({"plan", "big-little/little-on-pi", "--out", "plan.yaml"}).status, 0);
  EXPECT_EQ(run({"compare", "plan.yaml", "plan.yaml"}).status, 0);
  EXPECT_EQ(run({"compare", "plan.yaml", "missing.yaml"}).status, 2);
}

TEST_F(VerbsTest, RunTakesShippedWeightsByName) {
  const auto outcome = run({"run", "ddnn/device-edge-cloud", "--local", "--weights", "ddnn-stand-in/device-edge-cloud",
                            "--samples", "3", "--set", "workload.arrivals.period=20ms", "--out", "a.run", "--quiet"});
  ASSERT_LE(outcome.status, 1) << outcome.err;
  const auto record = nlohmann::json::parse(std::ifstream(work() / "a.run/run.json"));
  EXPECT_TRUE(record["weights"]["path"].get<std::string>().ends_with(
      "profiles/weights/ddnn-stand-in/device-edge-cloud.weights"))
      << record["weights"];
  EXPECT_EQ(record["exits_decided"]["local"], "threshold");
  const auto missing = run({"run", "ddnn/device-edge-cloud", "--local", "--weights", "nobody/knows", "--samples", "3"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("nobody/knows"), std::string::npos) << missing.err;
}

TEST_F(VerbsTest, SameSeedGivesTheSameBytes) {
  const std::vector<std::string> simulate = {"simulate",
                                             "big-little/eager",
                                             "--samples",
                                             "100",
                                             "--seed",
                                             "3",
                                             "--json",
                                             "--set",
                                             "workload.arrivals={process: poisson, rate: 20 Hz}",
                                             "--records",
                                             "r.csv"};
  const std::vector<std::string> plan = {"plan", "big-little/after", "--json"};
  const std::string simulated = run(simulate).out, records = text_of(work() / "r.csv"), planned = run(plan).out;
  ASSERT_FALSE(records.empty());
  for (int repeat = 1; repeat < 100; ++repeat) {
    ASSERT_EQ(run(simulate).out, simulated) << repeat;
    ASSERT_EQ(text_of(work() / "r.csv"), records) << repeat;
    ASSERT_EQ(run(plan).out, planned) << repeat;
  }
}

}  // namespace
}  // namespace tiercut::cli
