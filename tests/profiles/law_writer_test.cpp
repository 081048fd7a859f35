// SPDX-License-Identifier: Apache-2.0
#include "profiles/law_writer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

using namespace literals;

/// The law after a way through a file.
CostLaw read_back(const CostLaw& law) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("law_writer_test_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  {
    std::ofstream out(path);
    out << "schema: tiercut/profile/1\nname: fixture\nunits:\n  cpu:\n    kind: cpu\n    memory: ram\n    laws:\n"
        << to_yaml(law, 6)
        << "memory:\n  ram: {size: 1 GB, usable: 1 GB, provenance: {origin: estimated, how: made up}}\n"
           "provenance: {origin: estimated, how: made up}\n";
  }
  const auto profile = read_profile(path.string());
  std::filesystem::remove(path);
  EXPECT_TRUE(profile) << to_text(profile.error()) << to_yaml(law, 6);
  return profile ? (*profile)->units[0].laws[0] : CostLaw{};
}

CostLaw named(std::string name) {
  CostLaw law;
  law.name = std::move(name);
  law.provenance = {.origin = Origin::measured, .how = "a \"quoted\" word: and a colon"};
  return law;
}

TEST(LawWriter, KeepsALawOfFeaturesToTheLastBit) {
  CostLaw law = named("features");
  law.types = {model::LayerType::convolution, model::LayerType::binary_conv_p};
  law.coefficient_of_variation = 0.03;
  const FeatureTerm first{{{Extent::filters, 8},
                           {Extent::weight_bytes, 64},
                           {Extent::pixels, 16, Count::near},
                           {Extent::width, 16, Count::odd}},
                          Seconds(1e-9 / 3)};
  const FeatureTerm second{{}, Seconds(2e-7 / 7), 123457, 1e6 / 3 + 1e6, {{Extent::filters, 16}, {Extent::depth, 1}}};
  law.form = FeatureLaw{{{.when = {.depthwise = false,
                                   .single_filter = true,
                                   .padded = true,
                                   .flat = false,
                                   .packed_input = true,
                                   .kernel = 3,
                                   .stride = 2,
                                   .below = {{Extent::pixels, 17}, {Extent::footprint, 1e6}}},
                          .terms = {first},
                          .error = {0.01, 1.0 / 30, 0.1},
                          .fitted = {{Extent::filters, 1, 1e6}, {Extent::working_set, 4, 1e8 / 3}},
                          .windows = {{3, 2}, {11, 4}}},
                         {.terms = {second, first}}}};
  const CostLaw again = read_back(law);
  EXPECT_EQ(again.name, law.name);
  EXPECT_EQ(again.types, law.types);
  EXPECT_EQ(again.coefficient_of_variation, 0.03);
  EXPECT_EQ(again.provenance.how, law.provenance.how);
  const auto &expected = std::get<FeatureLaw>(law.form).pieces, &actual = std::get<FeatureLaw>(again.form).pieces;
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].when, expected[i].when);
    EXPECT_EQ(actual[i].error.p90, expected[i].error.p90);
    ASSERT_EQ(actual[i].terms.size(), expected[i].terms.size());
    for (std::size_t t = 0; t < actual[i].terms.size(); ++t) {
      EXPECT_EQ(actual[i].terms[t].time, expected[i].terms[t].time);
      EXPECT_EQ(actual[i].terms[t].factors, expected[i].terms[t].factors);
      EXPECT_EQ(actual[i].terms[t].to, expected[i].terms[t].to);
      EXPECT_EQ(actual[i].terms[t].of, expected[i].terms[t].of);
    }
    EXPECT_EQ(actual[i].windows, expected[i].windows);
    ASSERT_EQ(actual[i].fitted.size(), expected[i].fitted.size());
    for (std::size_t s = 0; s < actual[i].fitted.size(); ++s)
      EXPECT_EQ(actual[i].fitted[s].most, expected[i].fitted[s].most);
  }
}

TEST(LawWriter, KeepsTheOtherForms) {
  CostLaw law = named("piecewise");
  law.scope = Scope::stage;
  law.form = PiecewiseLaw{Axis::traffic, {{0, 0_ms}, {4e6 / 3, 1_ms}}};
  const CostLaw piecewise = read_back(law);
  EXPECT_EQ(piecewise.scope, Scope::stage);
  EXPECT_EQ(std::get<PiecewiseLaw>(piecewise.form).points[1].x, 4e6 / 3);
  law.scope = Scope::layer;
  law.form = RooflineLaw{FlopsPerSecond(1e9 / 3), BytesPerSecond(1e10), 7_ms};
  law.provenance.error_factor = 2.5;
  const CostLaw roofline = read_back(law);
  EXPECT_EQ(std::get<RooflineLaw>(roofline.form).arithmetic.value(), 1e9 / 3);
  EXPECT_EQ(roofline.provenance.error_factor, 2.5);
}

}  // namespace
}  // namespace tiercut::profiles
