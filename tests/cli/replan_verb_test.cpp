// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/command.hpp"

// The big network of 47,890,040 B on a server behind 100 Mbit/s and 15 ms each way, or on the Pi.
namespace tiercut::cli {
namespace {

using nlohmann::json;

class ReplanVerbTest : public test::CommandTest {
 protected:
  static std::vector<std::string> with(std::vector<std::string> words) {
    std::vector<std::string> all = {
        "plan",  "big-little/big-in-cloud",         "--set", "links.up.bandwidth=100 Mbit/s",
        "--set", "links.down.bandwidth=100 Mbit/s", "--set", "requirement.latency.at_most=1 s"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
};

TEST_F(ReplanVerbTest, FromAPlanWhoseDeviceIsGone) {
  ASSERT_EQ(run(with({"--out", "deployed.yaml"})).status, 0);
  std::string text = text_of(work() / "deployed.yaml");
  for (std::size_t at = 0; (at = text.find(": cloud\n", at)) != std::string::npos;) text.replace(at, 8, ": edge\n");
  write("old.yaml", text);
  const auto outcome = run(with({"--from", "old.yaml", "--horizon", "1000", "--weights-at", "cloud", "--json"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = outcome.json();
  EXPECT_FALSE(result["stays"].get<bool>());
  EXPECT_EQ(result["why_not"], json({"edge is no more"}));
  EXPECT_EQ(result["move"]["bytes"], 0) << "the cloud has them, and is the best place";
  EXPECT_EQ(result["move"]["layers"].begin().value()["from"], "edge");
  EXPECT_TRUE(result["move"]["gain_s"].is_null());
  EXPECT_EQ(result["plan"]["status"], "optimal");
}

TEST_F(ReplanVerbTest, AHorizonDecidesWhetherMovingPays) {
  ASSERT_EQ(run(with({"--out", "deployed.yaml", "--set", "pins=[{layers: \"*\", device: pi}]"})).status, 0);
  const json now = run(with({"--from", "deployed.yaml", "--out", "next.yaml", "--json"})).json();
  EXPECT_FALSE(now["stays"].get<bool>());
  EXPECT_EQ(now["move"]["bytes"], 47890040);
  EXPECT_NEAR(now["move"]["least_time_s"].get<double>(), 47890040 / 12.5e6 + 0.015, 1e-12);
  const auto samples = now["move"]["break_even_samples"].get<std::int64_t>();
  ASSERT_GT(samples, 1);
  for (const std::int64_t horizon : {samples - 1, samples}) {
    const json weighed = run(with({"--from", "deployed.yaml", "--horizon", std::to_string(horizon), "--json"})).json();
    EXPECT_EQ(weighed["stays"].get<bool>(), horizon < samples) << horizon;
    EXPECT_EQ(weighed["weighed"]["value_s"], weighed["weighed"]["lower_bound_s"]) << "proven";
  }
  EXPECT_EQ(run({"check", "next.yaml", "--set", "links.up.bandwidth=100 Mbit/s", "--set",
                 "links.down.bandwidth=100 Mbit/s", "--set", "requirement.latency.at_most=1 s"})
                .status,
            0);
}

TEST_F(ReplanVerbTest, FallbacksAreAFolderOfPlansThatOtherVerbsTake) {
  const auto outcome = run({"plan", "dianne/offload", "--fallbacks", "fallbacks", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(files(), std::vector<std::string>{"fallbacks"}) << "and nothing beside it";
  const json result = outcome.json();
  ASSERT_EQ(result["failures"].size(), 2u);
  for (const json& failure : result["failures"]) {
    EXPECT_TRUE(failure["keeps_promise"].get<bool>());
    EXPECT_GT(failure["change_s"].get<double>(), 0);
    const std::string file = "fallbacks/" + failure["file"].get<std::string>();
    EXPECT_EQ(run({"check", file}).status, 0) << run({"check", file}).err;
    const auto simulated = run({"simulate", "dianne/offload", "--plan", file, "--samples", "1", "--json"});
    ASSERT_EQ(simulated.status, 0) << simulated.err;
    // All on the laptop: no link and no Jetson, so it is as fast with them as without.
    EXPECT_NEAR(simulated.json()["latency_s"]["mean"].get<double>(), failure["latency_s"]["mean"].get<double>(), 1e-9);
  }
  EXPECT_EQ(run({"check", "fallbacks/fallbacks.yaml", "fallbacks/in-force.yaml"}).status, 0);
  EXPECT_EQ(run({"plan", "dianne/offload", "--fallbacks", "fallbacks"}).status, 0) << "once more, in its place";
  EXPECT_EQ(files(), std::vector<std::string>{"fallbacks"});
  std::filesystem::remove(work() / "fallbacks" / "without-link-lan.yaml");
  EXPECT_EQ(run({"check", "fallbacks/fallbacks.yaml"}).status, 2);
}

TEST_F(ReplanVerbTest, FallbacksTouchNoFolderOfSomethingElse) {
  std::filesystem::create_directory(work() / "mine");
  std::ofstream(work() / "mine" / "thesis.txt") << "years of work";
  const auto outcome = run({"plan", "dianne/offload", "--fallbacks", "mine"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("output-unwritable"), std::string::npos) << outcome.err;
  EXPECT_EQ(text_of(work() / "mine" / "thesis.txt"), "years of work");
  EXPECT_EQ(run({"plan", "dianne/offload", "--fallbacks", "no/such/folder"}).status, 2);
  EXPECT_EQ(files(), std::vector<std::string>{"mine"});
}

TEST_F(ReplanVerbTest, WordsThatMeanNothingTogetherAreRefused) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--horizon", "5"},
      {"--weights-at", "pi"},
      {"--sensitivity", "--pareto", "mean,bytes"},
      {"--sensitivity", "--out", "plan.yaml"},
      {"--fallbacks", "f", "--out", "plan.yaml"},
      {"--regret", "links.up.latency=1ms..2ms", "--sensitivity"},
      {"--regret", "links.up.latency"},
      {"--from", "no-such.yaml"},
  };
  for (const auto& words : wrong) {
    const auto outcome = run(with(words));
    EXPECT_EQ(outcome.status, 2) << words[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(files().empty());
  }
}

TEST_F(ReplanVerbTest, RegretWritesAPlan) {
  const auto outcome = run(with({"--regret", "links.up.latency=1ms..20ms", "--regret", "devices.cloud.cost=0.9..1.2",
                                 "--out", "plan.yaml", "--json"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = outcome.json();
  EXPECT_EQ(result["corners"].size(), 4u);
  EXPECT_EQ(result["regret_s"], 0) << "the cloud is the best throughout";
  EXPECT_TRUE(result["corners_suffice"].get<bool>());
  EXPECT_EQ(files(), std::vector<std::string>{"plan.yaml"});
}

TEST_F(ReplanVerbTest, SensitivityIsSortedByDistance) {
  const auto outcome = run({"plan", "big-little/big-in-cloud", "--sensitivity", "--json"});
  ASSERT_EQ(outcome.status, 1) << "no plan keeps the promise as it stands";
  const json result = outcome.json();
  double before = 0;
  for (const json& flip : result["flips"]) {
    if (flip["distance"].is_null()) continue;
    EXPECT_GE(flip["distance"].get<double>(), before);
    before = flip["distance"];
  }
  EXPECT_GT(before, 0);
}

TEST_F(ReplanVerbTest, ExplainShowsTheSlowestSamples) {
  // 20 ms apart and 30 ms each: sample i takes 30 + 10 i ms.
  const auto outcome = run({"explain", "big-little/little-on-pi", "--worst", "3", "--samples", "100", "--set",
                            "workload.arrivals.period=20ms", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = outcome.json();
  ASSERT_EQ(result["slowest"].size(), 3u);
  for (int i = 0; i < 3; ++i) {
    const json& sample = result["slowest"][static_cast<std::size_t>(i)];
    EXPECT_EQ(sample["sample"], 99 - i);
    EXPECT_NEAR(sample["latency_s"].get<double>(), 0.03 + 0.01 * (99 - i), 1e-12);
    EXPECT_NEAR(sample["terms"]["queue_s"].get<double>(), 0.01 * (99 - i), 1e-12);
  }
  EXPECT_EQ(run({"explain", "big-little/after", "--worst", "3", "--sample", "1"}).status, 2);
  EXPECT_EQ(run({"explain", "big-little/after", "--samples", "3"}).status, 2);
}

}  // namespace
}  // namespace tiercut::cli
