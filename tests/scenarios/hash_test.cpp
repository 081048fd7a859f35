// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {
namespace {

namespace fs = std::filesystem;

// A scenario with a model and a profile of its own, in a folder of its own.
class ScenarioHash : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("tiercut-hash-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
    write("scenario.yaml", scenario_text);
    write("model.yaml", read(TIERCUT_SOURCE_DIR "/model/zoo/big-little/net1.yaml"));
    write("profile.yaml", profile_text);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  std::string hash(const std::vector<std::string>& overrides = {}) const {
    const auto scenario = read_scenario((folder_ / "scenario.yaml").string(), overrides);
    EXPECT_TRUE(scenario) << to_text(scenario.error());
    return scenario ? (*scenario)->hash : "";
  }

  static constexpr const char* scenario_text =
      "schema: tiercut/scenario/1\n"
      "name: own\n"
      "model: model.yaml\n"
      "devices: {pi: profile.yaml}\n"
      "workload: {inputs: {image: pi}, arrivals: {process: periodic, period: 1 s}, answer: pi}\n";
  static constexpr const char* profile_text =
      "schema: tiercut/profile/1\n"
      "name: own\n"
      "units:\n"
      "  cpu:\n"
      "    kind: cpu\n"
      "    memory: ram\n"
      "    laws:\n"
      "      - {name: law, scope: stage, form: piecewise, axis: weights, points: [[1000, 1 ms]],\n"
      "         provenance: {origin: estimated, how: made up}}\n"
      "memory:\n"
      "  ram: {size: 1 GB, usable: 1 GB, provenance: {origin: estimated, how: made up}}\n"
      "provenance: {origin: estimated, how: made up}\n";

  fs::path folder_;
};

TEST_F(ScenarioHash, IsASha256) {
  EXPECT_TRUE(std::regex_match(hash(), std::regex("sha256:[0-9a-f]{64}")));
  EXPECT_EQ(hash(), hash());
}

TEST_F(ScenarioHash, ChangesWithEveryFileReferredTo) {
  const std::string before = hash();
  write("model.yaml", read(folder_ / "model.yaml") + "# a remark\n");
  const std::string with_model = hash();
  EXPECT_NE(with_model, before);
  write("profile.yaml", std::string(profile_text) + "notes: [changed]\n");
  EXPECT_NE(hash(), with_model);
}

TEST_F(ScenarioHash, ChangesWithAnOverride) {
  EXPECT_NE(hash({"workload.arrivals.period=2 s"}), hash());
  EXPECT_NE(hash({"name=other"}), hash());
}

TEST_F(ScenarioHash, IsTheSameForAnOverrideAsForTheEditedFile) {
  const std::string overridden = hash({"workload.arrivals.period=2 s"});
  write("scenario.yaml", std::regex_replace(scenario_text, std::regex("1 s"), "2 s"));
  EXPECT_EQ(hash(), overridden);
}

TEST_F(ScenarioHash, IsBlindToLayoutAndRemarks) {
  const std::string before = hash();
  write("scenario.yaml",
        std::regex_replace(std::string("# a remark\n") + scenario_text, std::regex("devices: \\{pi: profile.yaml\\}"),
                           "devices:\n  pi: profile.yaml"));
  EXPECT_EQ(hash(), before);
}

TEST_F(ScenarioHash, IsBlindToTheFolder) {
  const std::string before = hash();
  const fs::path moved = folder_.string() + "-moved";
  fs::rename(folder_, moved);
  folder_ = moved;
  EXPECT_EQ(hash(), before);
}

TEST_F(ScenarioHash, IsEmptyForAWhatIf) {
  const auto scenario = read_scenario("big-little/after");
  ASSERT_TRUE(scenario);
  const Scenario changed = with_link_latency(**scenario, {0}, Seconds(1e-3));
  EXPECT_EQ(changed.hash, "");
  EXPECT_EQ(changed.links[0].latency, Seconds(1e-3));
  EXPECT_EQ(changed.links[1].latency, Seconds(15e-3));
  EXPECT_EQ((*scenario)->links[0].latency, Seconds(15e-3));
}

}  // namespace
}  // namespace tiercut::scenarios
