// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/help.hpp"
#include "cli/verb.hpp"
#include "tests/cli/command.hpp"

namespace tiercut::cli {
namespace {

class UsageTest : public test::CommandTest {
 protected:
  void expect_slip(const std::vector<std::string>& words, const std::string& message) {
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
};

TEST_F(UsageTest, MisspeltVerbGetsASuggestion) { expect_slip({"simulte", "x"}, "did you mean `tiercut simulate`"); }

TEST_F(UsageTest, MisspeltOptionGetsASuggestion) {
  expect_slip({"simulate", "big-little/after", "--sampels", "5"}, "did you mean --samples");
}

TEST_F(UsageTest, OptionOfAnotherVerbIsUnknown) { expect_slip({"capacity", "x", "--out", "y"}, "no option '--out'"); }

TEST_F(UsageTest, MissingVerbAndFilesAreTold) {
  expect_slip({}, "a verb is missing");
  expect_slip({"plan"}, "SCENARIO is missing");
  expect_slip({"compare", "a"}, "A B is missing");
  expect_slip({"plan", "a", "b"}, "'b' is one too many");
}

TEST_F(UsageTest, NumbersAreChecked) {
  expect_slip({"simulate", "x", "--samples", "many"}, "--samples takes a whole number, not 'many'");
  expect_slip({"simulate", "x", "--samples", "0"}, "from 1 to");
  expect_slip({"simulate", "x", "--samples", "1e3"}, "not '1e3'");
  expect_slip({"simulate", "x", "--seed=-1"}, "--seed takes a whole number");
  expect_slip({"simulate", "x", "--plan"}, "--plan");
}

TEST_F(UsageTest, AllSlipsAreToldAtOnce) {
  const test::Outcome outcome = run({"simulate", "x", "--samples", "a", "--seed", "b", "--jsn"});
  EXPECT_EQ(outcome.status, 2);
  for (const char* word : {"--samples", "--seed", "--json"}) {
    EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
  }
}

TEST_F(UsageTest, VersionIsOneLine) {
  const test::Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.starts_with("tiercut ")) << outcome.out;
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1);
}

void expect_fits_a_screen(const std::string& text, const std::string& what) {
  EXPECT_LE(std::ranges::count(text, '\n'), 28) << what;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << what << ": " << line;
}

TEST(Help, FitsAScreenAndShowsAnExample) {
  expect_fits_a_screen(overview(), "overview");
  for (const Verb& verb : all_verbs()) {
    const std::string help = help_of(verb);
    expect_fits_a_screen(help, std::string(verb.name));
    EXPECT_NE(help.find("  tiercut " + std::string(verb.name)), std::string::npos) << help;
    EXPECT_NE(overview().find("  " + std::string(verb.name)), std::string::npos);
    for (const Option& option : verb.options) EXPECT_NE(help.find(option.name), std::string::npos);
    for (const Option& option : common_options()) EXPECT_NE(help.find(option.name), std::string::npos);
  }
}

TEST_F(UsageTest, HelpIsAResult) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"help"}, {"plan", "--help"}, {"help", "plan"}}) {
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("usage: tiercut"), std::string::npos);
    EXPECT_EQ(outcome.err, "");
  }
}

}  // namespace
}  // namespace tiercut::cli
