// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "core/schema.hpp"
#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

const std::string fixtures = TIERCUT_SOURCE_DIR "/tests/profiles/";

ProfilePointer read_good(const std::string& name) {
  auto profile = read_profile(fixtures + "good/" + name + ".yaml");
  EXPECT_TRUE(profile) << (profile ? "" : to_text(profile.error()));
  return profile ? *profile : std::make_shared<Profile>();
}

struct Defect {
  std::string fixture;
  std::string code;
  int line;
};

void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.fixture; }

class ProfileDefect : public testing::TestWithParam<Defect> {};

TEST_P(ProfileDefect, IsNamedWithItsLine) {
  const auto profile = read_profile(fixtures + "bad/" + GetParam().fixture + ".yaml");
  ASSERT_FALSE(profile);
  ASSERT_EQ(profile.error().size(), 1u) << to_text(profile.error());
  const Diagnostic& diagnostic = profile.error()[0];
  EXPECT_EQ(diagnostic.code, GetParam().code) << to_text(diagnostic);
  EXPECT_EQ(diagnostic.where.line, GetParam().line) << to_text(diagnostic);
  EXPECT_FALSE(diagnostic.message.empty());
  EXPECT_FALSE(diagnostic.hint.empty()) << to_text(diagnostic);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, ProfileDefect,
    testing::Values(
        Defect{"points_not_ascending", "bad-law", 14}, Defect{"costs_fall", "bad-law", 14},
        Defect{"negative_cost", "bad-law", 13}, Defect{"negative_work", "bad-law", 13},
        Defect{"point_of_three_parts", "bad-law", 14}, Defect{"point_without_unit", "bad-law", 14},
        Defect{"traffic_point_without_unit", "bad-law", 14}, Defect{"single_point_at_no_work", "bad-law", 13},
        Defect{"types_on_stage_law", "bad-law", 10}, Defect{"unknown_layer_type", "unknown-word", 10},
        Defect{"law_without_provenance", "missing-key", 8}, Defect{"unknown_memory_pool", "unknown-memory-pool", 6},
        Defect{"two_laws_of_one_name", "duplicate-name", 16}, Defect{"unit_without_kind", "missing-key", 5},
        Defect{"unit_without_costs", "missing-key", 5}, Defect{"profile_without_provenance", "missing-key", 1},
        Defect{"usable_over_size", "bad-memory", 17}, Defect{"runtime_over_usable", "bad-memory", 17},
        Defect{"layer_execution_of_stage_law", "stage-law-needs-calls", 7},
        Defect{"window_of_three_sides", "wrong-type", 11}, Defect{"extends_itself", "extends-cycle", 3},
        Defect{"extends_each_other", "extends-cycle", 3}, Defect{"extends_nothing", "reference-not-found", 3},
        Defect{"extends_a_bad_profile", "missing-key", 5}, Defect{"features_of_a_stage", "bad-law", 9},
        Defect{"last_piece_with_condition", "bad-law", 12}, Defect{"piece_never_reached", "bad-law", 12},
        Defect{"law_of_linear_that_falls", "bad-law", 13}, Defect{"law_of_linear_in_steps", "bad-law", 13},
        Defect{"footprint_as_work", "bad-law", 13}, Defect{"footprint_times_something", "bad-law", 13},
        Defect{"fitted_window_of_three_parts", "bad-law", 14},
        Defect{"knee_that_falls", "bad-law", 12}, Defect{"fitted_over_nothing", "bad-law", 13},
        Defect{"unknown_extent", "unknown-key", 12}, Defect{"piece_without_terms", "too-few-items", 12},
        Defect{"term_that_costs_nothing", "out-of-range", 12}),
    [](const auto& tested) { return tested.param.fixture; });

TEST(ProfileReader, ReportsAllDefectsAtOnce) {
  const auto profile = read_profile(fixtures + "bad/several_defects.yaml");
  ASSERT_FALSE(profile);
  std::vector<std::string> codes;
  for (const Diagnostic& diagnostic : profile.error()) codes.push_back(diagnostic.code);
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes, (std::vector<std::string>{"bad-law", "bad-memory", "unknown-memory-pool"}));
}

TEST(ProfileReader, SuggestsThePoolThatWasMeant) {
  const auto profile = read_profile(fixtures + "bad/unknown_memory_pool.yaml");
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error()[0].hint.find("ram"), std::string::npos);
  EXPECT_NE(profile.error()[0].message.find("rum"), std::string::npos);
}

TEST(ProfileReader, AMissingKeyIsReportedInTheFileThatLacksIt) {
  const auto profile = read_profile(fixtures + "bad/extends_a_bad_profile.yaml");
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error()[0].where.file.find("unit_without_kind.yaml"), std::string::npos);
}

TEST(ProfileReader, FillsInDefaults) {
  const auto profile = read_good("plain");
  ASSERT_EQ(profile->units.size(), 1u);
  const Unit& unit = profile->units[0];
  EXPECT_EQ(unit.name, "cpu");
  EXPECT_EQ(unit.execution, Execution::call);
  EXPECT_EQ(unit.cores, 1);
  EXPECT_EQ(unit.series_correction, 1);
  EXPECT_FALSE(unit.busy_power);
  EXPECT_FALSE(profile->serialise.is_finite());
  EXPECT_FALSE(profile->unit_transfer.is_finite());
  EXPECT_EQ(profile->provenance.error_factor, 1);
}

TEST(ProfileReader, ExtensionMergesUnitsByKeyAndPoolsByName) {
  const auto profile = read_good("extended");
  EXPECT_EQ(profile->name, "fixture/extended");
  ASSERT_EQ(profile->units.size(), 2u);
  const Unit& cpu = profile->units[static_cast<std::size_t>(profile->find_unit("cpu"))];
  EXPECT_DOUBLE_EQ(cpu.overhead_per_call.value(), 2e-3);  // from the extending file
  EXPECT_EQ(cpu.kind, "cpu");                             // from the extended one
  ASSERT_EQ(cpu.laws.size(), 1u);
  EXPECT_DOUBLE_EQ(cpu.laws[0].cost({.weights = 1500}).value(), 2e-3);
  ASSERT_EQ(profile->pools.size(), 2u);
  EXPECT_EQ(profile->pools[0].name, "ram");
  EXPECT_DOUBLE_EQ(profile->pools[0].size.value(), 2e9);
  EXPECT_DOUBLE_EQ(profile->pools[0].runtime_footprint.value(), 1e8);
  EXPECT_EQ(profile->find_unit("npu"), -1);
}

TEST(ProfileReader, ReadsUnitsTablesAndMovement) {
  const auto profile = read_good("extended");
  ASSERT_EQ(profile->find_unit("gpu"), 1);
  const Unit& gpu = profile->units[1];
  EXPECT_EQ(gpu.execution, Execution::layer);
  EXPECT_EQ(gpu.memory_pool, 1);
  EXPECT_DOUBLE_EQ(gpu.overhead_per_layer.value(), 5e-6);
  EXPECT_DOUBLE_EQ(gpu.series_correction, 0.5);
  ASSERT_EQ(gpu.table.size(), 2u);
  EXPECT_EQ(gpu.table[0].type, model::LayerType::convolution);
  EXPECT_EQ(gpu.table[0].input.extents, (std::vector<std::int64_t>{3, 8, 8}));
  ASSERT_TRUE(gpu.table[0].window);
  EXPECT_EQ(gpu.table[0].window->kernel_width, 3);
  EXPECT_EQ(gpu.table[0].window->stride_height, 1);
  EXPECT_EQ(gpu.table[0].window->pad_height, 0);
  EXPECT_DOUBLE_EQ(gpu.table[0].coefficient_of_variation, 0.5);
  EXPECT_EQ(gpu.table[1].provenance.origin, Origin::measured);
  const auto& law = std::get<RooflineLaw>(gpu.laws.at(0).form);
  EXPECT_DOUBLE_EQ(law.arithmetic.value(), 2e9);
  EXPECT_DOUBLE_EQ(law.memory.value(), 1e9);
  EXPECT_DOUBLE_EQ(law.overhead.value(), 1e-6);
  EXPECT_EQ(gpu.laws[0].types, std::vector{model::LayerType::linear});
  ASSERT_EQ(profile->interfaces.size(), 1u);
  EXPECT_DOUBLE_EQ(profile->interfaces[0].bandwidth.value(), 1e7);
  EXPECT_DOUBLE_EQ(profile->serialise.value(), 1e9);
  EXPECT_DOUBLE_EQ(profile->unit_transfer.value(), 6e9);
  EXPECT_DOUBLE_EQ(profile->unit_transfer_overhead.value(), 1e-5);
  EXPECT_DOUBLE_EQ(profile->idle_power->value(), 1.5);
}

TEST(ProfileReader, HashesCoverTheExtendedFileToo) {
  const auto plain = read_good("plain");
  const auto extended = read_good("extended");
  EXPECT_NE(extended->source.find(plain->source), std::string::npos);
  EXPECT_NE(extended->source.find("fixture/extended"), std::string::npos);
}

TEST(ProfileReader, PointsMayBeWrittenAsRecords) {
  const auto pairs = read_good("plain");
  const auto records = read_good("points_as_records");
  for (const double weights : {0.0, 500.0, 1000.0, 1700.0, 9000.0})
    EXPECT_EQ(records->units[0].laws[0].cost({.weights = weights}), pairs->units[0].laws[0].cost({.weights = weights}));
}

TEST(ProfileReader, ALawMayBeFlat) {
  EXPECT_DOUBLE_EQ(read_good("flat_law")->units.at(0).laws.at(0).cost({.weights = 1500}).value(), 1e-3);
}

TEST(ProfileFormat, PrintsAJsonSchema) {
  const std::string schema = json_schema(profile_format());
  EXPECT_NE(schema.find("draft-07"), std::string::npos);
  EXPECT_NE(schema.find("error_factor"), std::string::npos);
}

}  // namespace
}  // namespace tiercut::profiles
