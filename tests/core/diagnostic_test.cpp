// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostic.hpp"

#include <gtest/gtest.h>

namespace tiercut {
namespace {

const std::vector<std::string> keys = {"latency", "bandwidth", "jitter", "loss"};

TEST(Diagnostic, TextHasPlaceCodePathAndHint) {
  const Diagnostic diagnostic{
      Severity::error, "unknown-key", {"lab.yaml", 3, 5, "links.up"}, "no key `latecy`", "write `latency`"};
  EXPECT_EQ(to_text(diagnostic),
            "lab.yaml:3:5: error[unknown-key]: no key `latecy`\n"
            "  at links.up\n"
            "  hint: write `latency`\n");
}

TEST(Diagnostic, TextLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(to_text(Diagnostic{Severity::warning, "odd", {"lab.yaml", 0, 0, ""}, "odd", ""}),
            "lab.yaml: warning[odd]: odd\n");
  EXPECT_EQ(to_text(Diagnostic{Severity::note, "odd", {}, "odd", ""}), "note[odd]: odd\n");
}

TEST(Diagnostic, WarningsAreNoErrors) {
  Diagnostics diagnostics{{Severity::warning, "a", {}, "", ""}, {Severity::note, "b", {}, "", ""}};
  EXPECT_FALSE(has_errors(diagnostics));
  diagnostics.push_back({Severity::error, "c", {}, "", ""});
  EXPECT_TRUE(has_errors(diagnostics));
}

TEST(DidYouMean, FindsSlipsOfTheKeyboard) {
  EXPECT_EQ(did_you_mean("latecy", keys), "latency");   // a letter left out
  EXPECT_EQ(did_you_mean("latnecy", keys), "latency");  // two swapped
  EXPECT_EQ(did_you_mean("bandwidht", keys), "bandwidth");
  EXPECT_EQ(did_you_mean("Jitter", keys), "jitter");  // only the case differs
  EXPECT_EQ(did_you_mean("los", keys), "loss");
}

TEST(DidYouMean, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("queue", keys), "");
  EXPECT_EQ(did_you_mean("", keys), "");
  EXPECT_EQ(did_you_mean("x", {"y"}), "");  // one letter replaced by another is no slip
}

TEST(DidYouMean, SwappingCountsOnceSoThreeLettersAllowIt) { EXPECT_EQ(did_you_mean("pcu", {"cpu", "gpu"}), "cpu"); }

TEST(ListWords, JoinsWithCommasAndAnd) {
  EXPECT_EQ(list_words({}), "");
  EXPECT_EQ(list_words({"a"}), "a");
  EXPECT_EQ(list_words({"a", "b"}), "a and b");
  EXPECT_EQ(list_words({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace tiercut
