// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <set>

#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

/// `code:line` of all that the fixture is refused for, in the order reported; empty when it is accepted.
std::vector<std::string> refusals(const std::string& fixture) {
  const Result<ModelPointer> model = read_model(source_path("tests/model/fixtures/" + fixture + ".yaml"));
  std::vector<std::string> found;
  if (model) return found;
  for (const Diagnostic& diagnostic : model.error()) {
    found.push_back(diagnostic.code + ":" + std::to_string(diagnostic.where.line));
    EXPECT_FALSE(diagnostic.where.file.empty());
    EXPECT_FALSE(diagnostic.where.path.empty()) << diagnostic.message;
    EXPECT_GT(diagnostic.where.column, 0) << diagnostic.message;
  }
  return found;
}

struct BadModel {
  const char* fixture;
  std::vector<std::string> refusals;
};

// The lines were counted in the fixtures. Each is refused for its defect and for nothing that merely follows from it.
const BadModel bad_models[] = {
    {"answer-beyond-the-branch", {"bad-class-map:12"}},
    {"answer-maps-to-none", {"bad-class-map:11"}},
    {"asserted-shape-is-wrong", {"shape-mismatch:10"}},
    {"class-map-beyond-the-branch", {"bad-class-map:12"}},
    {"class-map-beyond-the-model", {"bad-class-map:13"}},
    {"class-map-to-a-word", {"bad-class-map:12"}},
    {"convolution-of-a-vector", {"shape-mismatch:6"}},
    {"cycle", {"cyclic-model:6"}},
    {"dead-input", {"dead-layer:6"}},
    {"dead-layer", {"dead-layer:6"}},
    {"duplicate-name", {"duplicate-name:7"}},
    {"exit-on-an-input", {"dead-layer:6", "bad-exit:11"}},
    {"exit-on-the-final-answer", {"bad-exit:10"}},
    {"exit-on-unknown-layer", {"unknown-layer:11"}},
    {"first-layer-without-input", {"wrong-inputs:5"}},
    {"groups-that-do-not-divide", {"shape-mismatch:6"}},
    {"input-with-input", {"unknown-key:6"}},
    {"input-without-shape", {"missing-key:5"}},
    {"join-of-unequal-shapes", {"shape-mismatch:8"}},
    {"join-takes-a-layer-twice", {"wrong-inputs:6"}},
    {"join-without-input", {"missing-key:6"}},
    {"kernel-larger-than-input", {"shape-mismatch:6"}},
    {"kernel-of-three-numbers", {"too-many-items:6"}},
    {"layer-behind-output", {"wrong-inputs:7"}},
    {"layer-feeds-itself", {"cyclic-model:6"}},
    {"linear-with-two-inputs", {"wrong-inputs:7"}},
    {"many-errors",
     {"shape-mismatch:6", "unknown-layer:7", "unknown-key:8", "unknown-word:9", "duplicate-name:10", "unknown-layer:15",
      "bad-exit:17"}},
    {"name-with-a-blank", {"bad-name:6"}},
    {"no-output", {"missing-output:5"}},
    {"pool-padding-beyond-half-the-kernel", {"shape-mismatch:6"}},
    {"shape-of-four-extents", {"too-many-items:5"}},
    {"two-exits-on-one-layer", {"bad-exit:13"}},
    {"two-outputs", {"several-outputs:7"}},
    {"unknown-input-layer", {"unknown-layer:6"}},
    {"unknown-type", {"unknown-word:6"}},
};

class BadModelFile : public testing::TestWithParam<BadModel> {};

TEST_P(BadModelFile, IsRefusedForItsDefect) { EXPECT_EQ(refusals(GetParam().fixture), GetParam().refusals); }

INSTANTIATE_TEST_SUITE_P(Fixtures, BadModelFile, testing::ValuesIn(bad_models), [](const auto& test) {
  std::string name = test.param.fixture;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
});

TEST(BadModelFiles, AreAllListed) {
  std::set<std::string> listed, present;
  for (const BadModel& bad : bad_models) listed.insert(bad.fixture);
  for (const auto& entry : std::filesystem::directory_iterator(source_path("tests/model/fixtures"))) {
    present.insert(entry.path().stem().string());
  }
  EXPECT_EQ(listed, present);
}

Diagnostic only_error(const std::string& fixture) {
  const Result<ModelPointer> model = read_model(source_path("tests/model/fixtures/" + fixture + ".yaml"));
  if (model || model.error().size() != 1) {
    ADD_FAILURE() << fixture << " has not one error";
    return {};
  }
  return model.error()[0];
}

TEST(BadModelMessage, NamesTheCycle) {
  EXPECT_EQ(only_error("cycle").message, "layers feed each other in a circle: first -> second -> third -> first");
}

TEST(BadModelMessage, SuggestsTheNearestLayerAndType) {
  EXPECT_EQ(only_error("unknown-input-layer").hint, "did you mean `image`?");
  EXPECT_EQ(only_error("exit-on-unknown-layer").hint, "did you mean `early`?");
  EXPECT_NE(only_error("unknown-type").hint.find("Convolution"), std::string::npos);
}

TEST(BadModelMessage, NamesBothShapesOfAMisfit) {
  const Diagnostic misfit = only_error("kernel-larger-than-input");
  EXPECT_EQ(misfit.message, "layer `features`: kernel 11x11 is larger than the padded input 9x9");
  EXPECT_EQ(misfit.hint, "its input `image` is 3x7x7");
  EXPECT_EQ(misfit.where.path, "layers[1]");
}

TEST(BadModelMessage, PointsAtTheReferenceThatIsUnknown) {
  const Diagnostic unknown = only_error("unknown-input-layer");
  EXPECT_EQ(unknown.where.column, 41);
  EXPECT_EQ(unknown.where.path, "layers[1].input");
}

}  // namespace
}  // namespace tiercut::model
