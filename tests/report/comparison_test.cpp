// SPDX-License-Identifier: Apache-2.0
#include "report/comparison.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tiercut::report {
namespace {

const NamedResult after{"after.json", R"({"latency_s": {"mean": 0.07, "max": 0.08}, "samples": 100,
  "exits": {"little": {"share": 0.1}}, "links": {"up": {"payload_bytes": 1000}}})"};
const NamedResult eager{"eager.json", R"({"latency_s": {"mean": 0.035, "max": 0.08}, "samples": 100,
  "exits": {"little": {"share": 0.1}}, "links": {"up": {"payload_bytes": 1500}}})"};

TEST(Comparison, GivesDifferenceAndRatio) {
  const auto json = nlohmann::json::parse(comparison_json(after, eager).value());
  const auto& mean = json["values"]["latency_s.mean"];
  EXPECT_EQ(mean["a"], 0.07);
  EXPECT_EQ(mean["b"], 0.035);
  EXPECT_EQ(mean["difference"], -0.035);
  EXPECT_EQ(mean["ratio"], 0.5);
  EXPECT_EQ(json["values"]["links.up.payload_bytes"]["ratio"], 1.5);
}

TEST(Comparison, TextShowsWhatDiffersAndLatencies) {
  const std::string text = comparison_text(after, eager).value();
  EXPECT_NE(text.find("-35.00 ms"), std::string::npos) << text;
  EXPECT_NE(text.find("+500 B"), std::string::npos) << text;
  EXPECT_NE(text.find("latency_s.max"), std::string::npos) << "latencies stay although equal";
  EXPECT_EQ(text.find("exits.little.share"), std::string::npos) << "other equal values go";
  EXPECT_NE(text.find("3 of 5 values are equal"), std::string::npos) << text;
}

TEST(Comparison, SetsAPredictionBesideAMeasurement) {
  const NamedResult plan{"plan.json",
                         R"({"predicted": {"latency_s": {"mean": 0.05}, "by_exit": {"little": {"share": 1}}}})"};
  const auto json = nlohmann::json::parse(comparison_json(plan, after).value());
  EXPECT_EQ(json["values"]["latency_s.mean"]["a"], 0.05);
  EXPECT_EQ(json["values"]["latency_s.mean"]["b"], 0.07);
  EXPECT_EQ(json["values"]["exits.little.share"]["a"], 1);
}

TEST(Comparison, ZeroHasNoRatio) {
  const NamedResult none{"none.json", R"({"samples": 0})"};
  const auto json = nlohmann::json::parse(comparison_json(none, after).value());
  EXPECT_TRUE(json["values"]["samples"]["ratio"].is_null());
}

TEST(Comparison, RefusesWhatIsNoResult) {
  for (const char* text : {"[1]", "{\"a\": ", "", "7"}) {
    const auto compared = comparison_json(after, {"b.json", text});
    ASSERT_FALSE(compared.has_value()) << text;
    EXPECT_EQ(compared.error().front().code, "not-a-result");
    EXPECT_EQ(compared.error().front().where.file, "b.json");
  }
}

}  // namespace
}  // namespace tiercut::report
