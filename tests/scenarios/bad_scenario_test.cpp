// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <set>

#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string fixtures = TIERCUT_SOURCE_DIR "/tests/scenarios/";

struct Defect {
  std::string fixture;
  std::string code;
  int line, column;
};

void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.fixture; }

// Line and column were counted in the fixtures, by the text that is at fault.
const std::vector<Defect> defects = {
    {"accuracy_without_trace", "bad-requirement", 17, 15},
    {"answer_at_a_group", "ambiguous-member", 15, 11},
    {"answer_out_of_reach", "unreachable-device", 15, 11},
    {"arrivals_with_period_and_rate", "conflicting-keys", 13, 45},
    {"arrivals_without_period", "missing-key", 13, 13},
    {"device_with_a_dot", "invalid-name", 7, 3},
    {"escalation_of_unknown_exit", "unknown-exit", 17, 23},
    {"fault_ends_before_it_begins", "bad-fault", 15, 36},
    {"fault_of_unknown_link", "unknown-link", 15, 24},
    {"fault_rate_without_repair", "bad-fault", 15, 10},
    {"fault_without_place", "bad-fault", 15, 10},
    {"fault_without_time", "bad-fault", 15, 10},
    {"faults_overlap", "bad-fault", 15, 73},
    {"gamma_jitter_without_mean", "missing-key", 9, 75},
    {"group_of_none", "out-of-range", 8, 42},
    {"groups_of_unequal_size", "unequal-groups", 12, 17},
    {"input_that_is_no_input", "unknown-layer", 12, 23},
    {"input_without_source", "missing-input", 12, 11},
    {"jitter_file_is_missing", "file-not-found", 9, 107},
    {"join_policy_of_no_join", "not-a-join", 17, 9},
    {"join_policy_of_unknown_layer", "unknown-layer", 17, 9},
    {"latency_over_a_day", "out-of-range", 9, 38},
    {"link_between_three", "too-many-items", 9, 17},
    {"link_named_like_a_way_back", "duplicate-name", 11, 11},
    {"link_of_two_forms", "conflicting-keys", 9, 18},
    {"link_to_itself", "link-to-itself", 10, 19},
    {"link_without_end", "missing-key", 9, 7},
    {"loss_that_is_certain", "out-of-range", 9, 87},
    {"member_of_a_single_device", "unknown-device", 12, 19},
    {"member_that_is_not_there", "unknown-device", 13, 19},
    {"missing_unit", "missing-unit", 9, 38},
    {"negative_latency", "out-of-range", 9, 38},
    {"no_bandwidth", "out-of-range", 9, 56},
    {"no_device_computes", "no-profile", 6, 3},
    {"no_schema", "missing-schema", 2, 1},
    {"no_way_to_what_computes", "unreachable-device", 6, 3},
    {"other_kind_of_file", "wrong-schema", 2, 9},
    {"pin_of_an_input", "unknown-layer", 17, 17},
    {"pin_of_unknown_layer", "unknown-layer", 17, 17},
    {"pin_pattern_without_layer", "unknown-layer", 17, 25},
    {"pin_to_a_group", "ambiguous-member", 19, 32},
    {"pin_to_device_without_profile", "no-profile", 18, 32},
    {"pin_to_unknown_unit", "unknown-unit", 17, 45},
    {"pinned_twice", "pinned-twice", 19, 14},
    {"probability_over_one", "out-of-range", 16, 25},
    {"queue_of_a_fair_link", "bad-queue", 9, 82},
    {"queue_without_limit", "bad-queue", 6, 45},
    {"quorum_over_inputs", "out-of-range", 15, 35},
    {"route_mixes_disciplines", "mixed-route", 10, 10},
    {"two_source_groups", "two-source-groups", 16, 33},
    {"unknown_exit", "unknown-exit", 16, 3},
    {"unknown_input", "unknown-layer", 12, 23},
    {"unknown_key", "unknown-key", 14, 3},
    {"unknown_link_end", "unknown-device", 9, 22},
    {"unknown_model", "reference-not-found", 4, 8},
    {"unknown_profile", "reference-not-found", 6, 7},
    {"unknown_source", "unknown-device", 12, 19},
    {"unknown_statistic", "unknown-word", 17, 36},
    {"window_shrinks", "out-of-range", 9, 110},
    {"wrong_unit", "wrong-unit", 9, 38},
};

class BadScenario : public testing::TestWithParam<Defect> {};

TEST_P(BadScenario, IsNamedWithItsPlace) {
  const auto scenario = read_scenario(fixtures + "bad/" + GetParam().fixture + ".yaml");
  ASSERT_FALSE(scenario);
  Diagnostics errors;
  for (const Diagnostic& diagnostic : scenario.error()) {
    if (diagnostic.severity == Severity::error) errors.push_back(diagnostic);
  }
  ASSERT_EQ(errors.size(), 1u) << to_text(errors);
  const Diagnostic& error = errors[0];
  EXPECT_EQ(error.code, GetParam().code) << to_text(error);
  EXPECT_EQ(error.where.line, GetParam().line) << to_text(error);
  EXPECT_EQ(error.where.column, GetParam().column) << to_text(error);
  EXPECT_TRUE(error.where.file.ends_with(GetParam().fixture + ".yaml")) << error.where.file;
  EXPECT_FALSE(error.message.empty());
  EXPECT_FALSE(error.hint.empty()) << to_text(error);
}

INSTANTIATE_TEST_SUITE_P(Defects, BadScenario, testing::ValuesIn(defects),
                         [](const auto& instance) { return instance.param.fixture; });

TEST(BadScenario, EveryFixtureIsTested) {
  std::set<std::string> tested = {"everything_wrong"};
  for (const Defect& defect : defects) tested.insert(defect.fixture);
  for (const auto& entry : std::filesystem::directory_iterator(fixtures + "bad")) {
    if (entry.is_regular_file()) {
      EXPECT_TRUE(tested.contains(entry.path().stem().string())) << entry.path();
    }
  }
}

std::vector<std::string> codes_and_lines(const Diagnostics& diagnostics) {
  std::vector<std::string> found;
  for (const Diagnostic& d : diagnostics) {
    const std::string file = std::filesystem::path(d.where.file).stem().string();
    found.push_back(d.code + ' ' + file + ':' + std::to_string(d.where.line));
  }
  return found;
}

TEST(BadScenario, AllErrorsOfAllFilesComeAtOnce) {
  const auto scenario = read_scenario(fixtures + "bad/everything_wrong.yaml");
  ASSERT_FALSE(scenario);
  EXPECT_THAT(codes_and_lines(scenario.error()),
              ElementsAre("unknown-key everything_wrong:4", "unknown-device everything_wrong:12",
                          "missing-unit everything_wrong:13", "unknown-device everything_wrong:15",
                          "wrong-unit everything_wrong:16", "unknown-device everything_wrong:17",
                          "out-of-range everything_wrong:19", "unknown-unit everything_wrong:21",
                          "unknown-layer broken_model:8", "bad-law broken_profile:14"))
      << to_text(scenario.error());
}

std::string errors_of(const std::string& fixture) {
  const auto scenario = read_scenario(fixtures + "bad/" + fixture + ".yaml");
  return scenario ? "" : to_text(scenario.error());
}

TEST(BadScenario, SlipsGetASuggestion) {
  EXPECT_THAT(errors_of("unknown_link_end"), HasSubstr("did you mean `cloud`?"));
  EXPECT_THAT(errors_of("unknown_exit"), HasSubstr("did you mean `little`?"));
  EXPECT_THAT(errors_of("unknown_input"), HasSubstr("did you mean `image`?"));
  EXPECT_THAT(errors_of("pin_of_unknown_layer"), HasSubstr("did you mean `little/hidden1`?"));
  EXPECT_THAT(errors_of("unknown_model"), HasSubstr("did you mean 'big-little/net"));
  EXPECT_THAT(errors_of("member_that_is_not_there"), HasSubstr("cameras.1 to cameras.2"));
}

TEST(BadScenario, MissingFilesAndFoldersAreToldApart) {
  const auto missing = read_scenario(fixtures + "bad/is_not_there.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error()[0].code, "reference-not-found");
  const auto folder = read_scenario(fixtures + "bad");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error()[0].code, "file-is-directory");
  const auto slip = read_scenario("big-little/aftr");
  ASSERT_FALSE(slip);
  EXPECT_THAT(slip.error()[0].hint, HasSubstr("big-little/after"));
}

}  // namespace
}  // namespace tiercut::scenarios
